"""The facts as they were known on a day: nothing that happened on it or later."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import PLACE_COLUMNS, midnight
from keepwell.understand.facts import Facts


def known_on(facts: Facts, day: date) -> Facts:
    """Return only what had happened before ``day`` began, local time.

    Every feature is taken from these facts and from nothing else, so none can look ahead. A subscription that ended
    on the day or later is still running, for nobody knew. Attributes of the customers table bear no date: those of
    customers created later are left out, the others are taken as they stand.

    Args:
        facts: the whole log.
        day: first day that is not looked at.

    >>> from datetime import datetime
    >>> orders = ibis.memtable({"customer_id": ["a", "a"], "ordered_at": [datetime(2024, 1, 1), datetime(2024, 2, 1)]})
    >>> from keepwell.vocabulary.business import Business
    >>> known_on(Facts(orders=orders, business=Business()), date(2024, 2, 1)).orders.count().to_pyarrow().as_py()
    1

    """
    limit = midnight(day)

    def until(table: ir.Table | None, column: str) -> ir.Table | None:
        return None if table is None else table.filter(table[column] < limit)

    orders = facts.orders.filter(facts.orders.ordered_at < limit)
    # Places in a customer's life that were worked out on the whole log stay true of the part before any day.
    places = [name for name in PLACE_COLUMNS if name in orders.columns]
    kept = orders if len(places) == len(PLACE_COLUMNS) else orders.drop(*places)
    customers = facts.customers
    if customers is not None:
        customers = customers.filter(customers.created_at.isnull() | (customers.created_at < limit))
    terms = until(facts.subscriptions, "started_at")
    if terms is not None:
        ended = ibis.ifelse(terms.ended_at < limit, terms.ended_at, ibis.null("timestamp"))
        terms = terms.mutate(ended_at=ended)
    return replace(
        facts,
        orders=kept,
        refunds=until(facts.refunds, "refunded_at"),
        order_lines=until(facts.order_lines, "ordered_at"),
        customers=customers,
        events=until(facts.events, "occurred_at"),
        subscriptions=terms,
        spend=None,
    )
