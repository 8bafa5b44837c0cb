"""How numbers, amounts and dates are written: the one place for it."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pandas as pd

from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue, Unit
from keepwell.vocabulary.money import format_money

NONE = "–"
MINUS = "−"
NO_BREAK = "\N{NO-BREAK SPACE}"
ISO_DATE = re.compile(r"\b\d{4}-(?:0\d|1[0-2])-(?:[0-2]\d|3[01])\b")


def is_missing(value: Any) -> bool:
    """Return whether there is no number to write.

    >>> is_missing(None), is_missing(float("nan")), is_missing(0)
    (True, True, False)
    """
    return value is None or isinstance(value, NotAvailable) or (not isinstance(value, str) and bool(pd.isna(value)))


def count(value: Any) -> str:
    """Write a count.

    >>> count(17431551), count(None)
    ('17,431,551', '–')
    """
    return NONE if is_missing(value) else f"{float(value):,.0f}".replace("-", MINUS)


def money(value: Any, currency: str | None) -> str:
    """Write an amount as :func:`~keepwell.vocabulary.money.format_money` does.

    >>> money(479.6, "GBP"), money(-17431551.18, "GBP"), money(None, "GBP")
    ('£480', '−£17,431,551', '–')
    """
    return NONE if is_missing(value) else format_money(float(value), currency or "")


def rate(value: Any) -> str:
    """Write a fraction as a percentage with one decimal.

    >>> rate(0.3684), rate(1.2)
    ('36.8%', '120.0%')
    """
    return NONE if is_missing(value) else f"{float(value):.1%}".replace("-", MINUS)


def decimal(value: Any) -> str:
    """Write a plain number with two decimals.

    >>> decimal(1234.567)
    '1,234.57'
    """
    return NONE if is_missing(value) else f"{float(value):,.2f}".replace("-", MINUS)


def days(value: Any) -> str:
    """Write a duration in days.

    >>> days(31), days(1), days(12.46)
    ('31 days', '1 day', '12.5 days')
    """
    if is_missing(value):
        return NONE
    amount = f"{float(value):,.1f}".removesuffix(".0")
    return f"{amount} day" if amount == "1" else f"{amount} days"


def day(value: Any) -> str:
    """Write a date in words.

    >>> day(date(2011, 12, 9))
    '9 December 2011'
    """
    if is_missing(value):
        return NONE
    moment = _moment(value)
    return f"{moment.day} {moment:%B %Y}"


def month(value: Any) -> str:
    """Write the month of a date that begins one, else the whole date.

    >>> month(date(2011, 12, 1)), month(date(2011, 12, 5))
    ('Dec 2011', '5 Dec 2011')
    """
    if is_missing(value):
        return NONE
    moment = _moment(value)
    return f"{moment:%b %Y}" if moment.day == 1 else f"{moment.day} {moment:%b %Y}"


def in_unit(value: Any, unit: Unit, currency: str | None) -> str:
    """Write a number in the unit of its KPI.

    >>> in_unit(0.25, Unit.RATE, None), in_unit(3.5, Unit.MONTHS, None)
    ('25.0%', '3.5 months')
    """
    match unit:
        case Unit.MONEY:
            return money(value, currency)
        case Unit.RATE:
            return rate(value)
        case Unit.COUNT:
            return count(value)
        case Unit.DAYS:
            return days(value)
        case Unit.MONTHS:
            return NONE if is_missing(value) else f"{float(value):,.1f} months"
    return decimal(value)


def sentence(text: str) -> str:
    """Write a clause as a sentence.

    >>> sentence("nobody returns"), sentence("Prices stay."), sentence("")
    ('Nobody returns.', 'Prices stay.', '')
    """
    clause = text.strip()
    end = "" if not clause or clause[-1] in ".!?…" else "."
    return f"{clause[:1].upper()}{clause[1:]}{end}"


def prose(text: str) -> str:
    """Write dates in words, and keep a percentage in one piece.

    >>> prose("After 2010-12-10 it missed by +54 %.").replace(NO_BREAK, "_")
    'After 10 December 2010 it missed by +54_%.'
    """
    dated = ISO_DATE.sub(lambda found: day(date.fromisoformat(found[0])), text)
    return dated.replace(" %", f"{NO_BREAK}%")


def part(value: Any) -> str:
    """Write a numerator or denominator, which may be a count or an amount.

    >>> part(5878.0), part(17431551.178), part(2.5)
    ('5,878', '17,431,551.18', '2.50')
    """
    return count(value) if not is_missing(value) and float(value).is_integer() else decimal(value)


def interval(value: KpiValue, unit: Unit) -> str:
    """Write the interval of a KPI; empty where it has none.

    >>> day_one = date(2011, 1, 1)
    >>> interval(KpiValue("kept", 0.5, 5, 10, day_one, date(2012, 1, 1), low=0.2, high=0.8), Unit.RATE)
    '20.0% to 80.0%'
    """
    return span(value.low, value.high, unit, value.currency)


def span(low: Any, high: Any, unit: Unit, currency: str | None) -> str:
    """Write an interval by its two ends; empty unless both are known.

    >>> span(10, 20, Unit.MONEY, "EUR"), span(None, 20, Unit.MONEY, "EUR")
    ('€10.00 to €20.00', '')
    """
    if is_missing(low) or is_missing(high):
        return ""
    return f"{in_unit(low, unit, currency)} to {in_unit(high, unit, currency)}"


def _moment(value: Any) -> date:
    return value if isinstance(value, (date, datetime)) else pd.Timestamp(value).date()
