"""The periods that people ask for by name, and what each is compared with."""

from __future__ import annotations

from datetime import date

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain, Period

CHOICES = ("last-12-months", "last-month", "last-quarter", "last-year")
COMPARISONS = ("before", "year-before", "none")
GRAINS = {"last-month": Grain.MONTH, "last-quarter": Grain.QUARTER, "last-year": Grain.YEAR}


def period_of(choice: str, log: Period) -> Period | None:
    """Return the period of a choice within a log; ``None`` where no such period is over.

    >>> period_of("last-month", Period(date(2009, 12, 1), date(2011, 12, 10)))
    Period(start=datetime.date(2011, 11, 1), end=datetime.date(2011, 12, 1))
    """
    if choice == "last-12-months":
        return Period(max(log.start, date.fromordinal(log.end.toordinal() - 365)), log.end)
    grain = GRAINS.get(choice)
    if grain is None:
        raise InputError("period.unknown", f"There is no period {choice}.", value=choice, advice=", ".join(CHOICES))
    step = grain.step(log.end) - 1
    found = Period(grain.start(step), grain.start(step + 1))
    return found if found.end > log.start else None


def compared_with(period: Period, comparison: str, log: Period) -> Period | None:
    """Return the period to compare with; ``None`` where none is asked for or the log does not reach back to it.

    >>> log = Period(date(2009, 12, 1), date(2011, 12, 10))
    >>> str(compared_with(Period.parse("2011-11"), "year-before", log))
    '2010-11-01 to 2010-11-30'

    """
    if comparison == "none":
        return None
    if comparison == "year-before":
        found = Period(_year_before(period.start), _year_before(period.end))
    else:
        found = _step_before(period)
    return found if found.start >= log.start else None


def usual_periods(log: Period) -> list[str]:
    """Return the periods of every choice and comparison, as texts that ``Period.parse`` reads."""
    periods: list[Period] = []
    for choice in CHOICES:
        period = period_of(choice, log)
        if period is not None:
            periods += [period, *filter(None, (compared_with(period, name, log) for name in COMPARISONS))]
    return list(dict.fromkeys(text_of(period) for period in periods))


def text_of(period: Period) -> str:
    """Return a period as ``Period.parse`` reads it.

    >>> text_of(Period.parse("2011-11"))
    '2011-11-01..2011-11-30'
    """
    return f"{period.start}..{period.last_day}"


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _step_before(period: Period) -> Period:
    """Return the month, quarter or year before a whole one, else as many days."""
    for grain in (Grain.MONTH, Grain.QUARTER, Grain.YEAR):
        step = grain.step(period.start)
        if (grain.start(step), grain.start(step + 1)) == (period.start, period.end):
            return Period(grain.start(step - 1), period.start)
    return Period(date.fromordinal(period.start.toordinal() - period.days), period.start)
