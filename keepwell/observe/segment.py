"""Segment and RudderStack messages, one a line: identify, track, page, screen, group, alias.

Identity: ``userId`` is the customer. E-mail addresses in traits are not used to join, because the ``identify`` that
holds them may come later or in another file than the orders, and one person must have one id in all of them. A
``userId`` that is an e-mail address becomes an opaque id; a message without ``userId`` falls back to an e-mail in
``properties``, ``traits`` or ``context.traits``; an order with neither is refused, another event keeps its
``anonymousId`` alone. ``identify`` brings the customer's country and the day the account was made, nothing else.

``Order Completed`` is an order: ``revenue`` is the goods without shipping and tax (taken out when it equals ``total``
and there are some), else ``subtotal``, else ``total`` less shipping and tax, else the products less the discount.
``Order Refunded`` is a refund of ``total`` (or ``revenue``, or ``value``), without an amount of the whole order;
``Order Cancelled`` refunds what is left of the order. Both are taken from the goods first, then shipping, then tax, as
long as the order is among the last 50,000 of the file; beyond that all counts as goods. All else goes to ``events``
with its properties, from which everything personal is left out.

The time is ``receivedAt − (sentAt − originalTimestamp)``, which corrects the client's clock; without these three it
is ``timestamp``. Messages repeated within the last 200,000 (by ``messageId``) are refused; the lake refuses the rest.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from keepwell.observe.fact_rows import Fact, batches
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext, Reading
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError, when
from keepwell.observe.json_records import JsonFile, glimpse, json_text
from keepwell.observe.order_parts import RecentOrders
from keepwell.observe.personal import impersonal
from keepwell.observe.seen_ids import SeenIds
from keepwell.observe.tracked_order import completed, products, refunded
from keepwell.vocabulary.refusal import Refusal

TYPES = frozenset({"identify", "track", "page", "screen", "group", "alias"})
MARKS = frozenset({"messageId", "userId", "anonymousId", "originalTimestamp", "writeKey"})
NAMES = {"page": "Page Viewed", "screen": "Screen Viewed", "group": "Group Joined", "alias": "Alias"}


class Segment:
    """Importer of Segment and RudderStack messages."""

    name = "segment"
    label = "Segment or RudderStack JSONL"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the first record is a message of the tracking API."""
        seen = glimpse(head)
        return seen.get("type") in TYPES and not MARKS.isdisjoint(seen)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty or cannot be read."""
        findings = ("Customers are told apart by userId; e-mail addresses are not kept.",)
        messages = _Messages(context)
        return Reading(
            findings, batches(JsonFile(path), messages.read, context.source or self.name), signature="segment:1"
        )


class _Messages:
    """Reads messages in the order of the file, remembering the last ids and orders."""

    def __init__(self, context: ImportContext) -> None:
        self.context = context
        self.seen = SeenIds()
        self.orders = RecentOrders()

    def read(self, message: Fields, changes: Counter[str]) -> Iterable[Fact]:
        kind = message.text("type")
        if kind not in TYPES:
            raise RecordRefusedError(Refusal.NOT_USED, f"type: {kind}")
        at = when(_moment(message), "timestamp", self.context.now)
        message_id = _message_id(message)
        if self.seen.again(message_id):
            raise RecordRefusedError(Refusal.REPEATED_ROW, f"messageId: {message_id}")
        if kind == "identify":
            return [self._identified(message, at)]
        if kind == "track":
            return self._tracked(message, message_id, at, changes)
        return [self._event(message, NAMES[kind], message_id, at)]

    def _tracked(self, message: Fields, message_id: str, at: int, changes: Counter[str]) -> list[Fact]:
        name = message.required_text("event", Refusal.MISSING_VALUE)
        plain = name.casefold().replace("_", " ")
        if plain not in ("order completed", "order refunded", "order cancelled"):
            return [self._event(message, name, message_id, at)]
        properties = message.child("properties")
        shared = {
            "order_id": properties.required_text("order_id", Refusal.MISSING_ORDER_ID),
            "customer_id": self._buyer(message),
            "currency": properties.currency("currency") or self.context.currency or self.context.business.currency,
        }
        if plain == "order completed":
            return self._completed(message, properties, shared, at, changes)
        row = {**shared, "refund_id": message_id, "refunded_at": at}
        is_cancelled = plain == "order cancelled"
        parts = refunded(properties, self.orders.of(shared["order_id"]), changes, rest_only=is_cancelled)
        row |= parts.as_row()
        if is_cancelled:
            row["reason"] = "cancelled"
        else:
            row |= _goods_back(properties, changes)
        return [("refunds", row)]

    def _completed(
        self, message: Fields, properties: Fields, shared: dict[str, Any], at: int, changes: Counter[str]
    ) -> list[Fact]:
        order_id = shared["order_id"]
        if self.orders.of(order_id) is not None:
            raise RecordRefusedError(Refusal.REPEATED_ROW, f"properties.order_id: {order_id} stands above")
        order = completed(properties, changes)
        shared = {**shared, "ordered_at": at}
        row = {
            **shared,
            **order.parts.as_row(),
            "discount": order.discount,
            "units": order.units,
            "line_count": len(order.lines) if properties.has("products") else None,
            "country": _country(message),
            "channel": _channel(message),
            "coupon": properties.text("coupon"),
        }
        self.orders.remember(order_id, order.parts)
        return [("orders", row), *(("order_lines", {**shared, **line}) for line in order.lines)]

    def _identified(self, message: Fields, at: int) -> Fact:
        customer = self._known(message)
        if customer is None:
            raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "userId is empty")
        traits = message.child("traits")
        created = traits.iso_moment("createdAt") if isinstance(traits.values.get("createdAt"), str) else None
        row = {"customer_id": customer, "seen_at": at, "created_at": created, "country": _country(message)}
        return "customers", {**row, "channel": _channel(message)}

    def _event(self, message: Fields, name: str, message_id: str, at: int) -> Fact:
        kept = impersonal(message.child("properties" if message.has("properties") else "traits").values)
        page = message.text("name") if name in ("Page Viewed", "Screen Viewed") else None
        if page:
            kept["page"] = page
        device = message.personal("anonymousId")
        if name == NAMES["alias"]:
            device = message.personal("previousId") or device
        key = self.context.identity_key
        row = {
            "event_id": message_id,
            "occurred_at": at,
            "customer_id": self._known(message),
            "anonymous_id": customer_key(device, key) if device else None,
            "name": name,
            "channel": _channel(message),
            "properties": json_text(kept) if kept else None,
        }
        return "events", row

    def _buyer(self, message: Fields) -> str:
        customer = self._known(message)
        if customer is None:
            raise RecordRefusedError(Refusal.MISSING_CUSTOMER, "userId is empty and there is no e-mail")
        return customer

    def _known(self, message: Fields) -> str | None:
        found = message.personal("userId")
        if not found and message.text("type") != "group":
            context = message.child("context")
            holders = (message.child("properties"), message.child("traits"), context.child("traits"))
            found = next((email for holder in holders if (email := holder.personal("email"))), None)
        return customer_key(found, self.context.identity_key) if found else None


def _moment(message: Fields) -> int | None:
    received, sent = message.iso_moment("receivedAt"), message.iso_moment("sentAt")
    original = message.iso_moment("originalTimestamp")
    if received is not None and sent is not None and original is not None:
        return received - (sent - original)
    stamped = message.iso_moment("timestamp")
    return next((moment for moment in (stamped, original, received) if moment is not None), None)


def _message_id(message: Fields) -> str:
    own = message.text("messageId")
    if own:
        return own
    text = json.dumps(message.values, sort_keys=True, default=str)
    return "h_" + blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _country(message: Fields) -> str | None:
    context, traits = message.child("context"), message.child("traits")
    for holder in (traits, context.child("traits"), context.child("location")):
        country = holder.text("country")
        if country is None and isinstance(holder.values.get("address"), dict):
            country = holder.child("address").text("country")
        if country:
            return country
    return None


def _channel(message: Fields) -> str | None:
    campaign = message.child("context").child("campaign")
    named = [part for part in (campaign.text("source"), campaign.text("medium")) if part]
    return " / ".join(named) or None


def _goods_back(properties: Fields, changes: Counter[str]) -> dict[str, Any]:
    lines = products(properties, changes)
    if not lines:
        return {}
    return {
        "units": sum((line["quantity"] for line in lines), ZERO),
        "product_id": lines[0]["product_id"] if len(lines) == 1 else None,
    }
