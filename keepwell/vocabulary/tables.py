"""Every table of the lake and every column of it: the one place that says what a fact is made of.

Amounts are exact decimals with four places; timestamps are UTC with microseconds; ids are opaque (no e-mail, no
name). Columns are only ever added, never renamed or given another meaning.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

AMOUNT = pa.decimal128(18, 4)
TIMESTAMP = pa.timestamp("us", tz="UTC")
TEXT = pa.string()


@dataclass(frozen=True)
class Column:
    """One column: its name, Arrow type, whether it may be empty, and what it means."""

    name: str
    type: pa.DataType
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One table of the lake.

    ``key`` tells one fact from another across imports; ``time`` orders the rows inside a file, so that readers can
    skip what is outside their period.
    """

    name: str
    key: tuple[str, ...]
    time: str
    columns: tuple[Column, ...]

    @cached_property
    def schema(self) -> pa.Schema:
        """The Arrow schema; ``source_row`` and ``import_id`` come last in every table."""
        columns = (*self.columns, SOURCE_ROW, IMPORT_ID)
        return pa.schema([pa.field(c.name, c.type, nullable=not c.required) for c in columns])

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that may not be empty."""
        return tuple(c.name for c in self.columns if c.required)


SOURCE_ROW = Column("source_row", pa.int64(), "row of the imported file that the fact came from, from 1", required=True)
IMPORT_ID = Column("import_id", TEXT, "the import that brought the row", required=True)
SOURCE = Column("source", TEXT, "where the fact comes from, e.g. shopify", required=True)
CUSTOMER = Column("customer_id", TEXT, "opaque id of the customer", required=True)
CURRENCY = Column("currency", TEXT, "ISO 4217 code of the row's amounts", required=True)

ORDERS = Table(
    "orders",
    ("source", "order_id"),
    "ordered_at",
    (
        SOURCE,
        Column("order_id", TEXT, "the shop's id of the order", required=True),
        CUSTOMER,
        Column("ordered_at", TIMESTAMP, "when the order was placed", required=True),
        CURRENCY,
        Column("items", AMOUNT, "goods after discounts, without tax and shipping, before refunds", required=True),
        Column("discount", AMOUNT, "discount already taken off the items, at least 0", required=True),
        Column("shipping", AMOUNT, "shipping charged to the customer, without tax", required=True),
        Column("other", AMOUNT, "fees, gift cards and adjustments that are not goods", required=True),
        Column("tax", AMOUNT, "tax on everything", required=True),
        Column("cost", AMOUNT, "cost of the goods, where known"),
        Column("payment_fee", AMOUNT, "what the payment provider kept, where known"),
        Column("units", AMOUNT, "pieces of goods, where lines are known"),
        Column("line_count", pa.int32(), "number of lines, where known"),
        Column("country", TEXT, "country as the source gives it"),
        Column("channel", TEXT, "marketing channel that brought the order, where known"),
        Column("coupon", TEXT, "coupon code used"),
    ),
)

ORDER_LINES = Table(
    "order_lines",
    ("source", "order_id", "line_number"),
    "ordered_at",
    (
        SOURCE,
        Column("order_id", TEXT, "the order it belongs to", required=True),
        Column("line_number", pa.int32(), "position within the order, from 1", required=True),
        CUSTOMER,
        Column("ordered_at", TIMESTAMP, "when the line was ordered", required=True),
        CURRENCY,
        Column("product_id", TEXT, "the shop's article code"),
        Column("product_name", TEXT, "the article's name"),
        Column("category", TEXT, "the article's category"),
        Column("kind", TEXT, "product, shipping, fee, gift_card, adjustment or test", required=True),
        Column("quantity", AMOUNT, "pieces", required=True),
        Column("unit_price", AMOUNT, "price of one piece", required=True),
        Column("amount", AMOUNT, "quantity × price − the line's discount, without tax", required=True),
        Column("cost", AMOUNT, "cost of the goods on the line, where known"),
        Column("discount", AMOUNT, "discount already taken off the amount, where known"),
        Column("tax", AMOUNT, "tax on the line, where known"),
        Column("country", TEXT, "the order's country, where the file gives it by line"),
        Column("channel", TEXT, "the order's channel, where the file gives it by line"),
        Column("coupon", TEXT, "the order's coupon, where the file gives it by line"),
    ),
)

REFUNDS = Table(
    "refunds",
    ("source", "refund_id"),
    "refunded_at",
    (
        SOURCE,
        Column("refund_id", TEXT, "id of the refund", required=True),
        Column("order_id", TEXT, "the order refunded, where known"),
        CUSTOMER,
        Column("refunded_at", TIMESTAMP, "when the money went back", required=True),
        CURRENCY,
        Column("items", AMOUNT, "goods refunded, at least 0", required=True),
        Column("shipping", AMOUNT, "shipping refunded, at least 0", required=True),
        Column("other", AMOUNT, "fees and adjustments refunded, at least 0", required=True),
        Column("tax", AMOUNT, "tax refunded, at least 0", required=True),
        Column("units", AMOUNT, "pieces taken back, where known"),
        Column("product_id", TEXT, "the article refunded, where one refund is one article"),
        Column("reason", TEXT, "the source's code for the reason"),
    ),
)

CUSTOMERS = Table(
    "customers",
    ("source", "customer_id"),
    "seen_at",
    (
        SOURCE,
        CUSTOMER,
        Column("seen_at", TIMESTAMP, "when the source last described the customer", required=True),
        Column("created_at", TIMESTAMP, "when the account was made"),
        Column("country", TEXT, "country as the source gives it"),
        Column("channel", TEXT, "channel that won the customer, where known"),
    ),
)

EVENTS = Table(
    "events",
    ("source", "event_id"),
    "occurred_at",
    (
        SOURCE,
        Column("event_id", TEXT, "the message id, unique for ever", required=True),
        Column("occurred_at", TIMESTAMP, "when it happened, corrected for the client's clock", required=True),
        Column("customer_id", TEXT, "opaque id of the customer, where known"),
        Column("anonymous_id", TEXT, "opaque id of the browser or device"),
        Column("name", TEXT, "what happened, e.g. Product Viewed", required=True),
        Column("channel", TEXT, "marketing channel of the visit, where known"),
        Column("properties", TEXT, "the rest as JSON, without personal fields"),
    ),
)

SUBSCRIPTIONS = Table(
    "subscriptions",
    ("source", "subscription_id", "started_at"),
    "started_at",
    (
        SOURCE,
        Column("subscription_id", TEXT, "id of the subscription", required=True),
        CUSTOMER,
        Column("plan", TEXT, "plan or price name"),
        Column("started_at", TIMESTAMP, "when this term at this price began", required=True),
        Column("ended_at", TIMESTAMP, "when it ended; empty while it runs"),
        CURRENCY,
        Column("mrr", AMOUNT, "recurring revenue for one month, without tax", required=True),
        Column("quantity", AMOUNT, "seats or pieces"),
        Column("is_trial", pa.bool_(), "true for a term that is not paid for yet", required=True),
    ),
)

SPEND = Table(
    "spend",
    ("source", "spent_on", "channel", "campaign", "currency"),
    "spent_on",
    (
        SOURCE,
        Column("spent_on", pa.date32(), "day of the spend in the account's own zone", required=True),
        Column("channel", TEXT, "e.g. google_ads", required=True),
        Column("campaign", TEXT, "campaign name, empty text when there is none", required=True),
        CURRENCY,
        Column("amount", AMOUNT, "money spent, at least 0", required=True),
        Column("impressions", pa.int64(), "times shown"),
        Column("clicks", pa.int64(), "times clicked"),
        Column("conversions", AMOUNT, "conversions as the platform reports them"),
        Column("conversion_value", AMOUNT, "their value as the platform reports it"),
    ),
)

FACTS: dict[str, Table] = {
    table.name: table for table in (ORDERS, ORDER_LINES, REFUNDS, CUSTOMERS, EVENTS, SUBSCRIPTIONS, SPEND)
}
