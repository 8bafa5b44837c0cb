"""A table of one's own, or facts, where an analysis needs facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from keepwell.loop.facts import OpenFacts
from keepwell.loop.library import facts
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError

Day = date | str | None
NO_ORDERS = {"customer_id": ["nobody"], "order_id": ["none"], "revenue": [0.0]}


def facts_of(orders: Any, *, margin: float | None = None, **options: Any) -> Facts:
    """Return facts from facts or from any table of orders.

    Args:
        orders: facts from ``kw.facts`` or ``kw.open_folder``, or a table as ``kw.facts`` takes it.
        margin: contribution margin as a fraction of revenue, in (0, 1]; that of the facts, or 0.5, where not given.
        **options: as ``kw.facts`` takes them, with a table only.

    Raises:
        InputError: options with facts, or a table that cannot be used.

    """
    if not isinstance(orders, Facts):
        return facts(orders, **{"margin_rate": margin, **options})
    if options:
        raise InputError(
            "facts.given",
            f"{', '.join(options)} cannot be set on facts that are made already.",
            value=sorted(options),
            advice="Give these options to kw.facts.",
        )
    if margin is None:
        return orders
    return replace(orders, business=replace(orders.business, margin_rate=margin, margin_is_assumed=False))


def subscribed_facts(subscriptions: Any, *, margin: float | None = None, **options: Any) -> Facts:
    """Return facts from facts or from any table of subscriptions, of a business whose orders are not known.

    Args:
        subscriptions: facts, or a table with one row a term: subscription_id, customer_id, started_at, ended_at
            (empty while it runs), mrr and, if known, plan and is_trial.
        margin, **options: as in `facts_of`.

    Raises:
        InputError: the table cannot be used.

    """
    if isinstance(subscriptions, Facts):
        return facts_of(subscriptions, margin=margin, **options)
    nothing = pd.DataFrame({**NO_ORDERS, "ordered_at": pd.Timestamp("2000-01-01")})
    made = facts(nothing, **{"margin_rate": margin, "subscriptions": subscriptions, **options})
    return replace(made, orders=made.orders.filter(made.orders.customer_id != made.orders.customer_id))


def first_day_not_counted(given: Facts, as_of: Day) -> date:
    """Return the day, read from a text, or the day after the last order."""
    return OpenFacts(given, given.business, (), has_orders=True).as_of(day_given(as_of))


def day_given(day: Day) -> date | None:
    """Return a day as it was passed: a text, a date, a timestamp (its day), or nothing.

    Raises:
        InputError: it is no day.

    >>> day_given("2011-12-10"), day_given(datetime(2011, 12, 10, 8))
    (datetime.date(2011, 12, 10), datetime.date(2011, 12, 10))

    """
    try:
        day = date.fromisoformat(day) if isinstance(day, str) else day
    except ValueError:
        raise _no_day(day) from None
    if isinstance(day, datetime):
        return day.date()
    if day is None or isinstance(day, date):
        return day
    raise _no_day(day)


def _no_day(given: object) -> InputError:
    return InputError("day.unreadable", f"{given!r} is not a day.", value=given, advice='Write it as "2011-12-10".')
