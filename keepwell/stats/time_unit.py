"""Units of time that models are fitted in, and lengths of time as people write them."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from enum import StrEnum

from keepwell.vocabulary.errors import InputError

Length = str | int | float | timedelta


class TimeUnit(StrEnum):
    """The unit of recency and age in a model; months and years are mean ones (365.25 days a year).

    >>> TimeUnit.WEEK.days
    7.0
    """

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    @property
    def days(self) -> float:
        """Days in one unit."""
        return {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}[self.value]

    @classmethod
    def parse(cls, text: str) -> TimeUnit:
        """Return the unit that a text names: ``day``, ``days``, ``d``, ``D``, ``week``.

        Raises:
            InputError: it names none.

        >>> TimeUnit.parse("W")
        <TimeUnit.WEEK: 'week'>

        """
        for unit in cls:
            if text.lower() in (unit.value, f"{unit.value}s", unit.value[0]):
                return unit
        raise InputError(
            "unit.unknown", f"There is no unit of time {text!r}.", value=text, advice="Use day, week, month or year."
        )


def days_of(length: Length, unit: TimeUnit = TimeUnit.DAY) -> float:
    """Return a length of time in days.

    Args:
        length: ``"365d"``, ``"52w"``, ``"12m"``, ``"1y"`` (a calendar year of 365 days, a month a twelfth of it), a
            ``timedelta``, or a bare number, which counts in ``unit``.
        unit: of a bare number.

    Raises:
        InputError: it cannot be read, or is not above 0.

    >>> days_of("52w"), days_of("1y"), days_of(39, TimeUnit.WEEK)
    (364.0, 365.0, 273.0)

    """
    if isinstance(length, timedelta):
        days = length / timedelta(days=1)
    elif isinstance(length, str):
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]+)\s*", length)
        if not found:
            raise _not_a_length(length)
        named = TimeUnit.parse(found[2])
        # "1y" of money is a year of 365 days wherever Keepwell speaks of horizons; the mean year is for model units
        days = float(found[1]) * {TimeUnit.YEAR: 365.0, TimeUnit.MONTH: 365.0 / 12}.get(named, named.days)
    else:
        days = float(length) * unit.days
    if not math.isfinite(days) or days <= 0:
        raise _not_a_length(length)
    return days


def _not_a_length(length: Length) -> InputError:
    return InputError(
        "horizon.unreadable",
        f"{length!r} is not a length of time above zero.",
        value=length,
        advice='Write for instance "365d", "52w", "12m" or "1y".',
    )
