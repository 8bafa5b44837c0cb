"""Whole orders of a Shopify CSV, a block at a time: what is refused, and the money of what is kept.

All arithmetic is on whole numbers of 1/10,000 of a currency unit, so that nothing is lost; where a product of two
amounts could exceed 64 bits, Python's own integers take over.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.importer import ImportContext
from keepwell.observe.json_fields import ROUNDED
from keepwell.observe.parse import NumberFormat, decimals, text_of
from keepwell.observe.shopify_lines import Block, Ints, runs
from keepwell.observe.times import DateOrder, timestamps
from keepwell.observe.verdict import Mask, Verdict
from keepwell.observe.zone import DAY, micros
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import AMOUNT

UNIT = 10_000
MOST_PIECES = 1_000_000
DEAREST = 10**8 * UNIT  # with MOST_PIECES still within 64 bits
LARGEST = 10**12 * UNIT
LARGEST_LINE = 10**9 * UNIT
EARLIEST = micros(datetime(1990, 1, 1, tzinfo=UTC))
PAID = ("paid", "partially_paid", "partially_refunded", "refunded")
UNBALANCED = "parts did not add up to the total: the difference is in other"
TAX_TAKEN_OUT = "tax taken out of prices that included it"


@dataclass(frozen=True)
class Money:
    """Amounts of each order in 1/10,000, and of each line."""

    items: Ints
    shipping: Ints
    other: Ints
    tax: Ints
    refunded: Ints
    discount: Ints
    line_amount: Ints
    line_price: Ints
    line_discount: Ints


class OrderBlock:
    """One block of whole orders, judged."""

    def __init__(self, block: Block, context: ImportContext) -> None:
        self.block = block
        self.context = context
        self.lines = block.lines.combine_chunks()
        self.verdict = Verdict(self.lines.num_rows)
        self.changes: Counter[str] = Counter()
        self.name = self.text("Name")
        self.starts = runs(self.name)
        self.order_of = np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, self.lines.num_rows]))
        self._judge_orders()
        self._judge_lines()

    def text(self, column: str) -> pa.Array:
        """Return a column of the lines, trimmed, empty as null; an absent column is all null."""
        if column not in self.lines.column_names:
            return pa.nulls(self.lines.num_rows, pa.string())
        return text_of(self.lines[column].combine_chunks())

    def head(self, column: str) -> pa.Array:
        """Return a column on the first line of each order."""
        if column not in self.lines.column_names:
            return pa.nulls(len(self.starts), pa.string())
        return text_of(self.lines[column].combine_chunks().take(pa.array(self.starts)))

    def refuse_orders(self, mask: Mask, reason: Refusal, column: str, phrase: str = "") -> None:
        """Refuse all lines of the orders of the mask."""
        if mask.any():
            values = None if phrase else self.head(column).take(pa.array(self.order_of))
            self.verdict.refuse(mask[self.order_of], reason, phrase or column, values)

    def refuse_lines(self, mask: Mask, reason: Refusal, column: str) -> None:
        """Refuse lines; an order whose first line is refused goes with all its lines."""
        if mask.any():
            whole = mask[self.starts][self.order_of]
            own = pc.if_else(pa.array(mask), self.text(column), self.head(column).take(pa.array(self.order_of)))
            self.verdict.refuse(mask | whole, reason, column, own)

    def _judge_orders(self) -> None:
        self.refuse_lines(nulls(self.name), Refusal.MISSING_ORDER_ID, "Name")
        status = pc.utf8_lower(self.head("Financial Status"))
        self.total = self._order_amount("Total")
        self.refuse_orders(nulls(self.head("Total")), Refusal.MISSING_AMOUNT, "Total")
        self.subtotal = self._order_amount("Subtotal")
        self.refuse_orders(nulls(self.head("Subtotal")), Refusal.MISSING_AMOUNT, "Subtotal")
        self.shipping, self.tax = self._order_amount("Shipping"), self._order_amount("Taxes")
        self.duties, self.refunded = self._order_amount("Duties"), self._order_amount("Refunded Amount")
        self.refuse_orders(self.subtotal < 0, Refusal.NEGATIVE_PRICE, "Subtotal")
        self.ordered_at = self._moment("Created at")
        self.cancelled_at = self._moment("Cancelled at", needed=False)
        self._judge_status(status)
        self.refuse_orders(nulls(self.head("Email")), Refusal.MISSING_CUSTOMER, "Email")
        currency = pc.utf8_upper(self.head("Currency"))
        known = pc.match_substring_regex(currency, "^[A-Z]{3}$")
        self.refuse_orders(~truth(known, if_null=True), Refusal.UNKNOWN_CURRENCY, "Currency")
        self.currency = pc.fill_null(currency, self.context.currency or self.context.business.currency)

    def _judge_status(self, status: pa.Array) -> None:
        if "Financial Status" in self.lines.column_names:
            paid = truth(pc.is_in(status, value_set=pa.array(PAID)))
            voided = truth(pc.equal(status, "voided"))
            self.refuse_orders(voided, Refusal.CANCELLED, "Financial Status")
            self.refuse_orders(~paid, Refusal.NOT_PAID, "Financial Status")
        cancelled = ~nulls(self.head("Cancelled at")) & (self.refunded == 0)
        self.refuse_orders(cancelled, Refusal.CANCELLED, "Cancelled at")
        bogus = pc.match_substring(self.head("Payment Method"), "bogus", ignore_case=True)
        self.refuse_orders(truth(bogus), Refusal.TEST_ORDER, "Payment Method")

    def _order_amount(self, column: str) -> Ints:
        values, unreadable = amounts(self.head(column), self.changes)
        self.refuse_orders(unreadable, Refusal.UNREADABLE_NUMBER, column)
        self.refuse_orders(np.abs(values) >= LARGEST, Refusal.ABSURD_QUANTITY, column)
        return np.where(np.abs(values) >= LARGEST, 0, values)

    def _moment(self, column: str, needed: bool = True) -> Ints:
        text = self.head(column)
        read = timestamps(text, DateOrder.YEAR_FIRST, self.context.business.zone)
        if needed:
            self.refuse_orders(nulls(text), Refusal.MISSING_DATE, column)
        self.refuse_orders(truth(read.unreadable), Refusal.UNREADABLE_DATE, column)
        moment = read.values.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        filled = ~nulls(read.values)
        self.refuse_orders(filled & (moment < EARLIEST), Refusal.TOO_OLD, column)
        self.refuse_orders(filled & (moment > micros(self.context.now) + DAY), Refusal.IN_THE_FUTURE, column)
        return np.asarray(moment)

    def _judge_lines(self) -> None:
        quantity = self._line_amount("Lineitem quantity", MOST_PIECES * UNIT, Refusal.NEGATIVE_QUANTITY)
        self.refuse_lines(quantity % UNIT != 0, Refusal.UNREADABLE_NUMBER, "Lineitem quantity")
        self.pieces = quantity // UNIT
        self.price = self._line_amount("Lineitem price", DEAREST, Refusal.NEGATIVE_PRICE)
        self.refuse_lines(self.pieces * self.price >= LARGEST_LINE, Refusal.ABSURD_QUANTITY, "Lineitem price")
        self.line_discount, unreadable = amounts(self.text("Lineitem discount"), self.changes)
        self.refuse_lines(unreadable, Refusal.UNREADABLE_NUMBER, "Lineitem discount")
        self.refuse_lines(np.abs(self.line_discount) >= LARGEST_LINE, Refusal.ABSURD_QUANTITY, "Lineitem discount")

    def _line_amount(self, column: str, most: int, negative: Refusal) -> Ints:
        text = self.text(column)
        values, unreadable = amounts(text, self.changes)
        self.refuse_lines(nulls(text), Refusal.MISSING_VALUE, column)
        self.refuse_lines(unreadable, Refusal.UNREADABLE_NUMBER, column)
        self.refuse_lines(values < 0, negative, column)
        self.refuse_lines(values >= most, Refusal.ABSURD_QUANTITY, column)
        return np.where((values < 0) | (values >= most), 0, values)

    @property
    def kept_orders(self) -> Mask:
        """True for orders whose first line was not refused."""
        return np.asarray(self.verdict.kept[self.starts])

    def money(self) -> Money:
        """Return the amounts of all orders and lines; those of refused ones mean nothing."""
        parts = self.subtotal + self.shipping + self.duties
        apart = self.total - parts - self.tax  # nothing left when tax comes on top
        inclusive = (self.tax > 0) & (apart < 0)
        left = np.where(inclusive, apart + self.tax, apart)
        kept = self.kept_orders
        self._count(UNBALANCED, (left != 0) & kept)
        self._count(TAX_TAKEN_OUT, inclusive & kept)
        goods_and_shipping = self.subtotal + self.shipping
        tax_in = np.where(inclusive, self.tax, 0)
        items = self.subtotal - scaled(tax_in, self.subtotal, goods_and_shipping)
        shipping = goods_and_shipping - tax_in - items
        net = goods_and_shipping - tax_in
        gross_line = np.where(self.verdict.kept, self.pieces * self.price, 0)
        weight = np.maximum(gross_line - np.where(self.verdict.kept, self.line_discount, 0), 0)
        amount = self._line_amounts(weight, items)
        price = scaled(self.price, net[self.order_of], goods_and_shipping[self.order_of])
        discount = np.maximum(self._sums(gross_line) - self.subtotal, 0)
        return Money(
            items,
            shipping,
            left + self.duties,
            self.tax,
            np.abs(self.refunded),
            scaled(discount, net, goods_and_shipping),
            amount,
            price,
            np.maximum(self.pieces * price - amount, 0),
        )

    def _line_amounts(self, weight: Ints, items: Ints) -> Ints:
        """Spread each order's items over its lines, so that they add up; lines short of the subtotal stay short."""
        whole = np.maximum(self._sums(weight), self.subtotal)
        reached = np.cumsum(weight)
        before = (reached - weight)[self.starts][self.order_of]
        upto = scaled(reached - before, items[self.order_of], whole[self.order_of])
        start = scaled(reached - before - weight, items[self.order_of], whole[self.order_of])
        return upto - start

    def _sums(self, values: Ints) -> Ints:
        return np.add.reduceat(values, self.starts) if len(values) else values

    def _count(self, change: str, mask: Mask) -> None:
        if mask.any():
            self.changes[change] += int(mask.sum())


