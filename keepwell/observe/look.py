"""What the values of a column look like, judged on a sample."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pyarrow as pa

from keepwell.observe.fields import Content
from keepwell.observe.identity import kind_of
from keepwell.observe.parse import NO, YES, NumberFormat, decide_numbers, decimals
from keepwell.observe.times import DateOrder, decide_dates

_CURRENCY = re.compile(r"[A-Z]{3}|[€£$₩¥₹]|zł")
_FLAG_WORDS = frozenset((*YES, *NO))
_LOOKED_AT = 1000


@dataclass(frozen=True)
class Look:
    """A column as it looks: how many of the sampled values are filled and distinct, and what they read as."""

    name: str
    example: str
    filled: int
    distinct: int
    is_moment: bool
    is_number: bool
    is_currency: bool
    is_email: bool
    is_flag: bool
    dates: tuple[DateOrder, str] | None
    numbers: tuple[NumberFormat, str]

    def fits(self, content: Content) -> bool:
        """Say whether the values could be what a field asks for; an empty column fits anything."""
        if not self.filled:
            return True
        match content:
            case Content.MOMENT | Content.DAY:
                return self.is_moment
            case Content.NUMBER | Content.COUNT:
                return self.is_number
            case Content.CURRENCY:
                return self.is_currency
            case Content.FLAG:
                return self.is_flag
        return not self.is_moment or self.is_number


def look_at(name: str, column: pa.Array) -> Look:
    """Judge a column by its sampled values.

    >>> look_at("Kwota", pa.array(["1,50 zł", "2,00 zł"])).numbers[0]
    NumberFormat(decimal=',')
    """
    values = [value.strip() for value in column.cast(pa.string()).to_pylist() if value and value.strip()]
    shown = values[:_LOOKED_AT] + values[_LOOKED_AT:][:: max(1, (len(values) - _LOOKED_AT) // _LOOKED_AT or 1)]
    numbers = decide_numbers(shown)
    typed = column.type
    if pa.types.is_integer(typed) or pa.types.is_floating(typed) or pa.types.is_decimal(typed):
        numbers = (NumberFormat("."), "stored as numbers")
    readable = decimals(pa.array(shown, pa.string()), numbers[0]).values.drop_null()
    dates = (DateOrder.YEAR_FIRST, "stored as dates") if pa.types.is_temporal(typed) else decide_dates(shown)
    count = max(len(shown), 1)
    return Look(
        name=name,
        example=values[0] if values else "",
        filled=len(shown),
        distinct=len(set(shown)),
        is_moment=dates is not None,
        is_number=bool(shown) and len(readable) >= 0.6 * count,
        is_currency=bool(shown) and sum(bool(_CURRENCY.fullmatch(value)) for value in shown) >= 0.95 * count,
        is_email=bool(shown) and sum(kind_of(value) == "email" for value in shown) >= 0.8 * count,
        is_flag=all(value.lower() in _FLAG_WORDS for value in shown),
        dates=dates,
        numbers=numbers,
    )
