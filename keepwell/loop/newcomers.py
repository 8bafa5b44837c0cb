"""What newly won customers bring, without those who may have been customers before the log began."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from keepwell.understand.clv.choose import UNTESTED
from keepwell.understand.clv.newcomers import NewcomerValue, newcomer_values
from keepwell.understand.facts import Facts
from keepwell.understand.truncation import known_since
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, NotAvailable

SEED = 20240101


@dataclass(frozen=True)
class Newcomers:
    """Contribution margin that one newly won customer of each group is expected to bring within the horizon.

    Args:
        by: attribute that makes the groups, or ``None`` for everybody.
        values: by group, as margin: revenue times the margin rate; the first order in full, later ones discounted.
        since: customers who first bought before this day are left out; ``None`` where everybody counts.
        horizon_days: days after the first order.

    """

    by: str | None
    values: tuple[NewcomerValue, ...]
    since: date | None
    horizon_days: int

    @property
    def note(self) -> str:
        """Who is counted as a newcomer, in a sentence."""
        if self.since is None:
            return "Everybody counts as new from the first order in the log on."
        return (
            f"Customers whose first order in the log lies before {self.since} are left out: they may have bought "
            "before the log began."
        )

    def frame(self) -> pd.DataFrame:
        """Return one row a group; all amounts are contribution margin in the business currency.

        Columns: group, customers, value, value_low, value_high (of the first order and of the later ones, discounted),
        first_order (of it alone), later_orders (how many within the horizon), weight_of_base (0: the group's own
        figure, 1: the whole base's) and note.
        """
        return pd.DataFrame(
            {
                "group": one.group,
                "customers": one.customers,
                "value": one.value.value,
                "value_low": one.value.low,
                "value_high": one.value.high,
                "first_order": one.first_order.value,
                "later_orders": one.later_orders.value,
                "weight_of_base": one.weight_of_base,
                "note": one.note,
            }
            for one in self.values
        )


def newcomers(
    facts: Facts,
    as_of: date,
    by: str | None = None,
    *,
    horizon_days: int = 365,
    model_name: str = UNTESTED,
    seed: int = SEED,
) -> Newcomers | NotAvailable:
    """Return what a newcomer of each group is expected to bring, as contribution margin.

    Args:
        facts: orders and, where known, refunds and customers.
        as_of: first day not counted.
        by: attribute of the customer, such as ``"country"``, or ``"quarter"`` of the first order; ``None`` for all.
        horizon_days: days after the first order within which orders count.
        model_name: from ``understand.clv.models.MODELS``.
        seed: of the intervals.

    Raises:
        InputError: there is no such attribute, or nobody bought before ``as_of``.

    """

    def values(since: date | None) -> list[NewcomerValue] | NotAvailable:
        return newcomer_values(facts, as_of, by, horizon_days, model_name=model_name, since=since, seed=seed)

    since = known_since(facts, as_of)
    try:
        found = values(since)
    except InputError as error:
        if since is None or error.code != "clv.no_customers":
            raise
        since = None  # nobody is surely new: everybody counts
        found = values(since)
    if isinstance(found, NotAvailable):
        return found
    rate = facts.business.margin_rate
    return Newcomers(by, tuple(_as_margin(one, rate) for one in found), since, horizon_days)


def _as_margin(one: NewcomerValue, rate: float) -> NewcomerValue:
    return replace(
        one, first_order=_times(one.first_order, rate), later=_times(one.later, rate), value=_times(one.value, rate)
    )


def _times(estimate: Estimate, factor: float) -> Estimate:
    low, high = (None if end is None else end * factor for end in (estimate.low, estimate.high))
    return replace(estimate, value=estimate.value * factor, low=low, high=high)