def amounts(column: pa.Array, changes: Counter[str]) -> tuple[Ints, Mask]:
    """Return a text column in 1/10,000 (empty as 0) and where it could not be read."""
    parsed = decimals(column, NumberFormat())
    if parsed.rounded is not None and (count := int(truth(parsed.rounded).sum())):
        changes[ROUNDED] += count
    return ten_thousandths(parsed.values), truth(parsed.unreadable)


def ten_thousandths(values: pa.Array) -> Ints:
    """Return decimal(18, 4) values as whole numbers of 1/10,000, null as 0.

    >>> ten_thousandths(pa.array(["1.5", None]).cast(AMOUNT)).tolist()
    [15000, 0]
    """
    filled = pc.fill_null(values, pa.scalar(Decimal(0), AMOUNT))
    words = np.frombuffer(filled.buffers()[1], np.int64).reshape(-1, 2)
    return words[filled.offset : filled.offset + len(filled), 0].copy()


def as_amounts(values: Ints) -> pa.Array:
    """Return whole numbers of 1/10,000 as decimal(18, 4).

    >>> as_amounts(np.array([15000, -1])).to_pylist()
    [Decimal('1.5000'), Decimal('-0.0001')]
    """
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63
    return pa.Array.from_buffers(AMOUNT, len(values), [None, pa.py_buffer(words.tobytes())])


def scaled(values: Ints, numerator: Ints, denominator: Ints) -> Ints:
    """Return values × numerator / denominator, rounded half up; values where the denominator is 0.

    >>> scaled(np.array([10, 7]), np.array([2, 5]), np.array([3, 0])).tolist()
    [7, 7]
    """
    result = values.copy()
    at = np.flatnonzero((numerator != denominator) & (denominator != 0) & (values != 0))
    if len(at):
        below: Any = denominator[at].astype(object)
        exact = (values[at].astype(object) * numerator[at].astype(object) * 2 + below) // (2 * below)
        result[at] = exact.astype(np.int64)
    return result


def nulls(column: pa.Array) -> Mask:
    """Return where a column is null."""
    return np.asarray(column.is_null().to_numpy(zero_copy_only=False))


def truth(column: pa.Array, if_null: bool = False) -> Mask:
    """Return a boolean column as a mask."""
    filled = pc.fill_null(column, if_null)
    array: npt.NDArray[np.bool_] = filled.to_numpy(zero_copy_only=False)
    return array.astype(bool)
