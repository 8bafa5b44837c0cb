"""What a newcomer of each channel brings within the horizon, as draws that share what is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from keepwell.decide.foretold import Foretold, NewcomerForecast
from keepwell.decide.order_log import EVERYONE
from keepwell.loop.foretold import foretold
from keepwell.loop.lifetime import Lifetime
from keepwell.understand.attributes import attributes
from keepwell.understand.customer_value import value_by
from keepwell.understand.facts import Facts
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable, SampleMean

Floats = npt.NDArray[np.float64]

FEWEST = 30
COUNTED = "Counted: what newcomers brought who were watched for the whole time, undiscounted; no model could be fitted."


@dataclass(frozen=True, eq=False)
class NewcomerWorth:
    """Margin of one newcomer: the first order and discounted later ones, within the horizon.

    Args:
        group: the channel, or everybody.
        customers: that it rests on.
        value, first_order: 95 % intervals; the first order may not be known apart.
        draws: shape (D,).
        note: how it was found.

    """

    group: str
    customers: int
    value: Estimate
    first_order: Estimate | None
    draws: Floats
    note: str


def newcomer_worth(
    facts: Facts, as_of: date, found: Lifetime | NotAvailable, channels: Sequence[str], *, draws: int, seed: int
) -> Mapping[str, NewcomerWorth] | NotAvailable:
    """Return per channel what a newcomer brings; channels without customers of their own get the base's value.

    ``V = max(0, v + s (√w z₀ + √(1 − w) z_c))``, v and s the estimate and its standard error, w how far the channel
    was drawn to the whole base: what all channels share errs alike in all of them.

    Args:
        facts: orders.
        as_of: first day not counted.
        found: customers' values, or why there are none: then what was counted is taken.
        channels: names.
        draws: D.
        seed: of the draws.

    """
    if isinstance(found, NotAvailable):
        base = _counted(facts, as_of)
        groups: tuple[NewcomerForecast, ...] = () if isinstance(base, NotAvailable) else (base,)
    else:
        told: Foretold = foretold(facts, found, as_of, ("channel",) if "channel" in attributes(facts) else ())
        groups = told.newcomers
    known = {(one.dimension, one.group): one for one in groups}
    whole = known.get((EVERYONE, EVERYONE))
    if whole is None:
        return NotAvailable("too few customers have been watched to say what a newcomer brings")
    rng = np.random.default_rng(seed)
    shared, rate = rng.standard_normal(draws), facts.business.margin_rate
    return {
        channel: _one(known.get(("channel", channel), whole), rate, shared, rng.standard_normal(draws))
        for channel in channels
    }


def _one(forecast: NewcomerForecast, rate: float, shared: Floats, own: Floats) -> NewcomerWorth:
    value, first = (_as_margin(one, rate) for one in (forecast.value, forecast.first_order))
    weight = 1.0 if forecast.dimension == EVERYONE else forecast.weight_of_base
    error = 0.0 if value.low is None or value.high is None else (value.high - value.low) / (2 * Z_95)
    drawn = np.maximum(0.0, value.value + error * (np.sqrt(weight) * shared + np.sqrt(1 - weight) * own))
    who = "of the whole base" if forecast.dimension == EVERYONE else f"drawn to the base's by {weight:.0%}"
    note = " ".join(filter(None, (f"Value {who}.", forecast.note)))
    return NewcomerWorth(forecast.group, forecast.customers, value, first, drawn, note)


def _as_margin(one: Estimate, rate: float) -> Estimate:
    low, high = (None if end is None else end * rate for end in (one.low, one.high))
    return Estimate(one.value * rate, low, high, one.level, one.evidence, one.note)


def _counted(facts: Facts, as_of: date) -> NewcomerForecast | NotAvailable:
    rows = value_by(facts, None, 365, as_of).to_pyarrow().to_pylist()
    if not rows or rows[0]["customers"] < FEWEST:
        return NotAvailable("too few customers have been watched for a year")
    row = rows[0]
    means = [
        SampleMean(row["customers"], float(row[total]), row[squares]).estimate()
        for total, squares in (("total", "sum_squares"), ("first_order_total", "first_order_sum_squares"))
    ]
    value, first = means
    if isinstance(value, NotAvailable) or isinstance(first, NotAvailable):
        return NotAvailable("nobody has been watched for a year")
    return NewcomerForecast(EVERYONE, EVERYONE, row["customers"], value, first, 0.0, COUNTED)
