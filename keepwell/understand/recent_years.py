"""What each customer did in the last year and in the year before: the numbers that a decision starts from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, before, midnight
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts

YEAR_DAYS = 365
QUARTER_DAYS = 90


def recent_years(facts: Facts, as_of: date) -> ir.Table:
    """Return every customer's last two years.

    Args:
        facts: orders and, where known, refunds.
        as_of: first day not counted; the last year is the 365 days before it.

    Returns:
        One row per customer with an order before ``as_of``: customer_id, tenure_days and recency_days (from the first
        and the last order to ``as_of``), orders_year, revenue_year, revenue_90_days, orders_year_before and
        revenue_year_before (the 365 days before the last 365). Revenue is net of the refunds dated in the same days.

    """
    orders = before(facts.orders, "ordered_at", as_of)
    rows = orders.select(
        "customer_id", moment=orders.ordered_at.cast("timestamp"), amount=orders.revenue.cast(TOTAL), is_order=1
    )
    if facts.refunds is not None:
        refunds = before(facts.refunds, "refunded_at", as_of)
        negative = (-refunds.amount).cast(TOTAL)
        moment = refunds.refunded_at.cast("timestamp")
        rows = rows.union(refunds.select("customer_id", moment=moment, amount=negative, is_order=0))
    in_year = rows.moment >= midnight(as_of - timedelta(days=YEAR_DAYS))
    in_quarter = rows.moment >= midnight(as_of - timedelta(days=QUARTER_DAYS))
    in_year_before = (rows.moment >= midnight(as_of - timedelta(days=2 * YEAR_DAYS))) & ~in_year
    is_order = rows.is_order == 1
    summed = rows.group_by("customer_id").aggregate(
        first=rows.moment.min(where=is_order),
        last=rows.moment.max(where=is_order),
        orders_year=(is_order & in_year).sum(),
        revenue_year=_sum(rows, in_year),
        revenue_90_days=_sum(rows, in_quarter),
        orders_year_before=(is_order & in_year_before).sum(),
        revenue_year_before=_sum(rows, in_year_before),
    )
    ordered = summed.filter(summed["first"].notnull())  # a refund alone makes no customer
    return ordered.select(
        "customer_id",
        tenure_days=as_of.toordinal() - day_number(ordered["first"]),
        recency_days=as_of.toordinal() - day_number(ordered["last"]),
        orders_year="orders_year",
        revenue_year="revenue_year",
        revenue_90_days="revenue_90_days",
        orders_year_before="orders_year_before",
        revenue_year_before="revenue_year_before",
    )


def _sum(rows: ir.Table, where: ir.BooleanValue) -> ir.DecimalScalar:
    return rows.amount.sum(where=where).fill_null(ibis.literal(0).cast(TOTAL)).cast(TOTAL)
