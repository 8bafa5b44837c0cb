"""The same model for each group of customers (channel, country, cohort), drawn towards that of the whole base."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir
import numpy as np

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.shrunk_models import evidence_near, shrink
from keepwell.understand.attributes import customer_groups
from keepwell.understand.clv.choose import UNTESTED
from keepwell.understand.clv.grouped import KEYS
from keepwell.understand.clv.models import named, objective
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import SampleMean

EVERYONE = "all"
QUARTER = "quarter"
MOST_GROUPS = 1_000


@dataclass(frozen=True, slots=True)
class Cohort:
    """Customers of one group.

    Args:
        group: its name.
        base: how often, how lately and since when they bought.
        first_orders: net value of their first occasions, in the business currency.
        repeat_orders: net value per repeat occasion, all occasions counting alike, with the spread between customers.

    """

    group: str
    base: CustomerBase
    first_orders: SampleMean
    repeat_orders: SampleMean

    @property
    def customers(self) -> int:
        """How many there are."""
        return self.base.total


@dataclass(frozen=True)
class CohortModels:
    """A model for everybody and one for each group.

    Args:
        by: attribute that makes the groups.
        base: fitted to everybody.
        models: by group, after shrinking: parameters, standard errors and draws are those of the posterior.
        own_weight: by group, from 0 (the base's model) to 1 (the group's own).
        cohorts: by group, what the models were fitted to.
        note: how far the groups differ.

    """

    by: str
    base: BuyTillYouDie
    models: dict[str, BuyTillYouDie]
    own_weight: dict[str, float]
    cohorts: dict[str, Cohort]
    note: str


def grouped_purchases(facts: Facts, as_of: date, by: str | None, *, since: date | None = None) -> ir.Table:
    """Return `repeat_purchases` with the column ``group``.

    Args:
        facts: orders and, where known, refunds and customers.
        as_of: first day not observed.
        by: attribute of the customer (`attributes`), ``"quarter"`` (of the first occasion, as 2011-Q1), or ``None`` for
            one group "all".
        since: leave out customers whose first occasion lies before this day.

    Raises:
        InputError: there is no such attribute.

    """
    purchases = repeat_purchases(facts, as_of, since=since)
    if by is None:
        return purchases.mutate(group=ibis.literal(EVERYONE))
    if by == QUARTER:
        day = purchases.first_ordered_on
        return purchases.mutate(group=day.year().cast("string") + "-Q" + day.quarter().cast("string"))
    groups = customer_groups(facts, by).select(who="customer_id", group="group")
    return purchases.join(groups, purchases.customer_id == groups.who).drop("who")


def cohorts(facts: Facts, as_of: date, by: str | None, *, since: date | None = None) -> dict[str, Cohort]:
    """Return the groups by name, in two queries that return sums.

    Args:
        facts, as_of, by, since: see `grouped_purchases`.

    Raises:
        InputError: there is no such attribute, no customer, or there are more than a thousand groups.

    """
    purchases = grouped_purchases(facts, as_of, by, since=since)
    sums = {row["group"]: row for row in _sums(purchases).to_pyarrow().to_pylist()}
    _check(by, len(sums), as_of)
    keys = ["group", *KEYS]
    rows = purchases.group_by(keys).aggregate(customers=purchases.count().cast("int64")).order_by(keys).to_pyarrow()
    names = np.asarray(rows["group"].to_pylist())
    columns = {name: rows[name].to_numpy() for name in (*KEYS, "customers")}
    found = {}
    for name in sorted(sums):
        chosen = names == name
        base = CustomerBase.of({column: values[chosen] for column, values in columns.items()})
        row = sums[name]
        first = SampleMean(base.total, float(row["first_total"]), float(row["first_squares"]))
        found[name] = Cohort(name, base, first, _per_order(row))
    return found


def cohort_models(
    facts: Facts, as_of: date, by: str | None, *, model_name: str = UNTESTED, since: date | None = None
) -> CohortModels:
    """Fit a model to everybody, and one to each group, drawn towards it by how little the group says itself.

    A group's evidence is its own likelihood near the base's parameters, so that a group in which nobody has bought
    twice, or nobody has left, still says what it has to say (`stats.shrunk_models`).

    Args:
        facts, as_of, by, since: see `grouped_purchases`.
        model_name: from ``clv.models.MODELS``.

    Raises:
        InputError: there is no such model or attribute, or "Not enough repeat purchases: …".

    """
    groups = cohorts(facts, as_of, by, since=since)
    return fitted_cohorts(groups, by or EVERYONE, model_name)


def fitted_cohorts(groups: dict[str, Cohort], by: str, model_name: str = UNTESTED) -> CohortModels:
    """Return the same from groups that were read before.

    Args:
        groups: by name, at least one.
        by: attribute that makes them.
        model_name: from ``clv.models.MODELS``.

    """
    base = named(model_name)().fit(_together([group.base for group in groups.values()]))
    if len(groups) == 1:  # the base itself
        (name,) = groups
        return CohortModels(by, base, {name: base}, {name: 1.0}, groups, "There is one group: the whole base.")
    likelihoods = {name: objective(model_name, group.base) for name, group in groups.items()}
    evidence = {
        name: evidence_near(base, likelihood, groups[name].customers) for name, likelihood in likelihoods.items()
    }
    shrunk = shrink(base, {name: _of(base, group) for name, group in groups.items()}, evidence)
    for name, model in shrunk.models.items():
        model.log_likelihood_ = likelihoods[name](np.log(model.parameters_))[0]
    return CohortModels(by, base, shrunk.models, shrunk.own_weight, groups, shrunk.note)


def _of(base: BuyTillYouDie, group: Cohort) -> BuyTillYouDie:
    model = copy.copy(base)
    model.customers_ = group.customers
    return model


def _together(bases: list[CustomerBase]) -> CustomerBase:
    names = ("frequency", "recency_days", "age_days", "customers")
    return CustomerBase.of({name: np.concatenate([getattr(base, name) for base in bases]) for name in names})


def _sums(purchases: ir.Table) -> ir.Table:
    orders = purchases.frequency.cast("float64")
    value = purchases.monetary_value.fill_null(0.0) * orders
    first = purchases.first_value
    return purchases.group_by("group").aggregate(
        first_total=first.sum(), first_squares=(first * first).sum(),
        repeaters=(purchases.frequency > 0).sum(), orders=orders.sum(), value=value.sum(),
        orders_squares=(orders * orders).sum(), value_squares=(value * value).sum(), products=(orders * value).sum(),
    )  # fmt: skip


def _per_order(row: dict[str, float]) -> SampleMean:
    """Return value per repeat order as a sample mean over repeat customers, by linearising the ratio.

    With R = Σv / Σx, each customer counts as R + (v − R x) / x̄ (Cochran 1977, Sampling Techniques, eq. 6.13): the
    mean is R, and customers who buy often weigh as they do in the till.
    """
    people = int(row["repeaters"])
    if not people:
        return SampleMean(0, 0.0, 0.0)
    ratio, mean_orders = row["value"] / row["orders"], row["orders"] / people
    around = row["value_squares"] - 2 * ratio * row["products"] + ratio**2 * row["orders_squares"]
    return SampleMean(people, people * ratio, people * ratio**2 + max(0.0, around) / mean_orders**2)


def _check(by: str | None, groups: int, as_of: date) -> None:
    if not groups:
        raise InputError(
            "clv.no_customers",
            f"Nobody had bought anything before {as_of}.",
            where="as_of",
            value=as_of,
            advice="Choose a later day.",
        )
    if groups > MOST_GROUPS:
        raise InputError(
            "clv.groups",
            f"{by} makes {groups:,} groups; a model for each is fitted for {MOST_GROUPS:,} at most.",
            where="by",
            value=by,
            advice="Group by something coarser, such as the channel, the country or the quarter.",
        )
