"""An experiment that could be run: what it would measure, how well, how long it takes and what it costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from keepwell.decide.margin_curve import MarginCurve
from keepwell.stats.power import people_per_arm
from keepwell.vocabulary.errors import InputError

POWER = 2.8  # effect / standard error for 80 % power at 5 %, two-sided; 16 = 2 × 2.8² rounded
FEWEST_WEEKS, MOST_WEEKS = 2, 26


@dataclass(frozen=True, slots=True)
class Candidate:
    """An experiment on one item.

    Args:
        name: in words.
        item: the margin curve that it speaks about.
        spend_low: the lesser of the two spends compared, money over the plan's period, at least 0.
        spend_high: the larger one.
        standard_error: of the measured difference in margin between the two spends, money, above 0.
        cost: money, of running it: fixed, and what is lost by not doing what looks best meanwhile.
        days: until its result is in.
        per_arm: people in each arm; ``None`` for regions or weeks.

    """

    name: str
    item: str
    spend_low: float
    spend_high: float
    standard_error: float
    cost: float
    days: int
    per_arm: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.spend_low < self.spend_high:
            raise _bad("spends", (self.spend_low, self.spend_high), "Give two spends, the lower one first.")
        if not (math.isfinite(self.standard_error) and self.standard_error > 0):
            raise _bad("standard_error", self.standard_error, "Give it above 0.")
        if not (math.isfinite(self.cost) and self.cost >= 0 and self.days >= 0):
            raise _bad("cost", (self.cost, self.days), "Give a cost and a duration of at least 0.")


def holdout_candidate(
    curve: MarginCurve,
    *,
    spend: float,
    eligible: int,
    outcome_mean: float,
    outcome_deviation: float,
    window_days: int,
    joining_per_day: float = 0.0,
    correlation: float = 0.0,
    fixed_cost: float = 0.0,
) -> Candidate:
    """Return a holdout of customers from a retention lever, sized to see the uplift that is expected.

    With c the cost per person, τ = M(spend) / (spend / c) the expected uplift per person and ``lift = |τ| / mean``:
    ``n = 16 (CV / lift)² (1 − ρ²)`` per arm (ρ > 0: CUPED, Deng et al. 2013), at most half of those eligible within a
    year. The measured margin then has the standard error ``(spend / c) σ √((1 − ρ²) 2 / n)``. It costs
    ``n |τ − c|``: the better of treating and leaving alone is withheld from one arm.

    Args:
        curve: of the lever, with ``per_person``.
        spend: money over the plan's period at which the lever would be used, above 0.
        eligible: people today, at least 2.
        outcome_mean: margin per person within the window, above 0.
        outcome_deviation: its standard deviation between people, above 0.
        window_days: how long people are watched.
        joining_per_day: newly eligible people a day.
        correlation: of the outcome with a figure known before, in [0, 1).
        fixed_cost: of setting it up.

    Raises:
        InputError: the curve has no cost per person, or a number is out of its range.

    """
    each = curve.per_person
    if each is None or each <= 0 or spend <= 0 or eligible < 2 or outcome_mean <= 0 or outcome_deviation <= 0:
        raise _bad("holdout", curve.item, "Give the curve's per_person, and spend, people and outcome above 0.")
    people = spend / each
    uplift = float(curve.at(spend).mean()) / people
    within_year = int(eligible + 365 * joining_per_day)
    lift = max(abs(uplift) / outcome_mean, 1e-6)
    wanted = people_per_arm(outcome_deviation / outcome_mean, lift, correlation)
    per_arm = max(1, min(wanted, within_year // 2))
    missing = max(0, 2 * per_arm - eligible)
    enrol = math.ceil(missing / joining_per_day) if missing else 0
    error = people * outcome_deviation * math.sqrt((1 - correlation**2) * 2 / per_arm)
    return Candidate(
        name=f"leave {per_arm:,} customers out of {curve.item} and treat {per_arm:,}",
        item=curve.item,
        spend_low=0.0,
        spend_high=spend,
        standard_error=error,
        cost=fixed_cost + per_arm * abs(uplift - each),
        days=window_days + enrol,
        per_arm=per_arm,
    )


def region_candidate(
    curve: MarginCurve,
    *,
    spend_now: float,
    spend_test: float,
    period_weeks: float,
    weekly_deviation: float,
    share: float = 0.5,
    weeks: int | None = None,
    fixed_cost: float = 0.0,
) -> Candidate:
    """Return a test that changes a channel's spend in some regions (or in alternate weeks, with a share of a half).

    The standard error of the weekly effect, scaled to the whole market, is ``σ √((1/s + 1/(1 − s)) / w)``; the number
    of weeks w is the least for which the expected effect is 2.8 of these (80 % power at 5 %), from 2 to 26. It costs
    what the change of spend is expected to lose, in the share s for w weeks.

    Args:
        curve: of the channel.
        spend_now: money over the plan's period in the other regions.
        spend_test: money over the plan's period in the test regions, scaled to the whole market; 0 for a blackout.
        period_weeks: length of the plan's period, above 0.
        weekly_deviation: σ, standard deviation of a week's margin from newcomers, whole market, once season and
            matched regions are taken out, above 0.
        share: s, of the market in the test, in (0, 1).
        weeks: w; ``None`` to size it.
        fixed_cost: of setting it up.

    Raises:
        InputError: a number is out of its range.

    """
    is_share = 0 < share < 1
    if not (is_share and period_weeks > 0 and weekly_deviation > 0 and spend_now != spend_test):
        numbers = (share, period_weeks, weekly_deviation, spend_now, spend_test)
        raise _bad("regions", numbers, "Give a share in (0, 1), weeks and deviation above 0, and two spends.")
    low, high = sorted((spend_now, spend_test))
    effect = float((curve.at(high) - curve.at(low)).mean()) / period_weeks
    noise = weekly_deviation * math.sqrt(1 / share + 1 / (1 - share))
    wanted = (POWER * noise / effect) ** 2 if effect > 0 else math.inf
    length = weeks if weeks is not None else int(min(MOST_WEEKS, max(FEWEST_WEEKS, math.ceil(min(wanted, 1e6)))))
    if length < 1:
        raise _bad("weeks", length, "Give at least one week.")
    change = float((curve.at(spend_test) - curve.at(spend_now)).mean()) - (spend_test - spend_now)
    return Candidate(
        name=f"{_verb(spend_test, spend_now)} {curve.item} in {share:.0%} of the market for {length} weeks",
        item=curve.item,
        spend_low=low,
        spend_high=high,
        standard_error=noise / math.sqrt(length) * period_weeks,
        cost=fixed_cost + max(0.0, -change) * share * length / period_weeks,
        days=7 * length,
    )


def _verb(test: float, now: float) -> str:
    if test == 0:
        return "pause"
    return f"spend {test / now:.1f} times as much on" if now > 0 else "start"


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(
        f"candidate.{name}", f"The experiment cannot be set up with {value!r}.", value=value, advice=advice
    )
