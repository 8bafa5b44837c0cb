"""WooCommerce orders as its REST API lists them (``wc/v3/orders``): a JSON array, or one order a line.

Identity: the billing e-mail, as an opaque id, so that a guest and the account of the same person are one customer;
without e-mail the account's ``customer_id``; with neither the order is refused.

An order is its ``id`` at ``date_created_gmt``. WooCommerce gives line, shipping and fee totals without tax whatever
``prices_include_tax`` says; where a plugin wrote them with tax (the sum without ``total_tax`` already makes
``total``), tax is taken out by each line's ``total_tax``. Fees, and what is missing from the total, are ``other``.
Orders that nobody paid (pending, on-hold, failed, draft, and unknown statuses without a payment date) are refused,
as are cancelled ones and those of WooPayments' test mode.

Refunds come inside the order. Where they hold lines, these say what was refunded; a bare ``total`` is taken from the
goods first, then shipping, then tax. The list has no refund dates: without one, the order's last change is taken.
"""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from keepwell.observe.fact_rows import Fact, batches
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError, when
from keepwell.observe.json_records import JsonFile, glimpse
from keepwell.observe.order_parts import OrderParts
from keepwell.vocabulary.refusal import Refusal

PAID = frozenset({"completed", "processing", "refunded"})
UNPAID = frozenset({"pending", "on-hold", "failed", "checkout-draft", "auto-draft", "draft"})
CANCELLED = frozenset({"cancelled", "trash"})
UNBALANCED = "parts did not add up to the total: the difference is in other"


class WooCommerce:
    """Importer of WooCommerce orders."""

    name = "woocommerce"
    label = "WooCommerce orders JSON (REST API)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record looks like a WooCommerce order."""
        seen = glimpse(head)
        return "id" in seen and "line_items" in seen and ("order_key" in seen or "date_created_gmt" in seen)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = (
            "Customers are told apart by the billing e-mail (as an opaque id).",
            "Refunds without a date of their own are dated at the order's last change.",
        )
        read = partial(_read, context=context)
        return Reading(findings, batches(JsonFile(path), read, context.source or self.name), signature="woocommerce:1")


def _read(order: Fields, changes: Counter[str], context: ImportContext) -> Iterable[Fact]:
    order_id = order.required_text("id", Refusal.MISSING_ORDER_ID)
    _check_status(order)
    currency = order.currency("currency") or context.currency or context.business.currency
    ordered_at = _created(order, context)
    parts, discount, lines = _money(order, changes)
    shared = {
        "order_id": order_id,
        "customer_id": _customer(order, context.identity_key),
        "ordered_at": ordered_at,
        "currency": currency,
    }
    facts: list[Fact] = [("order_lines", {**shared, **line}) for line in lines]
    billing, shipping, coupons = order.child("billing"), order.child("shipping"), order.children("coupon_lines")
    summary = {
        **shared,
        **parts.as_row(),
        "discount": discount,
        "units": sum((line["quantity"] for line in lines), ZERO) if order.has("line_items") else None,
        "line_count": len(lines) if order.has("line_items") else None,
        "country": billing.text("country") or shipping.text("country"),
        "coupon": coupons[0].text("code") if coupons else None,
    }
    facts.append(("orders", summary))
    facts.extend(("refunds", refund) for refund in _refunds(order, shared, parts, changes, context))
    return facts


def _check_status(order: Fields) -> None:
    if order.has("refunded_by") or order.text("type") == "shop_order_refund":
        raise RecordRefusedError(Refusal.NOT_A_SALE, "a refund on its own, not an order")
    status = (order.text("status") or "").removeprefix("wc-")
    if status in CANCELLED:
        raise RecordRefusedError(Refusal.CANCELLED, f"status: {status}")
    paid = order.has("date_paid_gmt") or order.has("date_paid")
    if status in UNPAID or (status not in PAID and not paid):
        raise RecordRefusedError(Refusal.NOT_PAID, f"status: {status}")
    for note in order.children("meta_data"):
        if note.values.get("key") == "_wcpay_mode" and note.values.get("value") == "test":
            raise RecordRefusedError(Refusal.TEST_ORDER, "meta_data._wcpay_mode: test")


def _created(order: Fields, context: ImportContext) -> int:
    moment = order.iso_moment("date_created_gmt")
    if moment is None:
        moment = order.iso_moment("date_created", context.business.zone)
    return when(moment, "date_created_gmt", context.now)


