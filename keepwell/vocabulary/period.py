"""Periods and the grains that time is cut into, in the business's own time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from keepwell.vocabulary.errors import InputError

FIRST_YEAR, LAST_YEAR = 1970, 2200


class Grain(StrEnum):
    """A step of time. Every step has an integer index, so that ages are plain subtraction."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"

    def step(self, day: date) -> int:
        """Return the index of the step that holds ``day``.

        >>> Grain.MONTH.step(date(2011, 12, 9)) - Grain.MONTH.step(date(2010, 12, 1))
        12
        """
        match self:
            case Grain.DAY:
                return day.toordinal()
            case Grain.WEEK:
                return (day.toordinal() - 1) // 7
            case Grain.MONTH:
                return day.year * 12 + day.month - 1
            case Grain.QUARTER:
                return day.year * 4 + (day.month - 1) // 3
        return day.year

    def start(self, index: int) -> date:
        """Return the first day of the step with this index.

        >>> Grain.WEEK.start(Grain.WEEK.step(date(2011, 12, 9)))
        datetime.date(2011, 12, 5)
        """
        match self:
            case Grain.DAY:
                return date.fromordinal(index)
            case Grain.WEEK:
                return date.fromordinal(index * 7 + 1)
            case Grain.MONTH:
                return date(index // 12, index % 12 + 1, 1)
            case Grain.QUARTER:
                return date(index // 4, index % 4 * 3 + 1, 1)
        return date(index, 1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days from ``start`` up to but without ``end``.

    >>> Period.parse("2011-Q4")
    Period(start=datetime.date(2011, 10, 1), end=datetime.date(2012, 1, 1))
    >>> Period.parse("2011-12").days
    31
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise InputError(
                "period.empty",
                f"The period from {self.start} to {self.end} holds no day.",
                value=(self.start, self.end),
                advice="Let it end at least one day after it starts.",
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2011``, ``2011-Q4``, ``2011-12``, ``2011-12-09`` or ``2011-01-01..2011-06-30`` (both included).

        Raises:
            InputError: the text is none of these.

        """
        first, dots, last = text.strip().partition("..")
        if dots:
            return cls(cls.parse(first).start, cls.parse(last).end)
        try:
            return cls._parse_one(first)
        except ValueError as error:
            raise InputError(
                "period.unreadable",
                f"Cannot read {text!r} as a period.",
                value=text,
                advice="Write 2011, 2011-Q4, 2011-12, 2011-12-09 or 2011-01-01..2011-06-30, "
                f"in years from {FIRST_YEAR} to {LAST_YEAR}.",
            ) from error

    @classmethod
    def _parse_one(cls, text: str) -> Period:
        if re.fullmatch(r"\d{4}", text):
            grain, day = Grain.YEAR, date(int(text), 1, 1)
        elif match := re.fullmatch(r"(\d{4})-Q([1-4])", text):
            grain, day = Grain.QUARTER, date(int(match[1]), int(match[2]) * 3, 1)
        elif re.fullmatch(r"\d{4}-\d{2}", text):
            grain, day = Grain.MONTH, date.fromisoformat(f"{text}-01")
        else:
            grain, day = Grain.DAY, date.fromisoformat(text)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValueError(day.year)
        index = grain.step(day)
        return cls(grain.start(index), grain.start(index + 1))

    @property
    def days(self) -> int:
        """Number of days in it."""
        return (self.end - self.start).days

    @property
    def last_day(self) -> date:
        """The last day that belongs to it."""
        return self.end - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.start} to {self.last_day}"
