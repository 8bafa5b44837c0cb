"""What a column of any file can be mapped to, for each kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FileKind(StrEnum):
    """What one row of a file is."""

    ORDERS = "orders"  # one row per order
    LINES = "lines"  # one row per product of an order
    SPEND = "spend"
    SUBSCRIPTIONS = "subscriptions"
    EVENTS = "events"


class Content(StrEnum):
    """What the values of a field look like."""

    ID = "id"
    TEXT = "text"
    MOMENT = "moment"
    DAY = "day"
    NUMBER = "number"
    COUNT = "count"
    CURRENCY = "currency"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class TargetField:
    """A field that a column can fill; ``group`` names fields of which one is enough where one is required."""

    name: str
    content: Content
    meaning: str
    is_required: bool = False
    group: str = ""


def _field(name: str, content: Content, meaning: str, required: bool = False, group: str = "") -> TargetField:
    return TargetField(name, content, meaning, required, group)


_CUSTOMER = _field("customer_id", Content.ID, "the customer: id, e-mail or telephone; kept as an opaque id", True)
_CURRENCY = _field("currency", Content.CURRENCY, "three-letter code of the row's amounts")
_CHANNEL = _field("channel", Content.TEXT, "marketing channel")
_ORDER_COMMON = (
    _field("order_id", Content.ID, "the shop's id of the order"),
    _CUSTOMER,
    _field("ordered_at", Content.MOMENT, "when the order was placed", True),
    _CURRENCY,
    _field("country", Content.TEXT, "country of the order"),
    _CHANNEL,
    _field("coupon", Content.TEXT, "coupon code used"),
    _field("discount", Content.NUMBER, "discount already taken off the amount"),
    _field("tax", Content.NUMBER, "tax"),
    _field("cost", Content.NUMBER, "cost of the goods"),
    _field("refund", Content.FLAG, "marks a row as a refund: yes, true, 1, refund, return …"),
)
_ORDERS = (
    *_ORDER_COMMON,
    _field("amount", Content.NUMBER, "goods after discounts, without tax and shipping", True, "amount"),
    _field("total", Content.NUMBER, "what the customer paid, with tax and shipping", True, "amount"),
    _field("shipping", Content.NUMBER, "shipping charged, without tax"),
    _field("payment_fee", Content.NUMBER, "what the payment provider kept"),
    _field("units", Content.NUMBER, "pieces of goods"),
)
_LINES = (
    *_ORDER_COMMON,
    _field("amount", Content.NUMBER, "amount of the line after discount, without tax", True, "amount"),
    _field("unit_price", Content.NUMBER, "price of one piece", True, "amount"),
    _field("quantity", Content.NUMBER, "pieces"),
    _field("product_id", Content.ID, "article code"),
    _field("product_name", Content.TEXT, "article name"),
    _field("category", Content.TEXT, "article category"),
    _field("kind", Content.TEXT, "product, shipping, fee, gift_card, adjustment or test"),
)
_SPEND = (
    _field("spent_on", Content.DAY, "day of the spend", True),
    _field("amount", Content.NUMBER, "money spent", True),
    _CHANNEL,
    _field("campaign", Content.TEXT, "campaign name"),
    _CURRENCY,
    _field("impressions", Content.COUNT, "times shown"),
    _field("clicks", Content.COUNT, "times clicked"),
    _field("conversions", Content.NUMBER, "conversions as the platform reports them"),
    _field("conversion_value", Content.NUMBER, "their value as the platform reports it"),
)
_SUBSCRIPTIONS = (
    _field("subscription_id", Content.ID, "id of the subscription", True),
    _CUSTOMER,
    _field("started_at", Content.MOMENT, "when this term at this price began", True),
    _field("mrr", Content.NUMBER, "recurring revenue for one month", True),
    _field("plan", Content.TEXT, "plan or price name"),
    _field("ended_at", Content.MOMENT, "when it ended; empty while it runs"),
    _CURRENCY,
    _field("quantity", Content.NUMBER, "seats or pieces"),
    _field("is_trial", Content.FLAG, "true for a term that is not paid for yet"),
)
_EVENTS = (
    _field("name", Content.TEXT, "what happened", True),
    _field("occurred_at", Content.MOMENT, "when it happened", True),
    _field("customer_id", Content.ID, "the customer, where known", True, "who"),
    _field("anonymous_id", Content.ID, "browser or device", True, "who"),
    _field("event_id", Content.ID, "id of the event, unique for ever"),
    _CHANNEL,
)

FIELDS: dict[FileKind, dict[str, TargetField]] = {
    kind: {item.name: item for item in fields}
    for kind, fields in (
        (FileKind.ORDERS, _ORDERS),
        (FileKind.LINES, _LINES),
        (FileKind.SPEND, _SPEND),
        (FileKind.SUBSCRIPTIONS, _SUBSCRIPTIONS),
        (FileKind.EVENTS, _EVENTS),
    )
}
ALL_FIELDS: frozenset[str] = frozenset(name for fields in FIELDS.values() for name in fields)


def missing(kind: FileKind, given: set[str]) -> list[tuple[str, ...]]:
    """Return what a mapping still lacks: each item is a field, or the fields of which one is needed.

    >>> missing(FileKind.ORDERS, {"customer_id", "ordered_at"})
    [('amount', 'total')]
    """
    needed: dict[str, list[str]] = {}
    for item in FIELDS[kind].values():
        if item.is_required:
            needed.setdefault(item.group or item.name, []).append(item.name)
    return [tuple(names) for names in needed.values() if not given & set(names)]
