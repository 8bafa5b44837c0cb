"""Spend and newcomers by week, as the response curves need them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from keepwell.decide.responses.platform import Reported
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.loop.frames import frame
from keepwell.understand.acquisition_margin import new_customers
from keepwell.understand.activity import observed
from keepwell.understand.facts import Facts
from keepwell.understand.truncation import known_since
from keepwell.vocabulary.period import Grain, Period

Floats = npt.NDArray[np.float64]

LONGEST_BOOKING = 31  # days that one row of spend is spread over at most: a month
RECENT_WEEKS = 13
BY_CHANNEL, BY_PLATFORM = "new customers whose first order names the channel", "conversions that the platform reports"


@dataclass(frozen=True, eq=False)
class ChannelSpend:
    """What was spent on one channel over the weeks of the history, and what it is said to have brought.

    Args:
        rows: of the spend file.
        first, last: days of them.
        total: money.
        now: money a week over the last 13 weeks.
        highest: money a week, over the four weeks in a row with the most.
        reported: newcomers claimed, or ``None`` where nobody claims any.
        reported_as: who claims them.

    """

    rows: int
    first: date
    last: date
    total: float
    now: float
    highest: float
    reported: Reported | None
    reported_as: str


@dataclass(frozen=True, eq=False)
class WeeklySpend:
    """All channels with spend; ``history`` is ``None`` where spend and orders share no whole week."""

    channels: Mapping[str, ChannelSpend]
    history: SpendHistory | None
    newcomers: int


def weekly_spend(facts: Facts, as_of: date) -> WeeklySpend | None:
    """Return spend and newcomers by week, or ``None`` where no spend is known before ``as_of``.

    Weeks begin on Mondays. They run from the first spend, or from the day from which first orders are surely first
    orders, to the last whole week before ``as_of`` and the end of the spend. A row is spread evenly over the days to
    the channel's next row (a month at most) where rows are more than a day apart: weekly and monthly sums come that
    way.

    Args:
        facts: orders and spend, in one currency.
        as_of: first day not counted.

    """
    if facts.spend is None:
        return None
    booked = _booked(facts, as_of)
    if booked.empty:
        return None
    daily = {str(name): _by_day(rows) for name, rows in booked.groupby("channel")}
    weeks = _weeks(facts, as_of, daily)
    won = _newcomers(facts, weeks)
    spend = {name: _by_week(days, weeks) for name, days in daily.items()}
    total = won.groupby("week").size()
    outcome = np.array([float(total.get(week, 0)) for week in weeks])
    claimed = {name: _claimed(name, rows, won, weeks) for name, rows in booked.groupby("channel")}
    channels = {str(name): _channel(rows, spend[str(name)], *claimed[name]) for name, rows in booked.groupby("channel")}
    starts = [Grain.WEEK.start(week) for week in weeks]
    return WeeklySpend(channels, SpendHistory(starts, spend, outcome) if weeks else None, len(won))


def newcomers_by_week(facts: Facts, first: str, last: str) -> tuple[list[date], Floats]:
    """Return weeks, by their Mondays, from the one of ``first`` up to without that of ``last``, and their newcomers."""
    steps = [Grain.WEEK.step(date.fromisoformat(day)) for day in (first, last)]
    weeks = list(range(*steps))
    total = _newcomers(facts, weeks).groupby("week").size()
    return [Grain.WEEK.start(week) for week in weeks], np.array([float(total.get(week, 0)) for week in weeks])


def _booked(facts: Facts, as_of: date) -> pd.DataFrame:
    assert facts.spend is not None  # noqa: S101 — the caller has looked
    spend = facts.spend.filter(facts.spend.spent_on < as_of)
    conversions = spend.conversions if "conversions" in spend.columns else None
    sums = {"amount": spend.amount.sum(), "rows": spend.count()}
    if conversions is not None:
        sums["conversions"] = conversions.sum()
    found = frame(spend.group_by("channel", "spent_on").aggregate(**sums).order_by("channel", "spent_on"))
    if "conversions" not in found.columns:
        found["conversions"] = np.nan
    found["day"] = [pd.Timestamp(day).toordinal() for day in found["spent_on"]]
    return found


def _by_day(rows: pd.DataFrame) -> pd.Series:
    """Return spend by day ordinal, each row spread over the days that it stands for."""
    days, amounts = rows["day"].to_numpy(), rows["amount"].to_numpy(dtype=np.float64)
    gaps = np.diff(days)
    usual = int(np.median(gaps)) if gaps.size else 1
    lengths = np.minimum(np.append(gaps, usual), LONGEST_BOOKING) if usual > 1 else np.ones(len(days), dtype=np.int64)
    spread = np.repeat(amounts / lengths, lengths)
    within = np.concatenate([np.arange(length) for length in lengths])
    return pd.Series(spread).groupby(np.repeat(days, lengths) + within).sum()


def _weeks(facts: Facts, as_of: date, daily: Mapping[str, pd.Series]) -> list[int]:
    first = min(int(days.index.min()) for days in daily.values())
    last = max(int(days.index.max()) for days in daily.values())
    counted_from = known_since(facts, as_of) or observed(facts).start
    start = date.fromordinal(max(first, counted_from.toordinal()))
    end = min(date.fromordinal(last + 1), as_of)
    begin = Grain.WEEK.step(start + timedelta(days=6))
    return list(range(begin, Grain.WEEK.step(end)))


def _newcomers(facts: Facts, weeks: list[int]) -> pd.DataFrame:
    if not weeks:
        return pd.DataFrame({"channel": [], "week": []})
    days = Period(Grain.WEEK.start(weeks[0]), Grain.WEEK.start(weeks[-1] + 1))
    won = frame(new_customers(facts, days).select("channel", "first_day"))
    won["week"] = (won["first_day"] - 1) // 7
    return won


def _by_week(days: pd.Series, weeks: list[int]) -> Floats:
    sums = days.groupby((days.index.to_numpy() - 1) // 7).sum()
    return np.array([float(sums.get(week, 0.0)) for week in weeks])


def _claimed(name: object, rows: pd.DataFrame, won: pd.DataFrame, weeks: list[int]) -> tuple[float, str]:
    attributed = int((won["channel"] == name).sum())
    if attributed:
        return float(attributed), BY_CHANNEL
    inside = rows[[(day - 1) // 7 in set(weeks) for day in rows["day"]]] if weeks else rows
    return float(inside["conversions"].fillna(0).sum()), BY_PLATFORM


def _channel(rows: pd.DataFrame, weekly: Floats, claimed: float, claimed_as: str) -> ChannelSpend:
    days = rows["day"].to_numpy()
    length = float(weekly.size) if weekly.size else max(1.0, (days[-1] - days[0] + 1) / 7)
    spent = float(weekly.sum()) if weekly.size else float(rows["amount"].sum())
    recent = weekly[-RECENT_WEEKS:] if weekly.size else np.array([spent / length])
    four = np.convolve(weekly, np.ones(4) / 4, mode="valid") if weekly.size >= 4 else recent
    return ChannelSpend(
        rows=int(rows["rows"].sum()),
        first=date.fromordinal(int(days[0])),
        last=date.fromordinal(int(days[-1])),
        total=float(rows["amount"].sum()),
        now=max(0.0, float(recent.mean())),
        highest=float(four.max()),
        reported=Reported(spent, claimed, length) if spent > 0 and claimed > 0 else None,
        reported_as=claimed_as,
    )
