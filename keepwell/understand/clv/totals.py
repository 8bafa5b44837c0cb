"""What a customer base will bring in all, with intervals that hold chance as well as ignorance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.understand.clv.grouped import GroupedCustomers
from keepwell.understand.clv.purchase_variance import purchase_variance
from keepwell.understand.clv.uncertainty import ENDS, Uncertainty, spend_line
from keepwell.vocabulary.estimate import Estimate, Evidence

Floats = npt.NDArray[np.float64]

LUCK = 50  # draws of chance with each draw of parameters
LEAST = 1e-6  # share of the expected sum that a draw is taken to give at least
STEADY = 0.1  # least degrees of freedom taken for the variance of a mean spend, which has none below q = 2


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all customers, each with its 95 % predictive interval.

    Args:
        customers_alive: expected number still there.
        orders: expected occasions within the horizon.
        value: contribution margin of those orders, in the business currency.
        discounted_value: the same, each order discounted to today.

    """

    customers_alive: Estimate
    orders: Estimate
    value: Estimate
    discounted_value: Estimate


@dataclass(frozen=True, slots=True)
class Expected:
    """What is expected of each group of customers, a head; arrays are of shape (rows of the base,).

    ``own_square`` is the mean over the group of the square of expected spend; ``square`` that of the customer's mean
    spend itself, which is larger, as it is known roughly.
    """

    alive: Floats
    orders: Floats
    discounted_orders: Floats
    spend: Floats
    own_square: Floats
    square: Floats


def expected(
    model: BuyTillYouDie, spend: GammaGamma, groups: GroupedCustomers, horizon_days: float, discount_rate: float
) -> Expected:
    """Return what the models expect of every group.

    Args:
        model, spend: fitted.
        groups: customers.
        horizon_days: days from the last observed one.
        discount_rate: per year.

    """
    base = groups.base
    alive, orders, discounted = model.scores(base, horizon_days / model.time_unit.days, discount_rate)
    each = spend.expected_value(base.frequency, groups.monetary_value)
    frequency = base.frequency.astype(np.float64)
    _, b = spend_line(spend, np.arange(base.frequency.max() + 1, dtype=np.float64))
    # the mean over a group of (A + B m)² is the square of its mean and the variance of m, times B²
    own = np.maximum(groups.monetary_square - groups.monetary_value**2, 0.0)
    parameters = spend.parameters()
    freedom = np.maximum(parameters["q"] + parameters["p"] * frequency - 2, STEADY)
    own_square = each**2 + b[base.frequency] ** 2 * own
    return Expected(alive, orders, discounted, each, own_square, own_square * (1 + 1 / freedom))


def totals(
    model: BuyTillYouDie, spend: GammaGamma, groups: GroupedCustomers, found: Expected, uncertainty: Uncertainty,
    *, horizon_days: float, margin_rate: float, seed: int,
) -> Totals:  # fmt: skip
    """Return the sums over all customers, with the interval in which each is predicted to come out.

    Parameters vary as the fits leave them open (`Uncertainty`); given them, customers are independent, whether one is
    alive is a coin, purchases have the variance of the model (`purchase_variance`), and spend that of the gamma–gamma
    model. A season, a campaign or a crisis that the past did not hold is in none of this.

    Args:
        model, spend: fitted.
        groups: customers.
        found: as returned by `expected`.
        uncertainty: of the same customers.
        horizon_days: as in ``expected``.
        margin_rate: contribution margin as a fraction of revenue.
        seed: of chance.

    """
    people = groups.base.customers.astype(np.float64)
    orders, worth = people * found.orders, people * found.orders * found.spend
    alive = float(people @ found.alive)
    random = np.random.default_rng(seed)
    cells = uncertainty.cells
    by_luck = float(people @ (found.alive * (1 - found.alive)))
    still = _estimate(random, alive, cells.sums(people * found.alive) @ uncertainty.alive, by_luck)
    scatter = _dispersion(model, uncertainty, horizon_days)[cells.cell_of_row]
    count = _estimate(random, float(orders.sum()), cells.sums(orders) @ uncertainty.orders, float(orders @ scatter))
    revenue = _estimate(
        random, float(worth.sum()), _drawn_worth(spend, groups, orders, worth, uncertainty),
        _variance_of_worth(spend, people, found, scatter),
    )  # fmt: skip
    discounted = float((people * found.discounted_orders) @ found.spend)
    now = discounted / revenue.value if revenue.value > 0 else 0.0
    return Totals(
        _at_most(still, float(people.sum())), count, _times(revenue, margin_rate), _times(revenue, margin_rate * now)
    )


