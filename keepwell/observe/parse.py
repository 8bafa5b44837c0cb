"""Text to exact numbers, a column at a time; which sign is the decimal one is decided on a sample and said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.vocabulary.tables import AMOUNT

_SPACES = r"\s\x{00A0}\x{202F}\x{2009}'\x{2019}"
_MONEY = r"(?:[A-Z]{3}|R\$|zł|kr\.?|Kč|Ft|원|円|元|[$€£¥₩₹₽₺])?"
_SCIENTIFIC = r"^[+-]?\d+(\.\d+)?[eE][+-]?\d{1,2}$"
YES = (
    *("yes", "y", "true", "t", "1", "x", "refund", "refunded", "return", "returned", "credit", "trial"),
    *("tak", "ja", "oui", "si", "sí", "예", "zwrot", "retoure", "remboursement", "devolución", "환불", "반품"),
)
NO = ("no", "n", "false", "f", "0", "-", "sale", "sold", "nie", "nein", "non", "아니오", "sprzedaż", "verkauf")
_WIDE = pa.decimal128(38, 18)
_HUGE = "99999999999999"  # stands for any number of more than 14 digits: refused as absurd, not as unreadable


@dataclass(frozen=True)
class Parsed:
    """A column after reading: the values, which could not be read (never null), and which were rounded, if any."""

    values: pa.Array
    unreadable: pa.Array
    rounded: pa.Array | None = None


@dataclass(frozen=True)
class NumberFormat:
    """The decimal sign of a column and what groups its thousands (spaces and apostrophes always may)."""

    decimal: str = "."

    @property
    def thousands(self) -> str:
        """The other of the two signs."""
        return "," if self.decimal == "." else "."


def decide_numbers(sample: Iterable[str]) -> tuple[NumberFormat, str]:
    """Decide the decimal sign of a column on a sample of its values; returns the format and the reason in words.

    Both signs in one value: the last is the decimal one. One sign not followed by exactly three digits: it is the
    decimal one. The same sign twice in a value groups thousands.

    >>> decide_numbers(["1.234,56", "7"])
    (NumberFormat(decimal=','), 'decimal comma, seen in 1.234,56')
    >>> decide_numbers(["1,234"])[1]
    'decimal point; 1,234 is read as thousands'
    """
    votes: dict[str, list[str]] = {".": [], ",": []}
    unclear = ""
    for value in sample:
        sign = _decimal_sign(value)
        if sign == "?":
            unclear = unclear or value.strip()
        elif sign:
            votes[sign].append(value.strip())
    point, comma = votes["."], votes[","]
    if len(comma) > len(point):
        against = f", against {len(point)} values such as {point[0]}" if point else ""
        return NumberFormat(","), f"decimal comma, seen in {comma[0]}{against}"
    if point:
        against = f", against {len(comma)} values such as {comma[0]}" if comma else ""
        return NumberFormat("."), f"decimal point, seen in {point[0]}{against}"
    if unclear:
        return NumberFormat("."), f"decimal point; {unclear} is read as {'thousands' if ',' in unclear else 'decimals'}"
    return NumberFormat("."), "whole numbers"


def _decimal_sign(value: str) -> str:
    """Return the sign that this value shows to be the decimal one, "?" when it has one but shows nothing."""
    digits = re.sub(r"[^\d.,]", "", value).strip(",.")
    point, comma = digits.count("."), digits.count(",")
    if point and comma:
        return "." if digits.rfind(".") > digits.rfind(",") else ","
    if not point and not comma:
        return ""
    sign = "." if point else ","
    if point + comma > 1:
        return "," if sign == "." else "."
    return "?" if len(digits) - digits.rfind(sign) - 1 == 3 else sign


def decimals(column: pa.Array, form: NumberFormat) -> Parsed:
    """Read a column as exact amounts with four places; empty values become null.

    Args:
        column: text or numbers, any length. Text may hold currency signs, grouped thousands, a leading or trailing
            minus or brackets for it, and powers of ten.
        form: the decimal sign; integers and floats do not need it.

    >>> decimals(pa.array(["£1,234.50", "(3.00)", "1.00005", "x", ""]), NumberFormat()).values.to_pylist()
    [Decimal('1234.5000'), Decimal('-3.0000'), Decimal('1.0000'), None, None]

    """
    if pa.types.is_integer(column.type) or pa.types.is_boolean(column.type) or pa.types.is_floating(column.type):
        column, form = column.cast(pa.string()), NumberFormat(".")  # the shortest text of a float is what was meant
    elif pa.types.is_decimal(column.type):
        column, form = column.cast(pa.string()), NumberFormat(".")
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    text = pc.if_else(pc.is_in(text, pa.array(["", "nan", "NaN"])), pa.scalar(None, pa.string()), text)
    if form.decimal == ".":
        try:
            return Parsed(text.cast(AMOUNT), _none(len(text)))
        except pa.ArrowInvalid:  # at least one value needs the long way
            pass
    encoded = pc.dictionary_encode(text)  # prices and quantities repeat, and the long way is long
    read = _from_text(encoded.dictionary, form)
    spread = [None if part is None else part.take(encoded.indices) for part in (read.unreadable, read.rounded)]
    unreadable, rounded = (None if part is None else pc.fill_null(part, False) for part in spread)
    return Parsed(read.values.take(encoded.indices), unreadable, rounded)


def _from_text(text: pa.Array, form: NumberFormat) -> Parsed:
    decimal, thousands = re.escape(form.decimal), re.escape(form.thousands)
    text = pc.replace_substring(text, "−", "-")
    whole = rf"(?:\d{{1,3}}(?:[{thousands}{_SPACES}]\d{{3}})+|\d+)"
    number = rf"(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)"
    lead = rf"(?:[+-]?\s*{_MONEY}[{_SPACES}]*|{_MONEY}[{_SPACES}]*[+-])"
    pattern = rf"^\(?{lead}{number}[{_SPACES}]*-?\s*{_MONEY}\)?$"
    readable = pc.match_substring_regex(text, pattern)
    powers = pc.match_substring_regex(text, _SCIENTIFIC)
    plain = pc.if_else(readable, text, pa.scalar(None, pa.string()))
    negative = pc.match_substring_regex(plain, r"^\(|-")
    digits = pc.replace_substring_regex(plain, rf"kr\.|[^0-9{decimal}]", "")
    digits = pc.replace_substring(digits, ",", ".")
    digits = pc.replace_substring_regex(digits, r"^0*\d{15,}(\.\d*)?$", _HUGE)
    digits = pc.replace_substring_regex(digits, r"^(\d*\.\d{18})\d+$", r"\1")
    signed = pc.if_else(negative, pc.binary_join_element_wise("-", digits, ""), digits)
    if pc.any(powers).as_py():
        signed = _with_powers(signed, text, powers)
    wide = signed.cast(_WIDE)
    values = pc.round(wide, ndigits=4, round_mode="half_to_even")
    rounded = pc.fill_null(pc.not_equal(wide, values), False)
    unreadable = pc.and_(pc.is_valid(text), pc.is_null(signed))
    return Parsed(values.cast(AMOUNT), unreadable, rounded if pc.any(rounded).as_py() else None)


def _with_powers(signed: pa.Array, text: pa.Array, powers: pa.Array) -> pa.Array:
    """Write 1.5E+05 out; such values are few, so one at a time will do."""
    written = []
    for value in pc.filter(text, pc.fill_null(powers, False)).to_pylist():
        number = Decimal(value)
        written.append(f"{number:.18f}" if abs(number) < 10**14 else _HUGE)
    return pc.replace_with_mask(signed, pc.fill_null(powers, False), pa.array(written, pa.string()))


def integers(column: pa.Array, form: NumberFormat) -> Parsed:
    """Read a column as whole numbers; a number with decimals other than zero is unreadable.

    >>> integers(pa.array(["1,200", "3.0", "2.5"]), NumberFormat()).values.to_pylist()
    [1200, 3, None]
    """
    parsed = decimals(column, form)
    whole = pc.equal(pc.floor(parsed.values), parsed.values)
    kept = pc.if_else(whole, parsed.values, pa.scalar(None, AMOUNT))
    unreadable = pc.or_(parsed.unreadable, pc.invert(pc.fill_null(whole, True)))
    return Parsed(kept.cast(pa.int64()), unreadable)


def flags(column: pa.Array, words: Iterable[str] = YES) -> pa.Array:
    """Return true where the text, lower-cased and trimmed, is one of ``words``; never null.

    >>> flags(pa.array(["Yes", "no", None]), ["yes"]).to_pylist()
    [True, False, False]
    """
    text = pc.utf8_lower(pc.utf8_trim_whitespace(column.cast(pa.string())))
    return pc.is_in(text, value_set=pa.array(list(words), pa.string()))


def text_of(column: pa.Array) -> pa.Array:
    """Return a column as trimmed text, empty values as null, whole floats without their tail.

    >>> text_of(pa.array([" a ", "", None])).to_pylist()
    ['a', None, None]
    """
    text = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _none(length: int) -> pa.Array:
    return pa.repeat(pa.scalar(False), length)
