"""What newly won customers bring, without those who may have been customers before the log began."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from keepwell.understand.clv.anchor import Anchor, anchor, anchored
from keepwell.understand.clv.choose import UNTESTED
from keepwell.understand.clv.newcomers import NewcomerValue, newcomer_values
from keepwell.understand.facts import Facts
from keepwell.understand.truncation import known_since, won_since
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
        held_against: what newcomers who were watched to the end say of the forecast, in a sentence; or nothing.

    """

    by: str | None
    values: tuple[NewcomerValue, ...]
    since: date | None
    horizon_days: int
    held_against: str = ""

    @property
    def note(self) -> str:
        """Who is counted as a newcomer, and what the forecast was held against, in sentences."""
        if self.since is None:
            who = "Everybody counts as new from the first order in the log on."
        else:
            who = (
                f"Customers whose first order in the log lies before {self.since} are left out: they may have bought "
                "before the log began."
            )
        return f"{who} {self.held_against}".strip()

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
    new = surely_new(facts, as_of, horizon_days=horizon_days, model_name=model_name, seed=seed)
    if isinstance(new, NotAvailable):
        return new
    found = new.groups(by)
    if isinstance(found, NotAvailable):
        return found
    margins = tuple(_as_margin(one, facts.business.margin_rate) for one in found)
    return Newcomers(by, margins, new.since, horizon_days, new.held_against)


@dataclass(frozen=True)
class SurelyNew:
    """Customers who were surely won within the log, and what the forecast of them was held against.

    Args:
        facts: theirs.
        since: the day from which a first order is a real first; ``None`` where everybody counts.
        as_of, horizon_days, model_name, seed: of the forecasts.
        whole: what a newcomer of all of them brings, as revenue, before the anchor.
        held: the anchor, or why there is none.

    """

    facts: Facts
    since: date | None
    as_of: date
    horizon_days: int
    model_name: str
    seed: int
    whole: list[NewcomerValue]
    held: Anchor | NotAvailable

    @property
    def held_against(self) -> str:
        """What newcomers who were watched to the end say of the forecast, in a sentence; or nothing."""
        return self.held.note if isinstance(self.held, Anchor) else ""

    def groups(self, by: str | None) -> list[NewcomerValue] | NotAvailable:
        """Return what a newcomer of each group brings, as revenue, anchored; the sentence on that is not in the notes.

        Raises:
            InputError: there is no such attribute.

        """
        if by is None:
            found: list[NewcomerValue] | NotAvailable = self.whole
        else:
            found = _values(self.facts, self.as_of, by, self.horizon_days, self.model_name, self.seed)
        if isinstance(found, NotAvailable) or isinstance(self.held, NotAvailable):
            return found
        return [replace(one, note=own.note) for one, own in zip(anchored(found, self.held), found, strict=True)]


def surely_new(facts: Facts, as_of: date, *, horizon_days: int, model_name: str, seed: int) -> SurelyNew | NotAvailable:
    """Return the customers who were won within the log; everybody, where none is surely new.

    Args:
        facts, as_of, horizon_days, model_name, seed: see `newcomers`.

    """
    since = known_since(facts, as_of)
    new = facts if since is None else won_since(facts, since)
    whole = _values(new, as_of, None, horizon_days, model_name, seed)
    if isinstance(whole, NotAvailable) and since is not None:
        new, since = facts, None
        whole = _values(facts, as_of, None, horizon_days, model_name, seed)
    if isinstance(whole, NotAvailable):
        return whole
    held = anchor(new, whole[0], horizon_days, as_of)
    return SurelyNew(new, since, as_of, horizon_days, model_name, seed, whole, held)


def _values(
    facts: Facts, as_of: date, by: str | None, horizon_days: int, model_name: str, seed: int
) -> list[NewcomerValue] | NotAvailable:
    try:
        return newcomer_values(facts, as_of, by, horizon_days, model_name=model_name, seed=seed)
    except InputError as error:
        if error.code != "clv.no_customers":
            raise
        return NotAvailable(error.message)


def _as_margin(one: NewcomerValue, rate: float) -> NewcomerValue:
    first, later, value = (_times(part, rate) for part in (one.first_order, one.later, one.value))
    return replace(one, first_order=first, later=later, value=value)


def _times(estimate: Estimate, factor: float) -> Estimate:
    low, high = (None if end is None else end * factor for end in (estimate.low, estimate.high))
    return replace(estimate, value=estimate.value * factor, low=low, high=high)
