"""Shopify orders as its Admin REST API and its webhooks write them, in JSON.

The facts are those of the CSV export (``keepwell.observe.shopify``), under the same keys, so that an order that came
in one way is known when it comes in the other. Identity: ``email``, else ``contact_email``, as an opaque id; an order
without one is refused. An order is its ``name`` (``#1001``) at ``created_at``.

``subtotal_price`` is the goods after all discounts; with ``taxes_included`` the tax is inside, and is taken out of
goods and shipping in proportion. What is missing from ``total_price`` (duties, tips) is ``other``. Lines are price ×
quantity less their ``discount_allocations``, spread so that they add up to the goods.

Each of ``refunds`` whose ``transactions`` gave money back is a refund of what they sum to, taken from the goods first,
then shipping, then tax, at its ``created_at``. The first bears the export's own id of the order's refund, so that one
that the export brought is not counted twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from keepwell.observe.fact_rows import Fact, batches
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import FOUR_PLACES, ZERO, Fields, RecordRefusedError, when
from keepwell.observe.json_records import JsonFile, glimpse
from keepwell.observe.order_parts import OrderParts
from keepwell.vocabulary.refusal import Refusal

PAID = frozenset({"paid", "partially_paid", "partially_refunded", "refunded"})
TAX_TAKEN_OUT = "tax taken out of prices that included it"


class ShopifyJson:
    """Importer of Shopify orders in JSON."""

    name = "shopify_json"
    label = "Shopify orders JSON (Admin API, webhooks)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record looks like a Shopify order."""
        seen = glimpse(head)
        return "id" in seen and "financial_status" in seen and ("name" in seen or "admin_graphql_api_id" in seen)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = ("Customers are told apart by the e-mail of the order (as an opaque id).",)
        read = partial(_read, context=context)
        return Reading(findings, batches(JsonFile(path), read, context.source or "shopify"), signature="shopify_json:1")


def _read(order: Fields, changes: Counter[str], context: ImportContext) -> Iterable[Fact]:
    order_id = order.required_text("name", Refusal.MISSING_ORDER_ID)
    _check_status(order)
    email = order.personal("email") or order.personal("contact_email")
    if not email:
        raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "email is empty")
    shared = {
        "order_id": order_id,
        "customer_id": customer_key(email, context.identity_key),
        "ordered_at": when(order.iso_moment("created_at", context.business.zone), "created_at", context.now),
        "currency": order.currency("currency") or context.currency or context.business.currency,
    }
    parts = _parts(order, changes)
    lines = _lines(order, parts.items, changes)
    summary = {
        **shared,
        **parts.as_row(),
        "discount": max(order.amount("total_discounts", changes) or ZERO, ZERO),
        "units": sum((line["quantity"] for line in lines), ZERO),
        "line_count": len(lines),
        "country": _address(order, "billing_address") or _address(order, "shipping_address"),
        "coupon": next((code for entry in order.children("discount_codes") if (code := entry.text("code"))), None),
    }
    facts: list[Fact] = [("orders", summary), *(("order_lines", {**shared, **line}) for line in lines)]
    facts.extend(("refunds", refund) for refund in _refunds(order, shared, parts, changes, context))
    return facts


def _check_status(order: Fields) -> None:
    status = (order.text("financial_status") or "").lower()
    if order.flag("test"):
        raise RecordRefusedError(Refusal.TEST_ORDER, "test: true")
    if status == "voided" or (order.has("cancelled_at") and not order.children("refunds")):
        raise RecordRefusedError(Refusal.CANCELLED, f"financial_status: {status}, cancelled without a refund")
    if status not in PAID:
        raise RecordRefusedError(Refusal.NOT_PAID, f"financial_status: {status}")


def _address(order: Fields, key: str) -> str | None:
    return order.child(key).text("country_code") if order.has(key) else None


def _parts(order: Fields, changes: Counter[str]) -> OrderParts:
    total = order.required_amount("total_price", changes)
    goods = order.required_amount("subtotal_price", changes)
    if goods < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"subtotal_price: {goods}")
    tax = order.amount("total_tax", changes) or ZERO
    shipping = _shipping(order, changes)
    if not (order.flag("taxes_included") and tax):
        return OrderParts(goods, shipping, total - goods - shipping - tax, tax)
    changes[TAX_TAKEN_OUT] += 1
    other, gross = total - goods - shipping, goods + shipping
    items = goods - (tax * goods / gross).quantize(FOUR_PLACES) if gross else goods
    return OrderParts(items, gross - tax - items, other, tax)


def _shipping(order: Fields, changes: Counter[str]) -> Decimal:
    """Return what shipping cost after its discounts; older orders have only their shipping lines."""
    if order.has("total_shipping_price_set"):
        money = order.child("total_shipping_price_set").child("shop_money")
        return money.amount("amount", changes) or ZERO
    lines = order.children("shipping_lines")
    return sum(
        (line.amount("discounted_price", changes) or line.amount("price", changes) or ZERO for line in lines), ZERO
    )


def _lines(order: Fields, items: Decimal, changes: Counter[str]) -> list[dict[str, Any]]:
    """Return the lines, whose amounts add up to the goods; the last one takes what rounding leaves."""
    lines = [_line(number, line, changes) for number, line in enumerate(order.children("line_items"), start=1)]
    weight = sum((line["amount"] for line in lines), ZERO)
    left = items
    for line in lines:
        if weight:
            line["amount"] = (items * line["amount"] / weight).quantize(FOUR_PLACES)
        left -= line["amount"]
    if lines and weight:
        max(lines, key=lambda line: line["amount"])["amount"] += left
    return lines


def _line(number: int, line: Fields, changes: Counter[str]) -> dict[str, Any]:
    quantity, price = line.required_amount("quantity", changes), line.required_amount("price", changes)
    if quantity < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_QUANTITY, f"{line.path}quantity: {quantity}")
    if price < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"{line.path}price: {price}")
    cuts = line.children("discount_allocations")
    discount = sum((cut.amount("amount", changes) or ZERO for cut in cuts), ZERO)
    return {
        "line_number": number,
        "product_id": line.text("sku") or line.text("variant_id") or line.text("product_id"),
        "product_name": line.text("name") or line.text("title"),
        "kind": "gift_card" if line.flag("gift_card") else "product",
        "quantity": quantity,
        "unit_price": price,
        "amount": max(quantity * price - discount, ZERO),
        "discount": max(discount, ZERO),
    }


def _refunds(
    order: Fields, shared: dict[str, Any], parts: OrderParts, changes: Counter[str], context: ImportContext
) -> Iterable[dict[str, Any]]:
    left, is_first = OrderParts(parts.items, parts.shipping, parts.other, parts.tax), True
    for refund in order.children("refunds"):
        amount = ZERO
        for payment in refund.children("transactions"):
            if payment.text("kind") == "refund" and payment.text("status") in (None, "success"):
                amount += payment.amount("amount", changes) or ZERO
        if amount <= 0:
            continue  # goods taken back without money
        own = "refunded" if is_first else refund.required_text("id", Refusal.MISSING_VALUE)
        at = refund.iso_moment("created_at", context.business.zone) or shared["ordered_at"]
        yield {
            **{key: shared[key] for key in ("order_id", "customer_id", "currency")},
            "refund_id": f"{shared['order_id']}:{own}",
            "refunded_at": when(max(at, shared["ordered_at"]), f"{refund.path}created_at", context.now),
            **left.take(amount).as_row(),
        }
        is_first = False
