"""Google Analytics 4 events of its BigQuery export, one a line.

Identity: ``user_id`` alone, as an opaque id when it is an e-mail address. ``user_pseudo_id`` is a browser, not a
person: it becomes the ``anonymous_id`` of events, and a purchase that has nothing else is refused.

``purchase`` is an order, by its ``transaction_id``. ``purchase_revenue`` should be goods without shipping and tax,
but many shops send the total: where the items' revenue shows that shipping and tax are in it, they are taken out;
without items the definition is believed. ``refund`` is a refund, taken from the goods first, then shipping, then tax,
as long as its order is among the last 50,000 of the file. All else goes to ``events`` with its parameters, from which
everything personal is left out.

An event's id is a hash of browser, time, name, parameters and batch position, so that the same export read twice
gives the same facts; events repeated within the last 200,000, and purchases that a reloaded page sent again, are
refused. The channel is "source / medium" of the session, else of the visitor's first visit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

from keepwell.observe.fact_rows import Fact, batches, spread
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError, four_places, when
from keepwell.observe.json_records import JsonFile, glimpse, json_text
from keepwell.observe.order_parts import OrderParts, RecentOrders
from keepwell.observe.personal import impersonal
from keepwell.observe.seen_ids import SeenIds
from keepwell.observe.tracked_order import DISCOUNT_SPREAD, REVENUE_WAS_TOTAL, worth
from keepwell.vocabulary.refusal import Refusal

VALUES = ("string_value", "int_value", "double_value", "float_value")
BATCH_MARKS = ("batch_event_index", "batch_ordering_id", "batch_page_id")
EMPTY = frozenset({"(not set)", "(none)", "(data deleted)"})


class Ga4:
    """Importer of the GA4 BigQuery export."""

    name = "ga4"
    label = "Google Analytics 4 export JSONL (BigQuery)"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record is an event of the GA4 export."""
        seen = glimpse(head)
        return "event_name" in seen and "event_timestamp" in seen

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = ("Customers are told apart by user_id; purchases without one are refused.",)
        events = _Events(context)
        return Reading(findings, batches(JsonFile(path), events.read, context.source or self.name), signature="ga4:1")


