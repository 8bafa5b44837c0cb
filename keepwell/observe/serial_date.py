"""Numbers of a spreadsheet as texts: plain, or as the days that their format makes of them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum, auto

# Formats that every workbook knows without naming them (ECMA-376, part 1, 18.8.30); 27 to 36 and 50 to 58 are the
# dates of East Asian locales.
DATES = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
DURATIONS = frozenset({46})
LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
DURATION = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
BRACKETS = re.compile(r"\[[^\]]*\]")
EXACT = 1e15  # whole numbers below it are exact in the file
DAY_MS = 86_400_000
EPOCH_1900 = datetime(1899, 12, 30)  # noqa: DTZ001
EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001


class CellKind(Enum):
    """How a number is to be read."""

    NUMBER = auto()
    MOMENT = auto()
    DURATION = auto()


def kind_of(number: int, code: str | None) -> CellKind:
    """Return how numbers of a format are to be read.

    Args:
        number: of the format.
        code: the format's text where the workbook gives one.

    >>> kind_of(14, None).name, kind_of(164, '#,##0.00 "days"').name, kind_of(165, "[h]:mm").name
    ('MOMENT', 'NUMBER', 'DURATION')

    """
    if code is None:
        is_date, is_duration = number in DATES, number in DURATIONS
    else:
        first = LITERAL.sub("", code).split(";")[0]
        is_duration = DURATION.search(first) is not None
        shown = re.sub("general", "", BRACKETS.sub("", first), flags=re.IGNORECASE)
        is_date = re.search("[dmhys]", shown, re.IGNORECASE) is not None
    return CellKind.DURATION if is_duration else CellKind.MOMENT if is_date else CellKind.NUMBER


def serial_text(number: float, kind: CellKind, is_1904: bool = False) -> str:
    """Return a number as text: a moment as ISO 8601, a duration as hours, a whole number without a point.

    Args:
        number: as stored; days since the workbook's first day for a moment.
        kind: how it is to be read.
        is_1904: whether days are counted from 1904.

    Raises:
        OverflowError: the moment lies after the year 9999, or the number is infinite.

    >>> serial_text(40148.32291666666, CellKind.MOMENT), serial_text(13085.0, CellKind.NUMBER)
    ('2009-12-01 07:45:00', '13085')
    >>> serial_text(1.25, CellKind.DURATION), serial_text(0.25, CellKind.MOMENT)
    ('30:00:00', '06:00:00')

    """
    if kind is CellKind.NUMBER or number < 0:
        return str(int(number)) if number.is_integer() and abs(number) < EXACT else repr(number)
    thousandths = round(number * DAY_MS)
    if kind is CellKind.DURATION:
        minutes, seconds = divmod(thousandths // 1000, 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    day, of_day = divmod(thousandths, DAY_MS)
    # A spreadsheet counts a 29 February 1900 that never was: day 60.
    first = EPOCH_1904 if is_1904 else EPOCH_1900 + timedelta(days=1) if day < 60 else EPOCH_1900
    moment = first + timedelta(days=day, milliseconds=of_day)
    return moment.time().isoformat() if number < 1 and day == 0 else moment.isoformat(" ")