def _dispersion(model: BuyTillYouDie, uncertainty: Uncertainty, horizon_days: float) -> Floats:
    """Return Var(Y) / E[Y] of each cell's typical customer."""
    middle = uncertainty.cells.middle
    mean = model.expected_purchases(middle, horizon_days / model.time_unit.days)
    # of one who never stops: negative binomial. On a ridge where nobody seems to stop the exact form has no value.
    never_stopping = 1 + mean / (model.parameters()["r"] + middle.frequency)
    with np.errstate(invalid="ignore", over="ignore"):
        variance = purchase_variance(model, middle, horizon_days)
    is_known = np.isfinite(variance) & (mean > 0)
    return np.asarray(np.divide(variance, mean, out=never_stopping, where=is_known))


def _drawn_worth(
    spend: GammaGamma, groups: GroupedCustomers, orders: Floats, worth: Floats, uncertainty: Uncertainty
) -> Floats:
    """Return the total revenue under each draw, shape (draws,)."""
    a, _ = spend_line(spend, np.arange(groups.base.frequency.max() + 1, dtype=np.float64))
    from_all = np.minimum(orders * a[groups.base.frequency], worth)
    cells, place = uncertainty.cells, uncertainty.bin_of_cell
    by_cell = (
        cells.sums(from_all)[:, None] * uncertainty.from_all[place]
        + cells.sums(worth - from_all)[:, None] * uncertainty.from_own[place]
    )
    return np.asarray((uncertainty.orders * by_cell).sum(axis=0))


def _variance_of_worth(spend: GammaGamma, people: Floats, found: Expected, scatter: Floats) -> float:
    """Return the variance by chance: E[Y] E[M²] / p + Var(Y) E[M²] + E[Y]² Var(M), summed over customers."""
    within = found.orders * found.square / spend.parameters()["p"]
    between = found.orders * scatter * found.square
    unknown = found.orders**2 * (found.square - found.own_square)
    return float(people @ (within + between + unknown))


def _estimate(random: np.random.Generator, value: float, drawn: Floats, variance: float) -> Estimate:
    """Return the interval of sums under drawn parameters, each with gamma-distributed chance about it."""
    if not value > 0:
        return Estimate(0.0, 0.0, 0.0, evidence=Evidence.REGRESSION)
    means = np.maximum(drawn[np.isfinite(drawn)], value * LEAST)
    if variance > 0:
        shape = means**2 / variance
        outcomes = random.gamma(shape[:, None], (variance / means)[:, None], size=(len(means), LUCK))
    else:
        outcomes = means
    low, high = np.percentile(outcomes, ENDS)
    return Estimate(value, float(low), float(high), evidence=Evidence.REGRESSION)


def _times(estimate: Estimate, factor: float) -> Estimate:
    low, high = ((end or 0.0) * factor for end in (estimate.low, estimate.high))
    return Estimate(estimate.value * factor, low, high, evidence=estimate.evidence)


def _at_most(estimate: Estimate, most: float) -> Estimate:
    low, high = (min(end or 0.0, most) for end in (estimate.low, estimate.high))
    return Estimate(min(estimate.value, most), low, high, evidence=estimate.evidence)
