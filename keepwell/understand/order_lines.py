"""From rows of order lines to orders."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from keepwell.understand.columns import AMOUNT

SUMMED = ("revenue", "discount", "shipping", "other", "tax", "cost", "payment_fee", "units")
KEYS = ("customer_id", "order_id", "ordered_at")
LEFT_OUT = ("currency", "unit_price")


def with_amount(table: ir.Table, amount: str) -> ir.Table:
    """Return ``table`` with the column ``amount``, from quantity × unit price where it has no such column.

    The product goes through float64: of two decimals an engine makes one of twice the width, which Ibis does not know
    of and which is summed at half the speed. It is exact to the fourth place for whole quantities.
    """
    if amount in table.columns or not {"quantity", "unit_price"} <= set(table.columns):
        return table
    product = table.quantity.cast("float64") * table.unit_price.cast("float64")
    return table.mutate(**{amount: product.cast(AMOUNT)})


def with_order_id(lines: ir.Table) -> ir.Table:
    """Return ``lines`` with an order id everywhere: without one, a customer's rows at one time are one order."""
    made = lines.customer_id + "|" + lines.ordered_at.cast("string")
    given = lines.order_id if "order_id" in lines.columns else ibis.null("string")
    return lines.mutate(order_id=ibis.coalesce(given, made))


def grouped_to_orders(lines: ir.Table) -> ir.Table:
    """Return one row per customer and order id: amounts are summed, the first time and the largest text kept."""
    if "quantity" in lines.columns:
        lines = lines.rename(units="quantity")
    summed = {name: lines[name].sum().cast(AMOUNT) for name in SUMMED if name in lines.columns}
    texts = {name: lines[name].max() for name in lines.columns if name not in {*summed, *KEYS, *LEFT_OUT}}
    return lines.group_by("customer_id", "order_id").aggregate(ordered_at=lines.ordered_at.min(), **summed, **texts)


def refunds_in_orders(orders: ir.Table) -> ir.Table:
    """Return orders whose total is below zero as refunds: customer_id, order_id, refunded_at, amount."""
    below = orders.filter(orders.revenue < 0)
    return below.select("customer_id", "order_id", refunded_at=below.ordered_at, amount=(-below.revenue).cast(AMOUNT))
