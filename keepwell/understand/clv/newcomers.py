"""What a newly won customer is worth, group by group: the first order and what is expected to follow it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.shrinkage import ShrunkMean, shrink
from keepwell.understand.clv.choose import UNTESTED
from keepwell.understand.clv.cohorts import EVERYONE, Cohort, CohortModels, cohorts, fitted_cohorts
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence, NotAvailable, SampleMean

Floats = npt.NDArray[np.float64]

DRAWS = 400
ENDS = (2.5, 97.5)
FEW = 30


@dataclass(frozen=True, slots=True)
class NewcomerValue:
    """Net revenue that one newly won customer of a group is expected to bring within the horizon.

    Amounts are in the business currency, before margin. Intervals are of the mean over many such customers, not of
    what a single one does.

    Args:
        dimension: attribute that makes the group; ``"all"`` for everybody.
        group: its name.
        customers: of the group, in the log.
        first_order: value of the first order.
        later_orders: number of further orders within the horizon.
        later: their value, each discounted to the day of the first order.
        value: first order and later ones together.
        weight_of_base: how much of the forecast of later orders stems from the whole base rather than from the group
            itself, from 0 to 1.
        note: what a reader must know; empty where there is nothing.

    """

    dimension: str
    group: str
    customers: int
    first_order: Estimate
    later_orders: Estimate
    later: Estimate
    value: Estimate
    weight_of_base: float
    note: str = ""

    def as_sample_mean(self) -> SampleMean:
        """Return ``value`` in the form of a sample mean: same mean, same standard error, ``customers`` observations."""
        return _as_sample_mean(self.value, self.customers)

    def first_as_sample_mean(self) -> SampleMean:
        """Return ``first_order`` in the form of a sample mean."""
        return _as_sample_mean(self.first_order, self.customers)


def newcomer_values(
    facts: Facts,
    as_of: date,
    by: str | None,
    horizon_days: int = 365,
    *,
    model_name: str = UNTESTED,
    since: date | None = None,
    seed: int = 0,
) -> list[NewcomerValue] | NotAvailable:
    """Return what a newcomer of each group is expected to bring, groups in alphabetical order.

    Later orders come from the group's model, drawn towards that of the whole base (`cohort_models`); their value, and
    that of the first order, are means over the group, drawn likewise (`stats.shrinkage.shrink`). So a young cohort or
    a channel with forty customers is neither left out nor believed too readily.

    Args:
        facts: orders and, where known, refunds and customers; the discount rate is that of ``facts.business``.
        as_of: first day not observed.
        by: see `grouped_purchases`; ``None`` for everybody.
        horizon_days: days after the first order within which orders count, at least 1.
        model_name: from ``clv.models.MODELS``.
        since: leave out customers whose first occasion lies before this day, as at the beginning of a log that does
            not hold their real first.
        seed: of the draws behind the intervals.

    Returns:
        One value per group; not available, with the reason, where nobody has bought twice.

    Raises:
        InputError: there is no such model or attribute, no customer, or a horizon below one day.

    >>> import datetime as dt
    >>> import ibis
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> start = dt.date(2011, 1, 1)
    >>> days = [(who, start + dt.timedelta(days=7 * who + 20 * n)) for who in range(9) for n in range(who)]
    >>> log = ibis.memtable({"customer": [str(who) for who, _ in days], "date": [day for _, day in days],
    ...                      "order": [str(n) for n in range(len(days))], "total": [5.0] * len(days)})
    >>> (found,) = newcomer_values(facts_from_tables(log, business=Business()), dt.date(2011, 8, 1), None, 180)
    >>> found.group, found.customers, round(found.first_order.value, 2), found.value.value > 5
    ('all', 8, 5.0, True)

    """
    if horizon_days < 1:
        raise InputError(
            "clv.horizon", "The horizon must be at least one day.", value=horizon_days, advice="Use for instance 365."
        )
    groups = cohorts(facts, as_of, by, since=since)
    try:
        models = fitted_cohorts(groups, by or EVERYONE, model_name)
    except InputError as error:
        if error.code != "btyd.no_repeats":
            raise
        return NotAvailable(error.message)
    firsts = shrink([group.first_orders for group in groups.values()])
    spends = shrink([group.repeat_orders for group in groups.values()])
    rate = facts.business.discount_rate
    return [
        _one(models, name, first, spend, horizon_days, rate, seed + number)
        for number, (name, first, spend) in enumerate(zip(groups, firsts, spends, strict=True))
    ]


def _one(
    models: CohortModels, name: str, first: ShrunkMean, spend: ShrunkMean, days: int, rate: float, seed: int
) -> NewcomerValue:
    model, group = models.models[name], models.cohorts[name]
    random = np.random.default_rng(seed)
    count, worth = _orders(model, days, 0.0), _orders(model, days, rate)
    drawn = [model.at(parameters) for parameters in model.draws(DRAWS, seed)]
    counts, worths = (np.array([_orders(one, days, each) for one in drawn]) for each in (0.0, rate))
    first_draws, spend_draws = _draws(first, random), _draws(spend, random)
    later = worths * spend_draws
    is_alone = len(models.cohorts) == 1
    return NewcomerValue(
        dimension=models.by,
        group=name,
        customers=group.customers,
        first_order=_estimate(max(0.0, first.mean), first_draws),
        later_orders=_estimate(count, counts),
        later=_estimate(worth * max(0.0, spend.mean), later),
        value=_estimate(max(0.0, first.mean) + worth * max(0.0, spend.mean), first_draws + later),
        weight_of_base=0.0 if is_alone else 1 - models.own_weight[name],
        note=_note(group, model, days),
    )


def _orders(model: BuyTillYouDie, days: int, rate: float) -> float:
    return model.expected_discounted_purchases_of_newcomer(days / model.time_unit.days, rate)


def _draws(mean: ShrunkMean, random: np.random.Generator) -> npt.NDArray[np.float64]:
    error = (mean.high - mean.low) / (2 * Z_95)
    return np.asarray(np.maximum(0.0, mean.mean + error * random.standard_normal(DRAWS)), dtype=np.float64)


def _estimate(value: float, drawn: Floats) -> Estimate:
    low, high = np.percentile(drawn[np.isfinite(drawn)], ENDS)
    return Estimate(value, min(float(low), value), max(float(high), value), evidence=Evidence.REGRESSION)


def _note(group: Cohort, model: BuyTillYouDie, days: int) -> str:
    parts = [model.convergence_.note]
    if group.customers < FEW:
        parts.append(f"Only {group.customers} customers: the figure leans on the whole base.")
    longest = int(group.base.age_days.max())
    if longest < days / 2:
        parts.append(
            f"They have been watched for {longest} days at most, out of {days} that count: a busy or a quiet season "
            "in these days is partly taken for how they always buy."
        )
    return " ".join(filter(None, parts))


def _as_sample_mean(estimate: Estimate, customers: int) -> SampleMean:
    half = 0.0 if estimate.low is None or estimate.high is None else (estimate.high - estimate.low) / (2 * Z_95)
    total = estimate.value * customers
    spread = half**2 * customers * max(customers - 1, 0)
    if not math.isfinite(spread):
        spread = 0.0
    return SampleMean(customers, total, total**2 / customers + spread)
