"""Business-local time, and the integer steps it is cut into, on any engine.

Engines disagree on time zones (their databases, their session zone, what a cast means), so the offsets come from
Python's ``zoneinfo`` and reach the engine as a comparison tree of plain constants: seven comparisons a row cover
sixty years of daylight saving.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from keepwell.vocabulary.period import Grain

EPOCH = date(1970, 1, 1)
FIRST_YEAR, LAST_YEAR = 1990, 2050

Transition = tuple[datetime, int]


@lru_cache(maxsize=64)
def transitions(time_zone: str) -> tuple[Transition, ...]:
    """Return the (UTC instant, offset in seconds from then on) of a zone from 1990 to 2050, oldest first.

    The first entry is the offset in force when 1990 begins.

    >>> [(at.isoformat(), offset) for at, offset in transitions("Europe/London")[:2]]
    [('1990-01-01T00:00:00', 0), ('1990-03-25T01:00:00', 3600)]

    """
    zone = ZoneInfo(time_zone)
    low = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
    end = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
    found = [(low.replace(tzinfo=None), _offset(low, zone))]
    while low < end:
        high = low + timedelta(days=1)
        if _offset(high, zone) != found[-1][1]:
            found.append((_moment_of_change(low, high, zone).replace(tzinfo=None), _offset(high, zone)))
        low = high
    return tuple(found)


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  a ZoneInfo always knows its offset
    return int(offset.total_seconds())


def _moment_of_change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    before = _offset(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def to_local(moment: ir.TimestampValue, time_zone: str) -> ir.TimestampValue:
    """Return a UTC timestamp as the naive local time of ``time_zone``.

    Args:
        moment: a timestamp column in UTC, naive or aware (aware ones need the engine's session zone to be UTC, which
            Ibis sets for DuckDB and the lake sets for Spark). Before 1990 and after 2050 the nearest known offset is
            used.
        time_zone: IANA name.

    >>> orders = ibis.memtable({"at": [datetime(2011, 3, 31, 23, 30)]})
    >>> to_local(orders.at, "Europe/London").execute()[0].isoformat()
    '2011-04-01T00:30:00'

    """
    naive = moment.cast("timestamp")
    return _tree(naive, transitions(time_zone))


def _tree(moment: ir.TimestampValue, entries: Sequence[Transition]) -> ir.TimestampValue:
    if len(entries) == 1:
        offset = entries[0][1]
        return moment + ibis.interval(seconds=offset) if offset else moment
    middle = len(entries) // 2
    return ibis.ifelse(
        moment < ibis.literal(entries[middle][0], type="timestamp"),
        _tree(moment, entries[:middle]),
        _tree(moment, entries[middle:]),
    )


def day_number(moment: ir.TimestampValue | ir.DateValue) -> ir.IntegerValue:
    """Return the day as an integer, counted as Python's ``date.toordinal``: differences are days.

    >>> orders = ibis.memtable({"at": [datetime(2012, 2, 29, 12)]})
    >>> int(day_number(orders.at).execute()[0]) == date(2012, 2, 29).toordinal()
    True

    """
    day = moment.date() if moment.type().is_timestamp() else moment
    return day.delta(ibis.literal(EPOCH, type="date"), unit="day").cast("int64") + EPOCH.toordinal()


def step_of(moment: ir.TimestampValue | ir.DateValue, grain: Grain) -> ir.IntegerValue:
    """Return the integer step that holds a business-local moment: the same index as ``Grain.step``.

    >>> orders = ibis.memtable({"at": [datetime(2011, 12, 9, 12, 50)]})
    >>> int(step_of(orders.at, Grain.MONTH).execute()[0]) == Grain.MONTH.step(date(2011, 12, 9))
    True

    """
    match grain:
        case Grain.DAY:
            return day_number(moment)
        case Grain.WEEK:
            return ((day_number(moment) - 1) // 7).cast("int64")
    year = moment.year().cast("int64")
    match grain:
        case Grain.MONTH:
            return year * 12 + moment.month().cast("int64") - 1
        case Grain.QUARTER:
            return (year * 4 + (moment.month().cast("int64") - 1) // 3).cast("int64")
    return year


def day_of(ordinal: ir.IntegerValue) -> ir.DateValue:
    """Return the date of a day number; the inverse of ``day_number``.

    >>> days = ibis.memtable({"day": [date(2012, 2, 29).toordinal()]})
    >>> str(day_of(days.day).execute()[0])[:10]
    '2012-02-29'

    """
    epoch = ibis.literal(EPOCH, type="date")
    return (epoch + (ordinal - EPOCH.toordinal()).cast("int32").as_interval("D")).cast("date")


def start_of(step: ir.IntegerValue, grain: Grain) -> ir.DateValue:
    """Return the first day of a step; the same date as ``Grain.start``.

    >>> steps = ibis.memtable({"step": [Grain.QUARTER.step(date(2011, 12, 9))]})
    >>> str(start_of(steps.step, Grain.QUARTER).execute()[0])[:10]
    '2011-10-01'

    """
    match grain:
        case Grain.DAY:
            return day_of(step)
        case Grain.WEEK:
            return day_of(step * 7 + 1)
        case Grain.MONTH:
            year, month = step // 12, step % 12 + 1
        case Grain.QUARTER:
            year, month = step // 4, step % 4 * 3 + 1
        case _:
            year, month = step, ibis.literal(1)
    return ibis.date(year.cast("int32"), month.cast("int32"), ibis.literal(1, type="int32"))
