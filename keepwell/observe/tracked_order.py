"""Orders and refunds as the e-commerce events of tracking SDKs write them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from keepwell.observe.fact_rows import spread
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError, four_places
from keepwell.observe.order_parts import OrderParts
from keepwell.vocabulary.refusal import Refusal

REVENUE_WAS_TOTAL = "revenue held shipping and tax: taken out"
DISCOUNT_SPREAD = "the order's discount was spread over its lines"


@dataclass(frozen=True)
class TrackedOrder:
    """The money, discount, pieces and lines of one ``Order Completed``."""

    parts: OrderParts
    discount: Decimal
    units: Decimal | None
    lines: list[dict[str, Any]]


def completed(properties: Fields, changes: Counter[str]) -> TrackedOrder:
    """Read the properties of ``Order Completed`` (Segment e-commerce specification, version 2).

    Raises:
        RecordRefusedError: no amount, or one that no order has.

    >>> order = completed(Fields({"revenue": 25, "shipping": 3, "tax": 2, "total": 30}), Counter())
    >>> str(order.parts.items), str(order.parts.total)
    ('25.0000', '30.0000')

    """
    lines = products(properties, changes)
    shipping = properties.amount("shipping", changes) or ZERO
    tax = properties.amount("tax", changes) or ZERO
    discount = max(properties.amount("discount", changes) or ZERO, ZERO)
    total = properties.amount("total", changes)
    items = _items(properties, changes, lines, discount)
    if total is not None and items == total and shipping + tax > 0:
        items -= shipping + tax
        changes[REVENUE_WAS_TOTAL] += 1
    if items < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"{properties.path}revenue: {items}")
    other = ZERO if total is None else total - items - shipping - tax
    if sum((line["amount"] for line in lines), ZERO) > items:
        for line, share in zip(lines, spread([line["amount"] for line in lines], items), strict=True):
            line["discount"] = line["amount"] - share
            line["amount"] = share
        changes[DISCOUNT_SPREAD] += 1
    units = sum((line["quantity"] for line in lines), ZERO) if properties.has("products") else None
    return TrackedOrder(OrderParts(items, shipping, other, tax), discount, units, lines)


def _items(properties: Fields, changes: Counter[str], lines: list[dict[str, Any]], discount: Decimal) -> Decimal:
    for key in ("revenue", "subtotal"):
        amount = properties.amount(key, changes)
        if amount is not None:
            return amount
    total = properties.amount("total", changes)
    if total is None:
        total = properties.amount("value", changes)
    if total is not None:
        shipping, tax = properties.amount("shipping", changes), properties.amount("tax", changes)
        return total - (shipping or ZERO) - (tax or ZERO)
    if lines:
        return sum((line["amount"] for line in lines), ZERO) - discount
    raise RecordRefusedError(Refusal.MISSING_AMOUNT, "properties.revenue, subtotal, total and products are empty")


def products(properties: Fields, changes: Counter[str]) -> list[dict[str, Any]]:
    """Return the ``products`` of an event as order lines; a missing quantity is one piece."""
    lines = []
    for number, product in enumerate(properties.children("products"), start=1):
        quantity = product.amount("quantity", changes)
        quantity = Decimal(1) if quantity is None else quantity
        price = product.amount("price", changes) or ZERO
        if quantity < 0:
            raise RecordRefusedError(Refusal.NEGATIVE_QUANTITY, f"{product.path}quantity: {quantity}")
        if price < 0:
            raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"{product.path}price: {price}")
        lines.append(
            {
                "line_number": number,
                "product_id": product.text("sku") or product.text("product_id"),
                "product_name": product.text("name"),
                "category": product.text("category"),
                "kind": "product",
                "quantity": quantity,
                "unit_price": price,
                "amount": worth(quantity, price, product.path, changes),
            }
        )
    return lines


def worth(quantity: Decimal, price: Decimal, path: str, changes: Counter[str]) -> Decimal:
    """Return quantity × price with four decimals; refuses what no shop sells.

    >>> str(worth(Decimal(3), Decimal("0.10"), "", Counter()))
    '0.3000'
    """
    amount = quantity * price
    if amount >= Decimal(10) ** 12:
        raise RecordRefusedError(Refusal.ABSURD_QUANTITY, f"{path}quantity × price: {amount}")
    return four_places(amount, changes)


def refunded(
    properties: Fields, left: OrderParts | None, changes: Counter[str], *, rest_only: bool = False
) -> OrderParts:
    """Return what a refund event gave back.

    Args:
        properties: of the event.
        left: what is left of the order, when it is known; taken from.
        changes: counts what was changed.
        rest_only: never more than what is left (a cancellation after refunds).

    Raises:
        RecordRefusedError: there is no amount and the order is not known, or nothing is left of it.

    """
    amount = next(
        (a for key in ("total", "revenue", "value") if (a := properties.amount(key, changes)) is not None), None
    )
    if left is not None and left.total <= 0:
        raise RecordRefusedError(Refusal.REPEATED_ROW, "the order was refunded in full before")
    if amount is None and left is not None:
        amount = left.total
    if amount is None:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, f"{properties.path}total is empty and the order is not known")
    amount = abs(amount)
    if left is None:
        return OrderParts(amount)
    return left.take(min(amount, left.total) if rest_only else amount)
