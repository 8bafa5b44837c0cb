"""Rows of an order log to facts: orders, order lines and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.cells import MOST_MONEY, Cells, as_mask
from keepwell.observe.fields import FileKind
from keepwell.observe.rules import KINDS, SAME_ORDER, UNKNOWN_ORDER, Marked
from keepwell.observe.running import LineNumber, RunningNumber
from keepwell.observe.verdict import Mask
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import AMOUNT, ORDER_LINES, ORDERS, REFUNDS, Table

Numbers = npt.NDArray[np.int64]
_GOODS = pa.array(["product", "test"])
_ZERO = pa.scalar(Decimal(0), AMOUNT)


@dataclass(frozen=True)
class _Common:
    """What orders, lines and refunds have in common, one value per row of the batch."""

    customer: pa.Array
    ordered_at: pa.Array
    currency: pa.Array
    kind: pa.Array
    refund: pa.Array  # null, SAME_ORDER or UNKNOWN_ORDER
    is_refund: Mask


class OrderFacts:
    """Turns batches of an order log into facts; counts lines across batches."""

    def __init__(self) -> None:
        self._lines, self._refunds, self._orders = LineNumber(), RunningNumber(), RunningNumber()

    def tables(self, cells: Cells, marked: Marked, rows: Numbers) -> dict[str, pa.Table]:
        """Return the facts of one batch by table."""
        common, order_id = _common(cells, marked)
        by_line = cells.plan.kind is FileKind.LINES
        values = _line_values(cells, common) if by_line else _order_values(cells, common)
        kept = cells.verdict.kept
        if order_id is None:
            order_id = self._made_up(common, kept)
        values |= {
            "order_id": order_id,
            "customer_id": common.customer,
            "ordered_at": common.ordered_at,
            "currency": common.currency,
            "source": pa.repeat(pa.scalar(cells.plan.source), cells.length),
            "source_row": pa.array(rows),
            "country": cells.text("country"),
            "channel": cells.text("channel"),
            "coupon": cells.text("coupon"),
        }
        sold, refunded = kept & ~common.is_refund, kept & common.is_refund
        found = {}
        if by_line:
            numbers = np.zeros(cells.length, np.int32)
            numbers[sold] = self._lines.next(order_id.filter(pa.array(sold)))
            found["order_lines"] = pick(ORDER_LINES, values | {"line_number": pa.array(numbers)}, sold)
        else:
            found["orders"] = pick(ORDERS, values, sold)
        if refunded.any():
            found["refunds"] = self._refunded(values, common, refunded)
        return {name: table for name, table in found.items() if table.num_rows}

    def _made_up(self, common: _Common, kept: Mask) -> pa.Array:
        """Give each row an order id from its customer, its time and a running number, for logs without order ids."""
        when = pc.strftime(common.ordered_at.cast(pa.int64()).cast(pa.timestamp("us")), format="%Y%m%dT%H%M%S")
        base = pc.fill_null(pc.binary_join_element_wise(common.customer, when, "/"), "")
        numbers = np.zeros(len(base), np.int32)
        numbers[kept] = self._orders.next(base.filter(pa.array(kept)))
        return pc.binary_join_element_wise(base, pa.array(numbers).cast(pa.string()), "/")

    def _refunded(self, values: dict[str, pa.Array], common: _Common, mask: Mask) -> pa.Table:
        order_id = values["order_id"]
        numbers = np.zeros(len(order_id), np.int32)
        numbers[mask] = self._refunds.next(order_id.filter(pa.array(mask)))
        refund_id = pc.binary_join_element_wise(order_id, pa.array(numbers).cast(pa.string()), "-")
        known = pc.equal(common.refund, SAME_ORDER)
        goods = pc.is_in(common.kind, value_set=_GOODS)
        posted = pc.equal(common.kind, "shipping")
        amount = values.get("amount", values.get("items"))
        other = pc.invert(pc.or_(goods, posted))
        refund = {
            "refund_id": refund_id,
            "order_id": pc.if_else(pc.fill_null(known, False), order_id, pa.scalar(None, pa.string())),
            "refunded_at": common.ordered_at,
            "items": pc.if_else(goods, amount, _ZERO),
            "shipping": pc.add(pc.if_else(posted, amount, _ZERO), values.get("shipping", _ZERO)).cast(AMOUNT),
            "other": pc.if_else(other, amount, _ZERO),
            "tax": _or_zero(values.get("tax"), len(order_id)),
            "units": pc.if_else(goods, values.get("quantity", values.get("units")), pa.scalar(None, AMOUNT)),
        }
        return pick(REFUNDS, values | refund, mask)


def _common(cells: Cells, marked: Marked) -> tuple[_Common, pa.Array | None]:
    """Read what every order row has; the order id is None when no column holds one."""
    order_id = cells.identifier("order_id", Refusal.MISSING_ORDER_ID) if cells.has("order_id") else None
    customer = cells.person("customer_id", Refusal.MISSING_CUSTOMER)
    ordered_at = cells.moment("ordered_at")
    currency = cells.currency()
    kind = pc.fill_null(pc.coalesce(marked.kind, pc.utf8_lower(cells.text("kind"))), "product")
    kind = pc.if_else(pc.is_in(kind, value_set=pa.array(KINDS)), kind, "product")
    same = SAME_ORDER if order_id is not None else UNKNOWN_ORDER
    by_column = pc.if_else(pa.array(cells.flag("refund")), same, pa.scalar(None, pa.string()))
    refund = pc.coalesce(marked.refund, by_column)
    is_refund = as_mask(pc.is_valid(refund))
    return _Common(customer, ordered_at, currency, kind, refund, is_refund), order_id


def _line_values(cells: Cells, common: _Common) -> dict[str, pa.Array]:
    needs_price = not cells.has("amount")
    quantity = cells.amount("quantity", Refusal.MISSING_VALUE) if cells.has("quantity") else _ones(cells.length)
    price = cells.amount("unit_price", Refusal.MISSING_AMOUNT if needs_price else None)
    discount = pc.abs(cells.amount("discount"))
    if needs_price:
        gross = pc.multiply(quantity, price)
        absurd = as_mask(pc.greater(pc.abs(gross), MOST_MONEY))
        cells.verdict.refuse(absurd, Refusal.ABSURD_QUANTITY, "quantity × price is beyond a billion")
        gross = pc.if_else(pa.array(cells.verdict.kept & ~absurd), gross, pa.scalar(None, gross.type))
        amount = pc.round(gross, ndigits=4, round_mode="half_to_even").cast(AMOUNT)
        off = pc.fill_null(discount, _ZERO)
        amount = pc.subtract(amount, pc.if_else(pc.less(amount, _ZERO), pc.negate(off), off)).cast(AMOUNT)
    else:
        amount = cells.amount("amount", Refusal.MISSING_AMOUNT)
        price = pc.coalesce(price, _divide(amount, quantity))
    _check_signs(cells, common, quantity, price, amount)
    turned = pa.array(common.is_refund)
    return {
        "kind": common.kind,
        "quantity": pc.if_else(turned, pc.abs(quantity), quantity),
        "unit_price": pc.if_else(turned, pc.abs(price), price),
        "amount": pc.if_else(turned, pc.abs(amount), amount),
        "discount": discount,
        "tax": pc.if_else(turned, pc.abs(tax := cells.amount("tax")), tax),
        "cost": cells.amount("cost"),
        "product_id": cells.identifier("product_id"),
        "product_name": cells.text("product_name"),
        "category": cells.text("category"),
    }


def _check_signs(cells: Cells, common: _Common, quantity: pa.Array, price: pa.Array, amount: pa.Array) -> None:
    """Refuse negative lines that are not refunds; an adjustment or gift card may be negative, goods may not."""
    sold = pa.array(~common.is_refund)
    strict = pc.and_(sold, pc.is_in(common.kind, value_set=pa.array(["product", "shipping", "test"])))
    cells.refuse(pc.and_(sold, pc.less(quantity, _ZERO)), Refusal.NEGATIVE_QUANTITY, "quantity")
    cells.refuse(pc.and_(strict, pc.less(price, _ZERO)), Refusal.NEGATIVE_PRICE, "unit_price")
    cells.refuse(pc.and_(strict, pc.less(amount, _ZERO)), Refusal.NEGATIVE_PRICE, "amount")


def _order_values(cells: Cells, common: _Common) -> dict[str, pa.Array]:
    parts = {name: cells.amount(name) for name in ("shipping", "tax", "discount", "cost", "payment_fee", "units")}
    shipping, tax = pc.fill_null(parts["shipping"], _ZERO), pc.fill_null(parts["tax"], _ZERO)
    if cells.has("amount"):
        field, items = "amount", cells.amount("amount", Refusal.MISSING_AMOUNT)
    else:
        field, total = "total", cells.amount("total", Refusal.MISSING_AMOUNT)
        items = pc.subtract(pc.subtract(total, shipping), tax).cast(AMOUNT)
    cells.refuse(pc.and_(pa.array(~common.is_refund), pc.less(items, _ZERO)), Refusal.NEGATIVE_PRICE, field)
    turned = pa.array(common.is_refund)
    return parts | {
        "kind": common.kind,
        "items": pc.if_else(turned, pc.abs(items), items),
        "shipping": pc.abs(shipping),
        "tax": pc.abs(tax),
        "discount": pc.abs(pc.fill_null(parts["discount"], _ZERO)),
        "other": pa.repeat(_ZERO, cells.length),
        "units": pc.abs(parts["units"]),
    }


def pick(table: Table, values: Mapping[str, pa.Array], mask: Mask) -> pa.Table:
    """Return the rows of ``mask`` in a lake table's schema, without the import id; absent columns are null."""
    schema = pa.schema([field for field in table.schema if field.name != "import_id"])
    at = pa.array(np.flatnonzero(mask))
    columns = [
        values[field.name].take(at).cast(field.type) if field.name in values else pa.nulls(len(at), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _ones(length: int) -> pa.Array:
    return pa.repeat(pa.scalar(Decimal(1), AMOUNT), length)


def _or_zero(values: pa.Array | None, length: int) -> pa.Array:
    return pa.repeat(_ZERO, length) if values is None else pc.fill_null(values, _ZERO)


def _divide(amount: pa.Array, quantity: pa.Array) -> pa.Array:
    """Return the price of a piece to four places; zero pieces have the amount as their price."""
    pieces = quantity.cast(pa.float64()).fill_null(1).to_numpy()
    money = amount.cast(pa.float64()).fill_null(0).to_numpy()
    price = pa.array(np.round(money / np.where(pieces == 0, 1, pieces), 4))
    largest = float(MOST_MONEY) * 10_000
    return pc.if_else(pc.less_equal(pc.abs(price), largest), price, 0.0).cast(AMOUNT, safe=False)
