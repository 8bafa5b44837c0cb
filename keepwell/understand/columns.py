"""The columns an analysis needs, and the names under which people keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from keepwell.understand.clock import to_local
from keepwell.vocabulary.errors import InputError

AMOUNT = "decimal(18, 4)"


@dataclass(frozen=True)
class Need:
    """One column of an analysis: its name, Ibis type, whether it must be there, and other names it goes by."""

    name: str
    type: str
    required: bool = False
    also: tuple[str, ...] = ()


CUSTOMER = Need("customer_id", "string", True, ("customer", "user_id", "client_id", "buyer_id", "customer_number"))
ORDER_ID = Need("order_id", "string", False, ("order", "invoice", "invoice_no", "order_number", "transaction_id"))
ORDERED_AT = Need(
    "ordered_at",
    "timestamp",
    True,
    (
        "order_date",
        "date",
        "invoice_date",
        "purchase_date",
        "purchased_at",
        "transaction_date",
        "timestamp",
        "created_at",
    ),
)
QUANTITY = Need("quantity", AMOUNT, False, ("qty", "units"))
UNIT_PRICE = Need("unit_price", AMOUNT, False, ("price",))
CURRENCY = Need("currency", "string")
COUNTRY = Need("country", "string")
CHANNEL = Need("channel", "string", False, ("utm_source", "acquisition_channel"))

NEEDS: dict[str, tuple[Need, ...]] = {
    "orders": (
        CUSTOMER,
        ORDER_ID,
        ORDERED_AT,
        Need(
            "revenue",
            AMOUNT,
            False,
            (
                "amount",
                "total",
                "order_total",
                "total_price",
                "total_amount",
                "sales",
                "value",
                "dollar_value",
                "items",
            ),
        ),
        QUANTITY,
        UNIT_PRICE,
        CURRENCY,
        *(Need(name, AMOUNT) for name in ("discount", "shipping", "other", "tax", "cost", "payment_fee")),
        COUNTRY,
        CHANNEL,
        Need("coupon", "string", False, ("coupon_code", "discount_code")),
        Need("source", "string"),
    ),
    "refunds": (
        CUSTOMER,
        ORDER_ID,
        Need("refunded_at", "timestamp", True, ("refund_date", "date", "created_at")),
        Need("amount", AMOUNT, True, ("refund_amount", "total", "items")),
        CURRENCY,
    ),
    "order_lines": (
        CUSTOMER,
        ORDER_ID,
        ORDERED_AT,
        Need("product_id", "string", True, ("stock_code", "sku", "article", "product")),
        Need("product_name", "string", False, ("description", "title", "name")),
        Need("category", "string"),
        Need("kind", "string"),
        QUANTITY,
        Need("amount", AMOUNT, False, ("revenue", "total")),
        UNIT_PRICE,
        CURRENCY,
    ),
    "customers": (CUSTOMER, Need("created_at", "timestamp"), COUNTRY, CHANNEL),
    "events": (
        Need("event_id", "string", False, ("message_id",)),
        Need("occurred_at", "timestamp", True, ("timestamp", "event_time", "date")),
        Need("customer_id", "string", False, CUSTOMER.also),
        Need("anonymous_id", "string"),
        Need("name", "string", True, ("event", "event_name")),
        CHANNEL,
        Need("properties", "string"),
    ),
    "subscriptions": (
        Need("subscription_id", "string", True),
        Need("customer_id", "string", True, (*CUSTOMER.also, "account_id")),
        Need("plan", "string", False, ("plan_tier",)),
        Need("started_at", "timestamp", True, ("start_date",)),
        Need("ended_at", "timestamp", False, ("end_date", "cancelled_at")),
        Need("mrr", AMOUNT, True, ("mrr_amount",)),
        Need("is_trial", "boolean"),
        CURRENCY,
    ),
    "spend": (
        Need("spent_on", "date", True, ("date", "day")),
        Need("channel", "string", True, ("source",)),
        Need("campaign", "string"),
        Need("amount", AMOUNT, True, ("spend", "cost", "spent")),
        *(Need(name, "int64") for name in ("impressions", "clicks")),
        Need("conversions", AMOUNT),
        Need("conversion_value", AMOUNT),
        CURRENCY,
    ),
}


def recognise(name: str, table: ir.Table, columns: Mapping[str, str], time_zone: str) -> ir.Table:
    """Return the columns of ``table`` that analyses use, under their own names and types.

    Args:
        name: which table it is, e.g. ``"orders"``; names its needs and prefixes its keys in ``columns``.
        table: the user's table.
        columns: Keepwell's name to the user's name; ``"spend.amount"`` for tables other than orders. A key that no
            analysis knows is kept as an attribute to group by.
        time_zone: aware timestamps are converted to it; naive ones are taken to be in it already.

    Raises:
        InputError: a named or required column is not there, or has a type that cannot be used.

    """
    wanted = _wanted(name, columns)
    by_plain_name = {_plain(column): column for column in reversed(table.columns)}
    found: dict[str, ir.Value] = {}
    for need in NEEDS[name]:
        column = wanted.pop(need.name, None) or _known_column(need, by_plain_name)
        if column is None:
            if need.required:
                raise missing(name, need.name, table)
            continue
        found[need.name] = _typed(_column(name, table, column), need.type, f"{name}.{column}", time_zone)
    attributes = {key: _column(name, table, column).cast("string") for key, column in wanted.items()}
    return table.select(**found, **attributes)


def missing(name: str, column: str, table: ir.Table) -> InputError:
    """Return the error that says which column is missing and how to name it."""
    key = column if name == "orders" else f"{name}.{column}"
    return InputError(
        "table.missing_column",
        f"No column for {column} among {', '.join(table.columns)}.",
        where=name,
        value=column,
        advice=f'Name it: columns={{"{key}": "your column"}}.',
    )


def with_all(name: str, table: ir.Table) -> ir.Table:
    """Return ``table`` with a null column for everything optional that it lacks."""
    lacking = {need.name: ibis.null(need.type) for need in NEEDS[name] if need.name not in table.columns}
    return table.mutate(**lacking)


def _wanted(name: str, columns: Mapping[str, str]) -> dict[str, str]:
    pairs = ((key.rpartition("."), column) for key, column in columns.items())
    return {column_key: column for (table, _, column_key), column in pairs if (table or "orders") == name}


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _known_column(need: Need, by_plain_name: Mapping[str, str]) -> str | None:
    names = (_plain(name) for name in (need.name, *need.also))
    return next((by_plain_name[name] for name in names if name in by_plain_name), None)


def _column(name: str, table: ir.Table, column: str) -> ir.Column:
    if column not in table.columns:
        raise missing(name, column, table)
    return table[column]


def _typed(column: ir.Column, wanted: str, where: str, time_zone: str) -> ir.Column:
    have = column.type()
    if wanted in {"timestamp", "date"}:
        if not (have.is_timestamp() or have.is_date()):
            raise _wrong_type(where, have, "a date or a timestamp")
        if have.is_timestamp() and have.timezone is not None:
            column = to_local(column, time_zone)
        return column.cast(wanted)
    if wanted == "string" and have.is_floating():
        # pandas turns whole-number ids with gaps into floats: 17850.0 must read 17850.
        return ibis.ifelse(column.isnan(), ibis.null("int64"), column.cast("int64")).cast("string")
    if wanted in {AMOUNT, "int64"} and not have.is_numeric():
        raise _wrong_type(where, have, "a number")
    return column.cast(wanted)


def _wrong_type(where: str, have: object, wanted: str) -> InputError:
    return InputError(
        "table.wrong_type",
        f"The column is of type {have}, not {wanted}.",
        where=where,
        value=str(have),
        advice="Convert it first, or name another column in columns={…}.",
    )