def _customer(order: Fields, key: bytes) -> str:
    email = order.child("billing").personal("email")
    if email:
        return customer_key(email, key)
    account = order.text("customer_id")
    if not account or account == "0":
        raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "billing.email is empty and customer_id is 0")
    return customer_key(account, key)


def _money(order: Fields, changes: Counter[str]) -> tuple[OrderParts, Decimal, list[dict[str, Any]]]:
    total = order.required_amount("total", changes)
    tax = order.amount("total_tax", changes) or ZERO
    shipping = order.amount("shipping_total", changes) or ZERO
    fees = sum((fee.amount("total", changes) or ZERO for fee in order.children("fee_lines")), ZERO)
    lines = [_line(number, line, changes) for number, line in enumerate(order.children("line_items"), start=1)]
    discount = order.amount("discount_total", changes) or ZERO
    if not order.has("line_items"):
        return OrderParts(total - tax - shipping - fees, shipping, fees, tax), max(discount, ZERO), []
    items = sum((line["amount"] for line in lines), ZERO)
    if tax and order.flag("prices_include_tax") and items + shipping + fees == total:
        for line in lines:
            line["amount"] -= line["tax"]
        changes["tax taken out of prices that included it"] += 1
        items = sum((line["amount"] for line in lines), ZERO)
        shipping -= order.amount("shipping_tax", changes) or ZERO
    other = total - items - shipping - tax
    if other != fees:
        changes[UNBALANCED] += 1
    if items < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"line_items add up to {items}")
    return OrderParts(items, shipping, other, tax), max(discount, ZERO), lines


def _line(number: int, line: Fields, changes: Counter[str]) -> dict[str, Any]:
    quantity = line.amount("quantity", changes)
    if quantity is None:
        raise RecordRefusedError(Refusal.MISSING_VALUE, f"{line.path}quantity is empty")
    if quantity < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_QUANTITY, f"{line.path}quantity: {quantity}")
    amount = line.required_amount("total", changes)
    before = line.amount("subtotal", changes)
    price = (before if before is not None else amount) / quantity if quantity else ZERO
    name = line.text("name")
    product = line.text("sku") or _id(line, "variation_id") or _id(line, "product_id")
    return {
        "line_number": number,
        "product_id": product,
        "product_name": html.unescape(name) if name else None,
        "kind": "product",
        "quantity": quantity,
        "unit_price": price.quantize(Decimal("0.0001")),
        "amount": amount,
        "discount": max(before - amount, ZERO) if before is not None else None,
        "tax": line.amount("total_tax", changes) or ZERO,
    }


def _id(line: Fields, key: str) -> str | None:
    value = line.text(key)
    return None if value == "0" else value


def _refunds(
    order: Fields, shared: dict[str, Any], parts: OrderParts, changes: Counter[str], context: ImportContext
) -> Iterable[dict[str, Any]]:
    left = OrderParts(parts.items, parts.shipping, parts.other, parts.tax)
    ordered_at = shared["ordered_at"]
    changed_at = order.iso_moment("date_modified_gmt") or order.iso_moment("date_modified", context.business.zone)
    for refund in order.children("refunds"):
        amount = refund.amount("total", changes)
        if amount is None:
            amount = refund.required_amount("amount", changes)
        own = refund.iso_moment("date_created_gmt") or changed_at or ordered_at
        refund_id = refund.required_text("id", Refusal.MISSING_VALUE)
        yield {
            **{key: shared[key] for key in ("order_id", "customer_id", "currency")},
            "refund_id": refund_id,
            "refunded_at": when(max(own, ordered_at), f"{refund.path}date_created_gmt", context.now),
            **_refunded(refund, abs(amount), left, changes).as_row(),
        }


def _refunded(refund: Fields, amount: Decimal, left: OrderParts, changes: Counter[str]) -> OrderParts:
    lines, shipping_lines = refund.children("line_items"), refund.children("shipping_lines")
    if not lines and not shipping_lines:
        return left.take(amount)
    items = -sum((line.amount("total", changes) or ZERO for line in lines), ZERO)
    shipping = -sum((line.amount("total", changes) or ZERO for line in shipping_lines), ZERO)
    tax = -sum((line.amount("total_tax", changes) or ZERO for line in (*lines, *shipping_lines)), ZERO)
    rest = amount - items - shipping - tax
    if min(items, shipping, tax, rest) < 0:
        return left.take(amount)  # the lines do not explain the refund
    left.items, left.shipping, left.tax, left.other = (
        left.items - items,
        left.shipping - shipping,
        left.tax - tax,
        left.other - rest,
    )
    return OrderParts(items, shipping, rest, tax)
