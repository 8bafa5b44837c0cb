"""From lifetime values to what the decision reads of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import numpy as np
import pandas as pd

from keepwell.decide.foretold import FORETOLD_COLUMNS, Foretold, NewcomerForecast
from keepwell.decide.order_log import EVERYONE
from keepwell.loop.lifetime import SEED, Lifetime, lifetime
from keepwell.loop.newcomers import SurelyNew, surely_new
from keepwell.understand.attributes import attributes
from keepwell.understand.clv.newcomers import NewcomerValue
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

MOST_GROUPS = 60  # of more, the model of each says little, and the page says less
FROM_VALUES = {
    "value": "expected_margin",
    "value_low": "expected_margin_low",
    "value_high": "expected_margin_high",
    "probability_alive": "probability_alive",
}


def lifetime_or_reason(facts: Facts, as_of: date) -> Lifetime | NotAvailable:
    """Return every customer's value within a year, or why no model can be fitted to these orders."""
    try:
        return lifetime(facts, as_of, seed=SEED)
    except InputError as error:
        return NotAvailable(error.message[0].lower() + error.message[1:].rstrip("."))


def foretold(facts: Facts, found: Lifetime, as_of: date, dimensions: Iterable[str]) -> Foretold:
    """Return what the decision reads of lifetime values.

    Args:
        facts: the same that ``found`` was worked out from.
        found: values within a year.
        as_of: first day not counted.
        dimensions: attributes whose groups of newcomers are foretold, where the facts have them.

    """
    totals, values = found.totals, found.values
    new = surely_new(facts, as_of, horizon_days=values.horizon_days, model_name=found.choice.model_name, seed=SEED)
    held_against = "" if isinstance(new, NotAvailable) else new.held_against
    return Foretold(
        model=found.model,
        why=found.choice.why,
        days=values.horizon_days,
        customers=values.customers,
        alive=totals.customers_alive,
        orders=totals.orders,
        margin=totals.value,
        discounted_margin=totals.discounted_value,
        newcomers=_newcomers(new, dimensions),
        notes=tuple(filter(None, (held_against, *found.notes))),
    )


def with_expectations(customers: pd.DataFrame, found: Lifetime) -> pd.DataFrame:
    """Return one row per customer with what is expected of them; those without a purchase that counts bring nothing.

    Args:
        customers: with the column customer_id, which is taken out.
        found: values of the same customers.

    """
    scored = found.table().select(["customer_id", *FROM_VALUES]).to_pandas().rename(columns=FROM_VALUES)
    joined = customers.merge(scored, on="customer_id", how="left").drop(columns="customer_id")
    filled: pd.DataFrame = joined.fillna(dict.fromkeys(FORETOLD_COLUMNS, 0.0))
    return filled


def _newcomers(new: SurelyNew | NotAvailable, dimensions: Iterable[str]) -> tuple[NewcomerForecast, ...]:
    if isinstance(new, NotAvailable):
        return ()
    has = attributes(new.facts)
    found = {by or EVERYONE: new.groups(by) for by in (None, *(name for name in dimensions if name in has))}
    return tuple(
        _one(value, by)
        for by, values in found.items()
        # one group says nothing that the whole base does not
        if not isinstance(values, NotAvailable) and (by == EVERYONE or 1 < len(values) <= MOST_GROUPS)
        for value in values
    )


def _one(value: NewcomerValue, dimension: str) -> NewcomerForecast:
    return NewcomerForecast(
        dimension=dimension,
        group=value.group,
        customers=value.customers,
        value=value.value,
        first_order=value.first_order,
        weight_of_base=float(np.clip(value.weight_of_base, 0.0, 1.0)),
        note=value.note,
    )
