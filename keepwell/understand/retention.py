"""One row per customer for one period: what every KPI of the period is summed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import before, midnight, purchases
from keepwell.understand.clock import day_number
from keepwell.understand.columns import AMOUNT
from keepwell.understand.facts import Facts
from keepwell.vocabulary.period import Period

PARTS = ("discount", "cost", "payment_fee")


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as active and as a repeat purchase.

    ``activity_days``: days after an order during which a customer is active; ``repeat_days``: the age by which a
    second order counts.
    """

    activity_days: int
    repeat_days: int


def customer_period(facts: Facts, period: Period, rules: Rules) -> ir.Table:
    """Return what each customer did before and in a period.

    Args:
        facts: orders and, where known, refunds.
        period: days looked at; what comes later is left out.
        rules: activity window and repeat age in days.

    Returns:
        One row per customer with an order or refund before the period's end: customer_id; first_day (day number, null
        where the log holds refunds only); orders_ever, orders, orders_before; revenue, refunds, discount, cost,
        payment_fee, revenue_squares and first_revenue in the period; cost_known (orders whose cost is known);
        net_ever, net, net_before (net revenue ever, in the period, and in as many days before it); booleans was_active
        (at the start), is_active (at the end), is_new, is_mature (reached the repeat age in the period), has_repeated
        (second order within it).

    """
    rows = _rows(facts, period)
    inside = rows.at >= midnight(period.start)
    earlier = (rows.at >= midnight(period.start - timedelta(days=period.days))) & ~inside
    is_order = rows.is_order
    customers = rows.group_by("customer_id").aggregate(
        first_at=rows.at.min(where=is_order),
        second_at=rows.at.min(where=rows.order_number == 2),
        orders_ever=is_order.sum(),
        orders=(is_order & inside).sum(),
        cost_known=(is_order & inside & rows.cost_known).sum(),
        seen_at_start=_ordered_within(rows, period.start, rules).sum(),
        seen_at_end=_ordered_within(rows, period.end, rules).sum(),
        revenue=_sum(rows.revenue, inside),
        first_revenue=_sum(rows.revenue, inside & (rows.order_number == 1)),
        refunds=_sum(rows.refunded, inside),
        revenue_squares=_squares(rows.revenue, inside),
        net_ever=_sum(rows.revenue, is_order) - _sum(rows.refunded, ~is_order),
        net_before=_sum(rows.revenue, earlier) - _sum(rows.refunded, earlier),
        **{name: _sum(rows[name], inside) for name in PARTS},
    )
    return _judged(customers, period, rules)


def _rows(facts: Facts, period: Period) -> ir.Table:
    orders = before(purchases(facts), "ordered_at", period.end)
    nothing = ibis.literal(0).cast(AMOUNT)
    parts = {
        name: orders[name].fill_null(nothing).cast(AMOUNT) if name in orders.columns else nothing for name in PARTS
    }
    rows = orders.select(
        "customer_id",
        "order_number",
        at=orders.ordered_at.cast("timestamp"),
        is_order=ibis.literal(True),
        revenue=orders.revenue.cast(AMOUNT),
        refunded=nothing,
        cost_known=orders.cost.notnull() if "cost" in orders.columns else ibis.literal(False),
        **parts,
    )
    if facts.refunds is None:
        return rows
    refunds = before(facts.refunds, "refunded_at", period.end)
    return rows.union(
        refunds.select(
            customer_id=refunds.customer_id,
            order_number=ibis.literal(0, type="int64"),
            at=refunds.refunded_at.cast("timestamp"),
            is_order=ibis.literal(False),
            revenue=nothing,
            refunded=refunds.amount.cast(AMOUNT),
            cost_known=ibis.literal(False),
            **dict.fromkeys(PARTS, nothing),
        )
    )


def _ordered_within(rows: ir.Table, day: date, rules: Rules) -> ir.BooleanColumn:
    begin = midnight(day - timedelta(days=rules.activity_days))
    return rows.is_order & (rows.at >= begin) & (rows.at < midnight(day))


def _sum(amount: ir.DecimalColumn, where: ir.BooleanValue) -> ir.DecimalScalar:
    return amount.sum(where=where).fill_null(0)


def _squares(amount: ir.DecimalColumn, where: ir.BooleanValue) -> ir.FloatingScalar:
    value = amount.cast("float64")
    return (value * value).sum(where=where).fill_null(0.0)


def _judged(customers: ir.Table, period: Period, rules: Rules) -> ir.Table:
    first_day, second_day = day_number(customers.first_at), day_number(customers.second_at)
    grown_up = first_day + rules.repeat_days
    return customers.mutate(
        first_day=first_day,
        net=customers.revenue - customers.refunds,
        is_new=(first_day >= period.start.toordinal()).fill_null(False),
        was_active=customers.seen_at_start > 0,
        is_active=customers.seen_at_end > 0,
        is_mature=((grown_up > period.start.toordinal()) & (grown_up <= period.end.toordinal())).fill_null(False),
        has_repeated=(second_day < grown_up).fill_null(False),
    )
