"""Cleaning rules: conditions on the columns of a file, all of which must hold, and one action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.parse import NumberFormat, decimals, text_of
from keepwell.observe.times import DateOrder, timestamps
from keepwell.observe.verdict import Mask, Verdict
from keepwell.observe.zone import micros
from keepwell.vocabulary.refusal import Refusal

KINDS = ("product", "shipping", "fee", "gift_card", "adjustment", "test")
UNKNOWN_ORDER, SAME_ORDER = "of an unknown order", "of the same order"
TEXT_TESTS = ("is", "is_not", "in", "not_in", "starts_with", "ends_with", "contains", "matches")
NUMBER_TESTS = ("below", "at_most", "above", "at_least")
DAY_TESTS = ("before", "from")
TESTS = (*TEXT_TESTS, *NUMBER_TESTS, *DAY_TESTS, "is_empty")
ACTIONS = ("refuse", "kind", "refund", "set")


@dataclass(frozen=True)
class Condition:
    """One test of one column; ``value`` is text, a list of text, a number, a day or a truth value by the test."""

    column: str
    test: str
    value: Any


@dataclass(frozen=True)
class Rule:
    """What to do with the rows for which every condition holds; exactly one of the four actions is given."""

    conditions: tuple[Condition, ...]
    why: str
    refuse: Refusal | None = None
    kind: str | None = None
    refund: str | None = None
    set: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Reader:
    """How the columns of a file are read where a rule compares them as numbers or days."""

    numbers: Mapping[str, NumberFormat]
    dates: Mapping[str, DateOrder]
    zone: ZoneInfo


@dataclass(frozen=True)
class Marked:
    """Rows after the rules: columns (perhaps changed by ``set``), kind and refund marks (null where no rule said)."""

    table: pa.Table
    kind: pa.Array
    refund: pa.Array
    changed: dict[str, int]


def apply(rules: Sequence[Rule], table: pa.Table, verdict: Verdict, reader: Reader) -> Marked:
    """Apply rules in their order: the first refusal of a row stands, a later mark replaces an earlier one.

    Args:
        rules: the rules.
        table: the original columns of one batch.
        verdict: where refusals are collected.
        reader: how numbers and days are read.

    """
    nothing = pa.nulls(table.num_rows, pa.string())
    kind, refund, changed = nothing, nothing, {}
    for rule in rules:
        mask = holds(rule.conditions, table, reader)
        if rule.refuse:
            verdict.refuse(mask, rule.refuse, rule.why)
        elif rule.kind:
            kind = pc.if_else(pa.array(mask), rule.kind, kind)
        elif rule.refund:
            refund = pc.if_else(pa.array(mask), rule.refund, refund)
        for column, value in (rule.set or {}).items():
            hit = mask & verdict.kept
            table = _set(table, column, value, hit)
            if hit.any():
                changed[f"{column} set to {value}"] = int(hit.sum())
    return Marked(table, kind, refund, changed)


def holds(conditions: Sequence[Condition], table: pa.Table, reader: Reader) -> Mask:
    """Return where all conditions hold.

    >>> rows = pa.table({"Invoice": ["C1", "2"], "Price": [1.0, 0.0]})
    >>> reader = Reader({}, {}, ZoneInfo("UTC"))
    >>> holds([Condition("Invoice", "starts_with", "C"), Condition("Price", "above", 0)], rows, reader).tolist()
    [True, False]
    """
    mask = np.ones(table.num_rows, bool)
    for condition in conditions:
        column = table.column(condition.column).combine_chunks()
        mask &= pc.fill_null(_holds(condition, column, reader), False).to_numpy(zero_copy_only=False)
    return mask


def _holds(condition: Condition, column: pa.Array, reader: Reader) -> pa.Array:
    test, value = condition.test, condition.value
    if test == "is_empty":
        empty = pc.is_null(text_of(column))
        return empty if value else pc.invert(empty)
    if test in NUMBER_TESTS:
        read = decimals(column, reader.numbers.get(condition.column, NumberFormat()))
        return _ORDER[test](read.values, pa.scalar(Decimal(str(value)), pa.decimal128(38, 18)))
    if test in DAY_TESTS:
        order = reader.dates.get(condition.column, DateOrder.YEAR_FIRST)
        moments = timestamps(column, order, reader.zone).values.cast(pa.int64())
        return _ORDER[test](moments, micros(_moment(value, reader.zone)))
    text = pc.fill_null(text_of(column), "")
    return _TEXT[test](text, value)


def _moment(value: date, zone: ZoneInfo) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    return datetime(value.year, value.month, value.day, tzinfo=zone)


def _is_in(text: pa.Array, values: Sequence[str]) -> pa.Array:
    return pc.is_in(text, value_set=pa.array(list(values), pa.string()))


_TEXT: dict[str, Callable[[pa.Array, Any], pa.Array]] = {
    "is": pc.equal,
    "is_not": pc.not_equal,
    "in": _is_in,
    "not_in": lambda text, values: pc.invert(_is_in(text, values)),
    "starts_with": lambda text, value: pc.starts_with(text, pattern=value),
    "ends_with": lambda text, value: pc.ends_with(text, pattern=value),
    "contains": lambda text, value: pc.match_substring(text, pattern=value),
    "matches": lambda text, value: pc.match_substring_regex(text, pattern=f"^(?:{value})$"),
}
_ORDER: dict[str, Callable[[pa.Array, Any], pa.Array]] = {
    "below": pc.less,
    "at_most": pc.less_equal,
    "above": pc.greater,
    "at_least": pc.greater_equal,
    "before": pc.less,
    "from": pc.greater_equal,
}


def _set(table: pa.Table, column: str, value: str, mask: Mask) -> pa.Table:
    index = table.column_names.index(column)
    text = table.column(column).combine_chunks().cast(pa.string())
    return table.set_column(index, column, pc.if_else(pa.array(mask), value, text))
