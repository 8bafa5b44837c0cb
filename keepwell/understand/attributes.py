"""What customers are grouped by: one value a customer, so that groups add up to the whole."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import PLACE_COLUMNS, TRACING_COLUMNS, purchases
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError

UNKNOWN = "(unknown)"
NOT_ATTRIBUTES = frozenset({"customer_id", "order_id", *PLACE_COLUMNS, *TRACING_COLUMNS})


def attributes(facts: Facts) -> list[str]:
    """Return the names that customers can be grouped by: ``"cohort"`` and the text columns of orders and customers."""
    tables = [facts.orders] + ([facts.customers] if facts.customers is not None else [])
    texts = {name for table in tables for name, type_ in table.schema().items() if type_.is_string()}
    return ["cohort", *sorted(texts - NOT_ATTRIBUTES)]


def customer_groups(facts: Facts, by: str) -> ir.Table:
    """Return customer_id and group (text, never null) for every customer who ordered.

    Args:
        facts: orders and, where known, customers.
        by: ``"cohort"`` (month of the first order, as 2011-03), or a text column of customers or orders. What the
            customers table does not say comes from the customer's first order; what neither says is "(unknown)".

    Raises:
        InputError: there is no such attribute.

    """
    if by not in attributes(facts):
        raise InputError(
            "attribute.unknown",
            f"Customers have no attribute {by!r}.",
            value=by,
            advice=f"Choose from {', '.join(attributes(facts))}.",
        )
    orders = purchases(facts)
    first = orders.filter(orders.order_number == 1)
    if by == "cohort":
        return first.select("customer_id", group=_month_name(first.ordered_at))
    said = first[by] if by in first.columns else ibis.null("string")
    groups = first.select("customer_id", group=said)
    if facts.customers is not None and by in facts.customers.columns:
        told = facts.customers.select(told_of="customer_id", told=by)
        joined = groups.left_join(told, groups.customer_id == told.told_of)
        groups = joined.select("customer_id", group=ibis.coalesce(joined.told, joined.group))
    return groups.mutate(group=groups.group.fill_null(UNKNOWN))


def _month_name(moment: ir.TimestampValue) -> ir.StringValue:
    return moment.year().cast("string") + "-" + moment.month().cast("string").lpad(2, "0")
