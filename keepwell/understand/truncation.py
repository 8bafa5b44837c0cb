"""The left edge of a log: whose first order in the log may not be their first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import ibis.expr.types as ir

from keepwell.understand.activity import midnight, observed, purchases
from keepwell.understand.facts import Facts
from keepwell.understand.gaps import activity_window
from keepwell.vocabulary.estimate import NotAvailable


def known_since(facts: Facts, until: date | None = None) -> date | None:
    """Return the day from which a first order is most likely a customer's real first.

    It is one activity window (the 90th percentile of gaps, at least 30 days) after the log begins: whoever bought
    before the log began has most likely come back by then. ``None`` when nobody ordered twice, so that no gap is known.
    """
    window = activity_window(facts, until)
    return None if isinstance(window, NotAvailable) else observed(facts).start + timedelta(days=window)


def won_since(facts: Facts, day: date) -> Facts:
    """Return the facts of the customers whose first order lies on ``day`` or later, and of nobody else."""
    orders = purchases(facts)
    theirs = orders.filter(orders.first_ordered_at >= midnight(day))
    people = theirs.select(person="customer_id").distinct()

    def only(table: ir.Table | None) -> ir.Table | None:
        return None if table is None else table.semi_join(people, table.customer_id == people.person)

    return replace(facts, orders=theirs, refunds=only(facts.refunds), order_lines=only(facts.order_lines))
