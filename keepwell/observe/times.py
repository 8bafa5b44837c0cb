"""Text and numbers to UTC timestamps, a column at a time; day or month first is decided on a sample and said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.months import MONTHS
from keepwell.observe.parse import Parsed
from keepwell.observe.zone import DAY, local_to_utc
from keepwell.vocabulary.tables import TIMESTAMP

Ints = npt.NDArray[np.int64]


class DateOrder(StrEnum):
    """How the dates of a column are written."""

    YEAR_FIRST = "year-first"
    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    EXCEL = "excel"  # days since 1899-12-30, local
    UNIX_SECONDS = "unix-seconds"
    UNIX_MILLISECONDS = "unix-milliseconds"


_GAP = r"(?:\s*[-/.,年月]\s*|\s*[년월]\s*|\s+)"
_WORD = r"(?:\d{1,4}|[^\W\d_]{3,12}\.?)"
_CLOCK = (
    r"(?:(?:\s*[일日])?[T\s,]+(?P<q>오전|오후|AM|PM)?\s*(?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<p>[AaPp]\.?[Mm]\.?)?)?"
)
_PATTERN = (
    rf"^(?:[^\W\d_]{{2,9}},\s*)?(?P<a>{_WORD}){_GAP}(?P<b>{_WORD}){_GAP}(?P<c>\d{{1,4}})\.?{_CLOCK}(?:\s*[일日])?"
    r"\s*(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})?$"
)
_RE2 = _PATTERN.replace(r"[^\W\d_]", r"\pL")
_NUMERIC = (  # the plain case, for which the matcher needs a fiftieth of the time
    r"^(?P<a>\d{1,4})[-/.](?P<b>\d{1,2})[-/.](?P<c>\d{1,4})(?:[ T](?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2}))?)?$"
)
_COMPACT = r"^((?:19|20)\d{2})(\d{2})(\d{2})$"
_SCALE = {DateOrder.UNIX_SECONDS: 1_000_000, DateOrder.UNIX_MILLISECONDS: 1_000, DateOrder.EXCEL: DAY}
_EXCEL_EPOCH = -25_569 * DAY


def decide_dates(sample: Sequence[str]) -> tuple[DateOrder, str] | None:
    """Decide how a column's dates are written, on a sample in file order; ``None`` when most are not dates.

    Args:
        sample: non-empty values in the order of the file.

    Returns:
        The order and the reason in words.

    >>> decide_dates(["01/12/2010 08:26", "13/12/2010 09:00"])
    (<DateOrder.DAY_FIRST: 'day-first'>, 'day first: 13/12/2010 09:00 has no other reading')

    """
    values = [value.strip() for value in sample if value.strip()]
    if not values:
        return None
    numeric = _numeric_order(values)
    if numeric:
        return numeric
    parts = [(m, value) for value in values if (m := re.match(_PATTERN, value))]
    compact = sum(bool(re.match(_COMPACT, value)) for value in values)
    if len(parts) + compact < 0.5 * len(values):
        return None
    if compact > len(parts) or sum(len(m["a"]) == 4 and m["a"].isdigit() for m, _ in parts) > 0.5 * len(parts):
        return DateOrder.YEAR_FIRST, "year first"
    return _day_or_month([(m["a"], m["b"], value) for m, value in parts])


def _numeric_order(values: list[str]) -> tuple[DateOrder, str] | None:
    def share(pattern: str) -> bool:
        return sum(bool(re.fullmatch(pattern, value)) for value in values) > 0.8 * len(values)

    if share(r"[2-6]\d{4}(\.\d+)?"):
        return DateOrder.EXCEL, "spreadsheet day numbers"
    if share(r"[6-9]\d{8}|[1-4]\d{9}(\.\d+)?"):
        return DateOrder.UNIX_SECONDS, "seconds since 1970"
    if share(r"[6-9]\d{11}|[1-4]\d{12}"):
        return DateOrder.UNIX_MILLISECONDS, "milliseconds since 1970"
    return None


def _day_or_month(parts: list[tuple[str, str, str]]) -> tuple[DateOrder, str]:
    day = [value for a, b, value in parts if a.isdigit() and (int(a) > 12 or not b.isdigit())]
    month = [value for a, b, value in parts if (b.isdigit() and int(b) > 12) or not a.isdigit()]
    if day and len(day) >= len(month):
        against = f", though {month[0]} is month first" if month else ""
        return DateOrder.DAY_FIRST, f"day first: {day[0]} has no other reading{against}"
    if month:
        against = f", though {day[0]} is day first" if day else ""
        return DateOrder.MONTH_FIRST, f"month first: {month[0]} has no other reading{against}"
    values = [value for _, _, value in parts]
    if any(re.search(r"[AaPp]\.?[Mm]\.?$", value) for value in values):
        return (
            DateOrder.MONTH_FIRST,
            "could be day or month first; month first is taken because the clock has AM and PM",
        )
    if all(re.match(r"\d+\.\d+\.\d+", value) for value in values):
        return DateOrder.DAY_FIRST, "could be day or month first; day first is taken because dots divide the dates"
    return _by_sequence(values)


def _by_sequence(values: list[str]) -> tuple[DateOrder, str]:
    """Prefer the reading under which the sample is better in order: exports are nearly always sorted by time."""
    steps = {}
    for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST):
        read = timestamps(pa.array(values), order, ZoneInfo("UTC")).values.drop_null().cast(pa.int64()).to_numpy()
        change = np.diff(read)
        steps[order] = (min(int((change < 0).sum()), int((change > 0).sum())), int(np.abs(change).sum()))
    doubt = "could be day or month first; "
    if steps[DateOrder.MONTH_FIRST] < steps[DateOrder.DAY_FIRST]:
        return DateOrder.MONTH_FIRST, doubt + "month first is taken because the rows are then in the better time order"
    if steps[DateOrder.DAY_FIRST] < steps[DateOrder.MONTH_FIRST]:
        return DateOrder.DAY_FIRST, doubt + "day first is taken because the rows are then in the better time order"
    return DateOrder.DAY_FIRST, doubt + "day first is taken because most of the world writes so; say otherwise if not"


def timestamps(column: pa.Array, order: DateOrder, zone: ZoneInfo) -> Parsed:
    """Read a column as UTC timestamps; empty values become null.

    Args:
        column: text, numbers, dates or timestamps.
        order: how text and numbers are to be read.
        zone: where wall-clock times without an offset were read.

    >>> london = ZoneInfo("Europe/London")
    >>> got = timestamps(pa.array(["12/07/2010 8:26", "2010-07-12T08:26:00+02:00"]), DateOrder.DAY_FIRST, london)
    >>> [str(moment) for moment in got.values.to_pylist()]
    ['2010-07-12 07:26:00+00:00', '2010-07-12 06:26:00+00:00']

    """
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return _parsed(column.cast(pa.timestamp("us", "UTC"), safe=False), column)
    if pa.types.is_temporal(kind):
        local = column.cast(pa.timestamp("us"), safe=False)
        return _parsed(_from_local(local, zone), column)
    if order in _SCALE:
        return _numbers(column, order, zone)
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    encoded = pc.dictionary_encode(pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text))
    read = _distinct(encoded.dictionary, order, zone).take(encoded.indices)
    return _parsed(read, encoded.indices)


def _parsed(values: pa.Array, source: pa.Array) -> Parsed:
    return Parsed(values, pc.and_(pc.is_valid(source), pc.is_null(values)))


def _from_local(local: pa.Array, zone: ZoneInfo) -> pa.Array:
    null = local.is_null().to_numpy(zero_copy_only=False)
    utc = local_to_utc(local.cast(pa.int64()).fill_null(0).to_numpy(), zone)
    return pa.array(utc, pa.int64(), mask=null).cast(TIMESTAMP)


def _numbers(column: pa.Array, order: DateOrder, zone: ZoneInfo) -> Parsed:
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    digits = pc.match_substring_regex(text, r"^\d{1,18}(\.\d+)?$")
    read = pc.if_else(digits, text, pa.scalar(None, pa.string())).cast(pa.float64())
    number = read.fill_null(0).to_numpy()
    null = read.is_null().to_numpy(zero_copy_only=False) | (number * _SCALE[order] > 2.5e17)
    counted = np.where(null, 0, number)
    moment = np.rint(counted * (_SCALE[order] if order is not DateOrder.EXCEL else 86_400_000)).astype(np.int64)
    if order is DateOrder.EXCEL:  # to the millisecond: a double of days holds no more
        moment = local_to_utc(moment * 1000 + _EXCEL_EPOCH, zone)
    values = pa.array(moment, pa.int64(), mask=null).cast(TIMESTAMP)
    filled = pc.fill_null(pc.not_equal(text, ""), False)
    return Parsed(values, pc.and_(filled, pc.is_null(values)))


def _distinct(text: pa.Array, order: DateOrder, zone: ZoneInfo) -> pa.Array:
    """Read distinct texts: Arrow's own reader when all are ISO, the pattern otherwise."""
    for iso in (pa.timestamp("us"), TIMESTAMP):
        try:
            moments = text.cast(iso)
        except pa.ArrowInvalid:
            continue
        return moments if moments.type.tz else _from_local(moments, zone)
    text = pc.replace_substring_regex(text, _COMPACT, r"\1-\2-\3")
    read = _matched(text, _NUMERIC, order, zone)
    rest = pc.and_(pc.is_valid(text), pc.is_null(read))
    if not pc.any(rest).as_py():
        return read
    return pc.replace_with_mask(read, rest, _matched(text.filter(rest), _RE2, order, zone))


