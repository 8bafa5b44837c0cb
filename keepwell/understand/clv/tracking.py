"""Repeat purchases of a base as time goes by: counted, and as each model expects them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.understand.clock import day_number
from keepwell.understand.clv.calibration import COUNTED
from keepwell.understand.clv.occasions import occasions
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.facts import Facts

Floats = npt.NDArray[np.float64]

WEEK, FEW_WEEKS = 7, 8


@dataclass(frozen=True, slots=True)
class TrackingRow:
    """Repeat purchases of one period by one series.

    Args:
        period: first day of the period.
        series: a model's name, or "Counted".
        purchases: repeat purchases within the period.
        cumulative: of all periods so far.
        is_holdout: whether the period lies after the split, where the models saw nothing.

    """

    period: date
    series: str
    purchases: float
    cumulative: float
    is_holdout: bool


@dataclass(frozen=True)
class RepeatsByDay:
    """Repeat purchases by day of the customers known before a split.

    Args:
        start: the first customer's first day; index 0 of both arrays.
        split: first day of the holdout.
        newcomers: first purchases by day, shape (days,).
        repeats: repeat purchases by day, shape (days,).

    """

    start: date
    split: date
    newcomers: Floats
    repeats: Floats


def repeats_by_day(
    facts: Facts,
    base: CustomerBase,
    split: date,
    as_of: date,
    *,
    since: date | None = None,
    count_free: bool = False,
) -> RepeatsByDay:
    """Count the repeat purchases of each day, in one query that returns a row a day.

    Args:
        facts: orders and, where known, refunds.
        base: the customers known before the split, whose ages tell their first days.
        split: first day of the holdout; refunds dated from it on do not reach back before it.
        as_of: first day not counted.
        since, count_free: see `repeat_purchases`.

    """
    known = repeat_purchases(facts, split, since=since, count_free=count_free)
    firsts = known.select(who="customer_id", first_day=day_number(known.first_ordered_on))
    before = occasions(facts, split, count_free=count_free).select("customer_id", "day")
    after = occasions(facts, as_of, count_free=count_free)
    days = before.union(after.filter(after.day >= split.toordinal()).select("customer_id", "day"))
    repeats = days.join(firsts, days.customer_id == firsts.who)
    counted = repeats.filter(repeats.day > repeats.first_day).group_by("day").aggregate(orders=lambda t: t.count())
    rows = counted.to_pyarrow()
    first = split.toordinal() - 1 - base.age_days.astype(np.int64)
    start, length = int(first.min()), as_of.toordinal() - int(first.min())
    return RepeatsByDay(
        start=date.fromordinal(start),
        split=split,
        newcomers=np.bincount(first - start, weights=base.customers, minlength=length).astype(np.float64),
        repeats=np.bincount(
            rows["day"].to_numpy().astype(np.int64) - start,
            weights=rows["orders"].to_numpy().astype(np.float64),
            minlength=length,
        ).astype(np.float64),
    )


def tracking(days: RepeatsByDay, models: Mapping[str, BuyTillYouDie]) -> list[TrackingRow]:
    """Return repeat purchases period by period, counted and expected.

    A model expects Σ E[X(t − t₀)] over the customers, t₀ being each one's first day: exact, and as cheap as the
    number of days, since only how many began on each day counts (Fader, Hardie & Lee 2005, figure 2). Periods are
    weeks counted from the split both ways (days where there are fewer than eight weeks), so that none lies across it.

    Args:
        days: repeat purchases by day.
        models: fitted models by the name to show.

    """
    length = len(days.repeats)
    step = WEEK if length >= FEW_WEEKS * WEEK else 1
    at_split = (days.split - days.start).days
    ends = np.arange(at_split % step or step, length + step, step)  # first index after each period
    ends = np.minimum(ends, length)
    series = {COUNTED: np.cumsum(days.repeats)}
    series |= {name: _expected(model, days.newcomers) for name, model in models.items()}
    rows = []
    for name, cumulative in series.items():
        so_far = cumulative[np.unique(ends) - 1]
        starts = np.concatenate([[0], np.unique(ends)[:-1]])
        for begin, total, new in zip(starts, so_far, np.diff(so_far, prepend=0.0), strict=True):
            first_day = days.start + timedelta(days=int(begin))
            rows.append(TrackingRow(first_day, name, float(new), float(total), first_day >= days.split))
    return rows


def _expected(model: BuyTillYouDie, newcomers: Floats) -> npt.NDArray[np.float64]:
    """Return the expected repeat purchases up to and with each day."""
    unit = model.time_unit.days
    by_age = [0.0] + [model.expected_purchases_of_newcomer(age / unit) for age in range(1, len(newcomers))]
    return np.asarray(np.convolve(newcomers, np.array(by_age))[: len(newcomers)], dtype=np.float64)
