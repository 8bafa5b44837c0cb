"""The values of one batch by target field: read, checked, and refused with their reason where they will not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.currency_signs import codes_of, contradicts, signs_of, unknown
from keepwell.observe.identity import customer_keys, opaque_ids
from keepwell.observe.parse import NumberFormat, Parsed, decimals, flags, integers, text_of
from keepwell.observe.personal import without_emails
from keepwell.observe.plan import Plan
from keepwell.observe.times import DateOrder, timestamps
from keepwell.observe.verdict import Mask, Verdict
from keepwell.observe.zone import micros
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import AMOUNT, TIMESTAMP

EARLIEST = micros(datetime(1990, 1, 1, tzinfo=UTC))
MOST_PIECES, MOST_MONEY = 1_000_000, 1_000_000_000
MONEY = ("amount", "total", "unit_price", "mrr")  # a row has one of them at least
NOT_MONEY = frozenset({"quantity", "units", "conversions"})


class Cells:
    """Reads target fields of one batch; every refusal goes to ``verdict``.

    Args:
        plan: how the columns are read.
        table: the original columns.
        verdict: where refusals are collected.
        named_currencies: tells which currencies the whole file names, for rows that name none.

    """

    def __init__(
        self,
        plan: Plan,
        table: pa.Table,
        verdict: Verdict,
        named_currencies: Callable[[], tuple[str, ...]] | None = None,
    ) -> None:
        self.named_currencies = named_currencies
        self.plan, self.table, self.verdict = plan, table, verdict
        self.length: int = table.num_rows
        self._rounded = np.zeros(self.length, bool)

    @property
    def changed(self) -> dict[str, int]:
        """Kept rows that were changed, by a description of the change."""
        count = int((self._rounded & self.verdict.kept).sum())
        return {"rounded to four decimals": count} if count else {}

    def has(self, field: str) -> bool:
        """Say whether a column is mapped to the field."""
        return field in self.plan.mapping.columns

    def column(self, field: str) -> pa.Array | None:
        """Return the original column of a field, if one is mapped."""
        name = self.plan.mapping.columns.get(field)
        return None if name is None else self.table.column(name).combine_chunks()

    def text(self, field: str) -> pa.Array:
        """Return a field as text without e-mail addresses: its column, the constant, or nulls."""
        column = self.column(field)
        constant = self.plan.mapping.constants.get(field)
        if column is None:
            return without_emails(pa.repeat(pa.scalar(constant, pa.string()), self.length))
        text = without_emails(text_of(column))
        return text if constant is None else pc.fill_null(text, constant)

    def identifier(self, field: str, reason: Refusal | None = None) -> pa.Array:
        """Return the shop's own id; rows without one are refused for ``reason``.

        An e-mail address in an id becomes an opaque id, so that two of them stay two.
        """
        column = self.column(field)
        key = self.plan.context.identity_key
        ids = pa.nulls(self.length, pa.string()) if column is None else opaque_ids(column, "id", key)
        ids = without_emails(ids, key)
        if reason is not None:
            self.refuse_missing(ids, reason, field)
        return ids

    def person(self, field: str, reason: Refusal | None = None) -> pa.Array:
        """Return the opaque id of a person; rows without one are refused for ``reason``."""
        column = self.column(field)
        key = self.plan.context.identity_key
        ids = pa.nulls(self.length, pa.string()) if column is None else customer_keys(column, key)
        if reason is not None:
            self.refuse_missing(ids, reason, field)
        return ids

    def amount(self, field: str, reason: Refusal | None = None) -> pa.Array:
        """Return a field as exact amounts, nulls where empty; rows without one are refused for ``reason``."""
        column = self.column(field)
        if column is None:
            return pa.nulls(self.length, AMOUNT)
        name = self.plan.mapping.columns[field]
        if field not in NOT_MONEY:
            self._check_sign(field, column)
        parsed = decimals(column, self.plan.numbers.get(name, NumberFormat()))
        if parsed.rounded is not None:
            self._rounded |= parsed.rounded.to_numpy(zero_copy_only=False)
        self._refuse_unreadable(parsed, Refusal.UNREADABLE_NUMBER, field)
        if reason is not None:
            self.refuse_missing(parsed.values, reason, field)
        most = MOST_PIECES if field in ("quantity", "units") else MOST_MONEY
        self.refuse(pc.greater(pc.abs(parsed.values), most), Refusal.ABSURD_QUANTITY, field)
        return parsed.values

    def count(self, field: str) -> pa.Array:
        """Return a field as whole numbers, nulls where empty."""
        column = self.column(field)
        if column is None:
            return pa.nulls(self.length, pa.int64())
        name = self.plan.mapping.columns[field]
        parsed = integers(column, self.plan.numbers.get(name, NumberFormat()))
        self._refuse_unreadable(parsed, Refusal.UNREADABLE_NUMBER, field)
        return parsed.values

    def moment(self, field: str, zone: ZoneInfo | None = None, is_required: bool = True) -> pa.Array:
        """Return a field as UTC timestamps; a required one must be there, not in the future, not before 1990."""
        column = self.column(field)
        if column is None:
            return pa.nulls(self.length, TIMESTAMP)
        name = self.plan.mapping.columns[field]
        order = self.plan.dates.get(name, DateOrder.YEAR_FIRST)
        parsed = timestamps(column, order, zone or self.plan.zone)
        self._refuse_unreadable(parsed, Refusal.UNREADABLE_DATE, field)
        ticks = parsed.values.cast(pa.int64())
        self.refuse(pc.less(ticks, EARLIEST), Refusal.TOO_OLD, field)
        if is_required:
            self.refuse_missing(parsed.values, Refusal.MISSING_DATE, field)
            latest = micros(self.plan.context.now + timedelta(days=1))
            self.refuse(pc.greater(ticks, latest), Refusal.IN_THE_FUTURE, field)
        return parsed.values

    def currency(self) -> pa.Array:
        """Return the currency of each row; a sign such as € counts as its code."""
        if self.plan.is_mixed:
            for field in MONEY:
                if (column := self.column(field)) is not None:
                    self._check_sign(field, column)
            phrase = f"no currency is named, and amounts bear different signs ({', '.join(self.plan.signs)})"
            self.verdict.refuse(np.ones(self.length, bool), Refusal.UNKNOWN_CURRENCY, phrase)
        else:
            self.refuse(unknown(self._codes), Refusal.UNKNOWN_CURRENCY, "currency")
        return self._codes

    @cached_property
    def _codes(self) -> pa.Array:
        column = self.column("currency")
        if column is None:
            return pa.repeat(pa.scalar(None if self.plan.is_mixed else self.plan.currency, pa.string()), self.length)
        codes = codes_of(column)
        if not codes.null_count:
            return codes
        stated = self.plan.stated_currency
        named = () if stated or self.named_currencies is None else self.named_currencies()
        if len(named) > 1:
            return codes
        return pc.fill_null(codes, stated or next(iter(named), self.plan.currency))

    def _check_sign(self, field: str, column: pa.Array) -> None:
        """Refuse rows whose amount bears the sign of another currency than the row's."""
        signs = signs_of(column)
        if signs is not None:
            self.refuse(
                pc.fill_null(contradicts(signs, self._codes), pc.is_valid(signs)), Refusal.UNKNOWN_CURRENCY, field
            )

    def flag(self, field: str) -> Mask:
        """Return where a field says yes, or names a refund or trial."""
        column = self.column(field)
        return np.zeros(self.length, bool) if column is None else as_mask(flags(column))

    def refuse(self, mask: pa.Array, reason: Refusal, field: str) -> None:
        """Refuse rows for what stands in a field; null in the mask means no."""
        self.verdict.refuse(as_mask(mask), reason, self.plan.mapping.columns.get(field, field), self.column(field))

    def refuse_missing(self, values: pa.Array, reason: Refusal, field: str) -> None:
        """Refuse rows in which a field is empty."""
        self.refuse(pc.is_null(values), reason, field)

    def _refuse_unreadable(self, parsed: Parsed, reason: Refusal, field: str) -> None:
        self.refuse(parsed.unreadable, reason, field)


def as_mask(values: pa.Array) -> npt.NDArray[np.bool_]:
    """Return a truth column as a mask, null as false."""
    return np.asarray(pc.fill_null(values, False).to_numpy(zero_copy_only=False), bool)