class _Events:
    """Reads events in the order of the file, remembering the last ids and orders."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.seen = SeenIds()
        self.orders = RecentOrders()

    def read(self, event: Fields, changes: Counter[str]) -> Iterable[Fact]:
        name = event.required_text("event_name", Refusal.MISSING_VALUE)
        at = when(event.epoch_moment("event_timestamp", unit=1), "event_timestamp", self.context.now)
        event_id = _event_id(event)
        if self.seen.again(event_id):
            raise RecordRefusedError(Refusal.REPEATED_ROW, f"event {event_id}")
        parameters = _parameters(event)
        if name == "purchase":
            return self._purchased(event, parameters, at, changes)
        if name == "refund":
            return [self._refunded(event, parameters, event_id, at, changes)]
        return [self._event(event, parameters, name, event_id, at)]

    def _purchased(self, event: Fields, parameters: Fields, at: int, changes: Counter[str]) -> list[Fact]:
        shared = {**self._shared(event, parameters), "ordered_at": at}
        order_id = shared["order_id"]
        if self.orders.of(order_id) is not None:
            raise RecordRefusedError(Refusal.REPEATED_ROW, f"transaction_id: {order_id} stands above")
        lines = _lines(event, changes)
        parts = _money(event.child("ecommerce"), parameters, lines, changes)
        _fit(lines, parts.items, changes)
        units = sum((line["quantity"] for line in lines), ZERO) if lines else None
        row = {
            **shared,
            **parts.as_row(),
            "discount": sum((line["discount"] for line in lines), ZERO),
            "units": units,
            "line_count": len(lines) or None,
            "country": _set(event.child("geo").text("country")),
            "channel": _channel(event),
            "coupon": _set(parameters.text("coupon")),
        }
        self.orders.remember(order_id, parts)
        return [("orders", row), *(("order_lines", {**shared, **line}) for line in lines)]

    def _refunded(self, event: Fields, parameters: Fields, event_id: str, at: int, changes: Counter[str]) -> Fact:
        shared = self._shared(event, parameters)
        left = self.orders.of(shared["order_id"])
        amount = event.child("ecommerce").amount("refund_value", changes)
        if amount is None:
            amount = parameters.amount("value", changes)
        if amount is None and left is not None:
            amount = left.total
        if amount is None:
            raise RecordRefusedError(Refusal.MISSING_AMOUNT, "ecommerce.refund_value is empty")
        parts = left.take(abs(amount)) if left is not None else OrderParts(abs(amount))
        return "refunds", {**shared, **parts.as_row(), "refund_id": event_id, "refunded_at": at}

    def _event(self, event: Fields, parameters: Fields, name: str, event_id: str, at: int) -> Fact:
        user, device = event.personal("user_id"), event.personal("user_pseudo_id")
        kept = impersonal(dict(parameters.values))
        row = {
            "event_id": event_id,
            "occurred_at": at,
            "customer_id": customer_key(user, self.context.identity_key) if user else None,
            "anonymous_id": customer_key(device, self.context.identity_key) if device else None,
            "name": name,
            "channel": _channel(event),
            "properties": json_text(kept) if kept else None,
        }
        return "events", row

    def _shared(self, event: Fields, parameters: Fields) -> dict[str, Any]:
        order_id = _set(event.child("ecommerce").text("transaction_id")) or _set(parameters.text("transaction_id"))
        if order_id is None:
            raise RecordRefusedError(Refusal.MISSING_ORDER_ID, "ecommerce.transaction_id is empty")
        user = event.personal("user_id")
        if not user:
            raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "user_id is empty; user_pseudo_id is only a browser")
        currency = parameters.currency("currency") or self.context.currency or self.context.business.currency
        customer = customer_key(user, self.context.identity_key)
        return {"order_id": order_id, "customer_id": customer, "currency": currency}


def _parameters(event: Fields) -> Fields:
    found: dict[str, Any] = {}
    for parameter in event.children("event_params"):
        key = parameter.text("key")
        value = parameter.child("value").values
        known = next((value[kind] for kind in VALUES if value.get(kind) is not None), None)
        if key and known is not None:
            found[key] = known
    return Fields(found, "event_params.")


def _event_id(event: Fields) -> str:
    marks = {key: event.values.get(key) for key in ("user_pseudo_id", "event_timestamp", "event_name", *BATCH_MARKS)}
    marks["event_params"] = event.values.get("event_params")
    text = json.dumps(marks, sort_keys=True, default=str)
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _lines(event: Fields, changes: Counter[str]) -> list[dict[str, Any]]:
    lines = []
    for number, item in enumerate(event.children("items"), start=1):
        quantity = item.amount("quantity", changes)
        quantity = Decimal(1) if quantity is None else quantity
        price, revenue = item.amount("price", changes), item.amount("item_revenue", changes)
        if quantity < 0 or (price or ZERO) < 0 or (revenue or ZERO) < 0:
            reason = Refusal.NEGATIVE_QUANTITY if quantity < 0 else Refusal.NEGATIVE_PRICE
            raise RecordRefusedError(reason, f"{item.path}quantity: {quantity}, price: {price}")
        if price is None:
            price = four_places((revenue or ZERO) / quantity, changes) if quantity else ZERO
        amount = worth(quantity, price, item.path, changes) if revenue is None else revenue
        line: dict[str, Any] = {"line_number": number, "product_id": _set(item.text("item_id")), "kind": "product"}
        line |= {"product_name": _set(item.text("item_name")), "category": _set(item.text("item_category"))}
        line |= {"quantity": quantity, "unit_price": price, "amount": amount, "discount": ZERO}
        lines.append(line)
    return lines


def _money(ecommerce: Fields, parameters: Fields, lines: list[dict[str, Any]], changes: Counter[str]) -> OrderParts:
    revenue = ecommerce.amount("purchase_revenue", changes)
    if revenue is None:
        revenue = parameters.amount("value", changes)
    if revenue is None:
        raise RecordRefusedError(Refusal.MISSING_AMOUNT, "ecommerce.purchase_revenue is empty")
    shipping, tax = (_part(ecommerce, parameters, key, changes) for key in ("shipping", "tax"))
    goods = sum((line["amount"] for line in lines), ZERO)
    extra = shipping + tax
    if lines and extra and abs(revenue - extra - goods) < abs(revenue - goods):
        changes[REVENUE_WAS_TOTAL] += 1
        revenue -= extra
    if revenue < 0:
        raise RecordRefusedError(Refusal.NEGATIVE_PRICE, f"{ecommerce.path}purchase_revenue: {revenue}")
    return OrderParts(revenue, shipping, ZERO, tax)


def _part(ecommerce: Fields, parameters: Fields, name: str, changes: Counter[str]) -> Decimal:
    amount = ecommerce.amount(f"{name}_value", changes)
    return (parameters.amount(name, changes) if amount is None else amount) or ZERO


def _fit(lines: list[dict[str, Any]], items: Decimal, changes: Counter[str]) -> None:
    if sum((line["amount"] for line in lines), ZERO) <= items:
        return
    changes[DISCOUNT_SPREAD] += 1
    for line, share in zip(lines, spread([line["amount"] for line in lines], items), strict=True):
        line["discount"] = line["amount"] - share
        line["amount"] = share


def _channel(event: Fields) -> str | None:
    session = event.child("session_traffic_source_last_click").child("manual_campaign")
    collected, first = event.child("collected_traffic_source"), event.child("traffic_source")
    for holder, prefix in ((session, ""), (collected, "manual_"), (first, "")):
        named = [_set(holder.text(f"{prefix}{part}")) for part in ("source", "medium")]
        if any(named):
            return " / ".join(part or "(none)" for part in named)
    return None


def _set(text: str | None) -> str | None:
    return None if text in EMPTY else text
