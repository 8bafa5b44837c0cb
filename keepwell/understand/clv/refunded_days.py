"""Which day of purchase a refund takes back."""

from __future__ import annotations

import ibis.expr.types as ir

from keepwell.understand.clock import day_number

SMALLEST = 0.00005  # half the last digit of an amount


def refunds_by_day(orders: ir.Table, refunds: ir.Table, days: ir.Table) -> ir.Table:
    """Return refunds as negative amounts on the days of purchase that they lower.

    A refund with the id of an order that is known goes to that order's day. Any other goes to the customer's latest
    day, up to the refund's own, on which the orders are above zero after the refunds that name theirs; where there is
    none the purchase lies outside the log, and the refund lowers nothing.

    Args:
        orders: customer_id, order_id, ordered_at.
        refunds: customer_id, order_id (may be null), refunded_at, amount (at least 0).
        days: customer_id, day (number, int32), value (float64, before refunds).

    Returns:
        customer_id, day, amount (float64, at most 0); several rows a day are possible.

    """
    dated = refunds.select(
        "customer_id",
        "order_id",
        amount=refunds.amount.cast("float64"),
        refund_day=day_number(refunds.refunded_at).cast("int32"),
    )
    placed = _placed(orders, dated)
    named = placed.filter(placed.order_day.notnull())
    nameless = placed.filter(placed.order_day.isnull())
    known = named.select("customer_id", day="order_day", amount=-named.amount)
    return known.union(_latest(nameless, days, known))


def _placed(orders: ir.Table, refunds: ir.Table) -> ir.Table:
    """Return the refunds with the day of the order they name; null where it is not known."""
    ids = refunds.filter(refunds.order_id.notnull()).select(who="customer_id", named="order_id").distinct()
    found = orders.join(ids, (orders.customer_id == ids.who) & (orders.order_id == ids.named))
    order_days = found.group_by("who", "named").aggregate(order_day=day_number(found.ordered_at).min().cast("int32"))
    joined = refunds.left_join(
        order_days, (refunds.customer_id == order_days.who) & (refunds.order_id == order_days.named)
    )
    return joined.select("customer_id", "refund_day", "amount", "order_day")


def _latest(nameless: ir.Table, days: ir.Table, known: ir.Table) -> ir.Table:
    """Return the refunds that name no order, on the latest day with something left to take back."""
    given = nameless.group_by(who="customer_id", refund_day="refund_day").aggregate(refunded=nameless.amount.sum())
    theirs = days.semi_join(given, days.customer_id == given.who)
    taken = known.group_by(taker="customer_id", taken_day="day").aggregate(taken=known.amount.sum())
    left = theirs.left_join(taken, (theirs.customer_id == taken.taker) & (theirs.day == taken.taken_day))
    above = left.filter(left["value"] + left.taken.fill_null(0.0) > SMALLEST).select("customer_id", "day")
    pairs = above.join(given, (above.customer_id == given.who) & (above.day <= given.refund_day))
    each = pairs.group_by("customer_id", "refund_day").aggregate(day=pairs.day.max(), refunded=pairs.refunded.max())
    return each.select("customer_id", "day", amount=-each.refunded)
