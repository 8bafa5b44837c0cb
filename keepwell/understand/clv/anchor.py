"""Forecasts of newcomers, held against what newcomers brought whose whole horizon was watched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from keepwell.stats.discounting import spread_factor
from keepwell.understand.activity import end_of_log
from keepwell.understand.clv.cohorts import EVERYONE
from keepwell.understand.clv.newcomers import NewcomerValue
from keepwell.understand.customer_value import value_by
from keepwell.understand.facts import Facts
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence, NotAvailable, SampleMean

FEWEST = 30


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the forecast of later orders is multiplied by, so that it meets what was counted.

    Args:
        factor: above 0; 1 where the forecast was right.
        error: standard error of the factor, from the spread between the customers who were watched.
        customers: who were watched for the whole horizon.
        note: one sentence on what was done.

    """

    factor: float
    error: float
    customers: int
    note: str


def anchor(facts: Facts, base: NewcomerValue, horizon_days: int, as_of: date) -> Anchor | NotAvailable:
    """Return how the model's newcomer of the whole base compares with newcomers who were watched to the end.

    ``factor = (counted value − first order) / (forecast of later orders, undiscounted)``. A model fitted to everybody
    cannot know that first-year customers buy less than old ones, nor that the log ends in the busy season; those who
    were watched for a whole horizon have been through all of it.

    Args:
        facts: the same that ``base`` was foretold from.
        base: the forecast for everybody.
        horizon_days: that it is for.
        as_of: first day not observed.

    """
    counted = _counted(facts, horizon_days, end_of_log(facts, as_of))
    if counted.n < FEWEST:
        return NotAvailable(f"{counted.n} customers have been watched for the whole {horizon_days} days")
    later = base.later.value / spread_factor(facts.business.discount_rate, horizon_days)
    brought = counted.mean - base.first_order.value
    if later <= 0 or brought <= 0:
        return NotAvailable("newcomers who were watched to the end brought no more than their first order")
    factor = brought / later
    return Anchor(factor, math.sqrt(counted.variance / counted.n) / later, counted.n, _note(factor, counted.n))


def anchored(values: Sequence[NewcomerValue], found: Anchor) -> list[NewcomerValue]:
    """Return the forecasts with their later orders multiplied by the anchor's factor, and its error in the interval.

    The whole base then is what was counted, so that its interval is the count's alone; a group's also holds how well
    the model knows it.
    """
    return [_one(value, found) for value in values]


def _counted(facts: Facts, horizon_days: int, until: date) -> SampleMean:
    rows = value_by(facts, None, horizon_days, until).to_pyarrow().to_pylist()
    if not rows:
        return SampleMean(0, 0.0, 0.0)
    return SampleMean(rows[0]["customers"], float(rows[0]["total"]), rows[0]["sum_squares"])


def _one(value: NewcomerValue, found: Anchor) -> NewcomerValue:
    own = 0.0 if value.dimension == EVERYONE else 1.0
    later = _scaled(value.later, found, own)
    whole = value.first_order.value + later.value
    # the count's error of the whole value is all in the factor, first order included
    spread = math.hypot(own * _error(value.first_order), _error(later)) * Z_95
    note = " ".join(filter(None, (value.note, found.note)))
    return replace(
        value,
        later_orders=_scaled(value.later_orders, found, own),
        later=later,
        value=Estimate(whole, max(0.0, whole - spread), whole + spread, evidence=Evidence.REGRESSION),
        note=note,
    )


def _scaled(estimate: Estimate, found: Anchor, own: float) -> Estimate:
    value = estimate.value * found.factor
    spread = Z_95 * math.hypot(own * _error(estimate) * found.factor, estimate.value * found.error)
    return replace(estimate, value=value, low=max(0.0, value - spread), high=value + spread)


def _error(estimate: Estimate) -> float:
    if estimate.low is None or estimate.high is None:
        return 0.0
    return (estimate.high - estimate.low) / (2 * Z_95)


def _note(factor: float, customers: int) -> str:
    if abs(factor - 1) < 0.02:
        return f"The {customers:,} newcomers who were watched to the end brought what the model foretells."
    more = "less" if factor < 1 else "more"
    return (
        f"Later orders are {abs(factor - 1):.0%} {more} than the model alone says, as the {customers:,} newcomers who "
        "were watched to the end brought."
    )