def _matched(text: pa.Array, pattern: str, order: DateOrder, zone: ZoneInfo) -> pa.Array:
    found = pc.extract_regex(text, pattern)
    blank = pa.repeat(pa.scalar(""), len(text))
    parts = {name: found.field(name) if f"?P<{name}>" in pattern else blank for name in "abcqhisfpz"}
    return _assemble(parts, found.is_valid(), order, zone)


def _assemble(parts: dict[str, Any], matched: pa.Array, order: DateOrder, zone: ZoneInfo) -> pa.Array:
    first, second, third = _number(parts["a"]), _number(parts["b"]), _number(parts["c"])
    words = ~pc.fill_null(pc.utf8_is_digit(parts["a"]), True).to_numpy(zero_copy_only=False)
    year_first = pc.fill_null(pc.equal(pc.utf8_length(parts["a"]), 4), False).to_numpy(zero_copy_only=False) & ~words
    named = ~pc.fill_null(pc.utf8_is_digit(parts["b"]), True).to_numpy(zero_copy_only=False)
    month_first = (np.full(len(first), order is DateOrder.MONTH_FIRST) | words) & ~named
    short_year = order is DateOrder.YEAR_FIRST
    year_first = year_first | np.full(len(first), short_year) & ~words
    year = np.where(year_first, first, third)
    month = np.where(year_first, second, np.where(month_first, first, second))
    day = np.where(year_first, third, np.where(month_first, second, first))
    digits = np.where(year_first, _length(parts["a"]), _length(parts["c"]))  # 0001 is the year 1, not 2001
    year = np.where(digits == 2, year + np.where(year < 70, 2000, 1900), year)
    hour = _twelve(_number(parts["h"]), parts)
    minute, second_ = _number(parts["i"]), _number(parts["s"])
    valid = matched.to_numpy(zero_copy_only=False) & (month >= 1) & (month <= 12) & (day >= 1) & (year >= 1)
    valid &= (digits == 2) | (digits == 4)
    valid &= (hour < 24) & (minute < 60) & (second_ < 61)
    start = (np.where(valid, year, 1970) - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    start = start + (np.where(valid, month, 1) - 1)
    length = ((start + 1).astype("datetime64[D]") - start.astype("datetime64[D]")).astype(np.int64)
    valid &= day <= length
    days = start.astype("datetime64[D]").astype(np.int64) + day - 1
    fraction = _number(pc.utf8_slice_codeunits(pc.utf8_rpad(pc.fill_null(parts["f"], ""), 6, "0"), 0, 6))
    local = days * DAY + ((hour * 60 + minute) * 60 + second_) * 1_000_000 + fraction
    local = np.where(valid, local, 0)
    zoned = pc.greater(pc.utf8_length(pc.fill_null(parts["z"], "")), 0).to_numpy(zero_copy_only=False)
    utc = np.where(zoned, local - _offset(parts["z"]), local_to_utc(local, zone))
    return pa.array(utc, pa.int64(), mask=~valid).cast(TIMESTAMP)


def _length(text: pa.Array) -> Ints:
    return np.asarray(pc.utf8_length(pc.fill_null(text, "")).to_numpy(zero_copy_only=False), np.int64)


def _number(text: pa.Array) -> Ints:
    """Read digits or a month's name; -1 for an unknown word, 0 for nothing."""
    filled = pc.fill_null(text, "")
    digits = pc.utf8_is_digit(filled)
    number = pc.if_else(digits, filled, "0").cast(pa.int64()).to_numpy()
    if pc.all(pc.or_(digits, pc.equal(filled, ""))).as_py():
        return np.asarray(number)
    word = pc.utf8_lower(pc.utf8_rtrim(filled, "."))
    named = pc.index_in(word, value_set=pa.array(list(MONTHS)))
    month = pa.array([*MONTHS.values(), -1]).take(pc.fill_null(named, len(MONTHS))).to_numpy()
    blank = pc.equal(filled, "").to_numpy(zero_copy_only=False)
    return np.where(digits.to_numpy(zero_copy_only=False), number, np.where(blank, 0, month))


def _twelve(hour: Ints, parts: dict[str, Any]) -> Ints:
    """Turn the hours of a 12-hour clock into those of the day; an impossible one becomes 24, which is refused."""
    mark = pc.binary_join_element_wise(pc.fill_null(parts["p"], ""), pc.fill_null(parts["q"], ""), "")
    lower = pc.utf8_lower(mark)
    morning = pc.match_substring_regex(lower, "^a|오전").to_numpy(zero_copy_only=False)
    evening = pc.match_substring_regex(lower, "^p|오후").to_numpy(zero_copy_only=False)
    wrong = (morning | evening) & (hour > 12)
    twelve = np.where(hour == 12, 0, hour)
    read = np.where(morning, twelve, np.where(evening, twelve + 12, hour))
    return np.where(wrong, 24, read)


def _offset(zone_text: pa.Array) -> Ints:
    text = pc.replace_substring(pc.fill_null(zone_text, ""), ":", "")
    numeric = pc.match_substring_regex(text, r"^[+-]\d{4}$")
    padded = pc.if_else(numeric, text, "+0000")
    sign = np.where(pc.starts_with(padded, "-").to_numpy(zero_copy_only=False), -1, 1)
    hours = pc.utf8_slice_codeunits(padded, 1, 3).cast(pa.int64()).to_numpy()
    minutes = pc.utf8_slice_codeunits(padded, 3, 5).cast(pa.int64()).to_numpy()
    return np.asarray(sign * (hours * 60 + minutes) * 60_000_000)
