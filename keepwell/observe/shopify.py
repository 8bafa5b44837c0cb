"""Shopify's "Orders → Export" CSV: one line an article, the order's own fields on its first line only.

Identity: ``Email``, as an opaque id; an order without it (point of sale, mostly) is refused.

An order is its ``Name`` (``#1001``) at ``Created at``. ``Subtotal`` is the goods after all discounts. Whether prices
include tax is not written, but shows: when Subtotal + Shipping + Taxes is more than Total, tax is inside, and is
taken out of goods and shipping in proportion. Duties, tips and whatever else is missing from Total are ``other``.
Lines are quantity × price less ``Lineitem discount``; a discount on the whole order is spread over them, so that
they add up to the goods.

Kept are orders that are paid, partially paid, partially refunded or refunded; others are refused as not paid, voided
ones and those cancelled without a refund as cancelled, those of the bogus gateway as tests. An order whose first line
is refused takes its other lines with it.

``Refunded Amount`` is one refund an order, taken from the goods first, then shipping, then tax. The export has no date
for it: it is dated at ``Cancelled at`` where there is one, at the order otherwise.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.detect import detect_delimiter, detect_encoding
from keepwell.observe.identity import customer_keys
from keepwell.observe.importer import Batch, ImportContext, Reading
from keepwell.observe.json_records import read_head, unpacked
from keepwell.observe.personal import without_emails
from keepwell.observe.regular_file import file_name
from keepwell.observe.shopify_lines import Block, Ints, LineReader
from keepwell.observe.shopify_orders import Money, OrderBlock, as_amounts
from keepwell.observe.verdict import unreadable
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.tables import FACTS, TIMESTAMP

NEEDED = ("Name", "Email", "Subtotal", "Total", "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price")
NOT_TEXT = (b"PAR1", b"PK")  # Parquet; ZIP, and so workbooks


class Shopify:
    """Importer of Shopify's orders CSV."""

    name = "shopify"
    label = "Shopify orders CSV"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the header has the columns of Shopify's export."""
        text = unpacked(head)
        if text.startswith(NOT_TEXT) or b"\0" in text:
            return False
        columns = _header(text.decode("utf-8", "replace"))
        return all(name in columns for name in NEEDED)

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it is empty, has no such columns or cannot be read."""
        read_head(path)
        encoding = detect_encoding(path)
        with path.open("rb") as file:
            file.seek(encoding.bom)
            head = file.read(1 << 16).decode(encoding.name, "replace")
        delimiter, said = detect_delimiter(head, file_name(path))
        columns = _header(head, delimiter)
        for name in NEEDED:
            if name not in columns:
                raise InputError(
                    "file.column",
                    f"The column {name!r} is missing.",
                    where=file_name(path),
                    value=name,
                    advice="Export the orders again from Shopify as plain CSV, with all columns.",
                )
        findings = (
            encoding.finding,
            said,
            "Customers are told apart by Email (as an opaque id).",
            "The export has no refund dates: refunds are dated at the cancellation, else at the order.",
        )
        reader = LineReader(path, columns, encoding.name, delimiter)
        return Reading(findings, _batches(reader, context, context.source or self.name), signature="shopify:1")


def _header(head: str, delimiter: str | None = None) -> list[str]:
    first = re.split(r"[\r\n]", head.lstrip("\ufeff"), maxsplit=1)[0]
    if delimiter is None:
        delimiter = max(",;\t", key=first.count)
    try:
        return next(csv.reader(io.StringIO(first), delimiter=delimiter), [])
    except csv.Error:  # a field beyond the reader's limit
        return []


def _batches(reader: LineReader, context: ImportContext, source: str) -> Iterator[Batch]:
    for block in reader.blocks():
        rows_in = block.lines.num_rows + len(block.broken)
        if rows_in:
            yield _batch(block, context, source, rows_in)


def _batch(block: Block, context: ImportContext, source: str, rows_in: int) -> Batch:
    broken, problems, texts = zip(*block.broken, strict=True) if block.broken else ((), (), ())
    refused = [unreadable(list(broken), list(problems), list(texts))]
    tables: dict[str, pa.Table] = {}
    changed: dict[str, int] = {}
    if block.lines.num_rows:
        judged = OrderBlock(block, context)
        refused.append(judged.verdict.refused(block.rows, judged.lines))
        tables = {name: table for name, table in _tables(judged, source).items() if table.num_rows}
        changed = dict(judged.changes)
    return Batch(rows_in, tables, pa.concat_tables(refused).sort_by("row"), changed, block.progress)


def _tables(judged: OrderBlock, source: str) -> dict[str, pa.Table]:
    money = judged.money()
    orders = np.flatnonzero(judged.kept_orders)
    lines = np.flatnonzero(judged.verdict.kept)
    return {
        "orders": _orders(judged, money, orders, source),
        "order_lines": _lines(judged, money, lines, source),
        "refunds": _refunds(judged, money, orders[money.refunded[orders] > 0], source),
    }


def _shared(judged: OrderBlock, orders: Ints, source: str) -> dict[str, Any]:
    at = pa.array(orders)
    return {
        "source": pa.repeat(pa.scalar(source), len(orders)),
        "order_id": without_emails(judged.head("Name").take(at), judged.context.identity_key),
        "customer_id": customer_keys(judged.head("Email").take(at), judged.context.identity_key),
        "currency": judged.currency.take(at),
    }


def _orders(judged: OrderBlock, money: Money, orders: Ints, source: str) -> pa.Table:
    kept = judged.verdict.kept
    pieces = np.add.reduceat(np.where(kept, judged.pieces, 0), judged.starts)
    counts = np.add.reduceat(kept.astype(np.int64), judged.starts)
    country = pc.coalesce(judged.head("Billing Country"), judged.head("Shipping Country"))
    return _table(
        "orders",
        _shared(judged, orders, source)
        | {
            "ordered_at": pa.array(judged.ordered_at[orders]).cast(TIMESTAMP),
            "items": as_amounts(money.items[orders]),
            "discount": as_amounts(money.discount[orders]),
            "shipping": as_amounts(money.shipping[orders]),
            "other": as_amounts(money.other[orders]),
            "tax": as_amounts(money.tax[orders]),
            "units": as_amounts(pieces[orders] * 10_000),
            "line_count": pa.array(counts[orders], pa.int32()),
            "country": country.take(pa.array(orders)),
            "coupon": judged.head("Discount Code").take(pa.array(orders)),
            "source_row": pa.array(judged.block.rows[judged.starts[orders]]),
        },
        len(orders),
    )


def _lines(judged: OrderBlock, money: Money, lines: Ints, source: str) -> pa.Table:
    at = pa.array(lines)
    orders = np.arange(len(judged.starts))
    order_of = judged.order_of[lines]
    shared = {name: column.take(pa.array(order_of)) for name, column in _shared(judged, orders, source).items()}
    number = np.arange(judged.lines.num_rows) - judged.starts[judged.order_of] + 1
    return _table(
        "order_lines",
        shared
        | {
            "line_number": pa.array(number[lines], pa.int32()),
            "ordered_at": pa.array(judged.ordered_at[order_of]).cast(TIMESTAMP),
            "product_id": judged.text("Lineitem sku").take(at),
            "product_name": judged.text("Lineitem name").take(at),
            "kind": pa.repeat(pa.scalar("product"), len(lines)),
            "quantity": as_amounts(judged.pieces[lines] * 10_000),
            "unit_price": as_amounts(money.line_price[lines]),
            "amount": as_amounts(money.line_amount[lines]),
            "discount": as_amounts(money.line_discount[lines]),
            "source_row": pa.array(judged.block.rows[lines]),
        },
        len(lines),
    )


def _refunds(judged: OrderBlock, money: Money, orders: Ints, source: str) -> pa.Table:
    shared = _shared(judged, orders, source)
    left = money.refunded[orders]
    parts: dict[str, Ints] = {}
    for name, amount in (("items", money.items), ("shipping", money.shipping), ("tax", money.tax)):
        parts[name] = np.minimum(left, np.maximum(amount[orders], 0))
        left = left - parts[name]
    parts["other"] = left
    ordered_at = judged.ordered_at[orders]
    return _table(
        "refunds",
        shared
        | {name: as_amounts(amount) for name, amount in parts.items()}
        | {
            "refund_id": pc.binary_join_element_wise(shared["order_id"], "refunded", ":"),
            "refunded_at": pa.array(np.maximum(judged.cancelled_at[orders], ordered_at)).cast(TIMESTAMP),
            "source_row": pa.array(judged.block.rows[judged.starts[orders]]),
        },
        len(orders),
    )


def _table(name: str, columns: dict[str, Any], length: int) -> pa.Table:
    fields = [field for field in FACTS[name].schema if field.name != "import_id"]
    arrays = [columns[f.name].cast(f.type) if f.name in columns else pa.nulls(length, f.type) for f in fields]
    arrays = [without_emails(array) if pa.types.is_string(array.type) else array for array in arrays]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))
