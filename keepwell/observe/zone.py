"""Local wall-clock times to UTC for whole columns, by Python's own time-zone data.

Arrow's conversion needs the operating system's zone files, which small images lack; and it moves a time inside a
spring gap to the last instant before it. Here the rule is Python's (PEP 495, fold = 0): a time that happened twice is
its first occurrence, and one that never happened is read with the offset that held before the gap.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

DAY = 86_400_000_000  # microseconds
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall-clock arithmetic is meant
_FIRST_DAY, _LAST_DAY = -719_000, 2_932_000  # what datetime can hold, with a margin for offsets


def local_to_utc(local: npt.NDArray[np.int64], zone: ZoneInfo) -> npt.NDArray[np.int64]:
    """Return UTC microseconds for wall-clock microseconds since 1970-01-01T00:00.

    Args:
        local: naive times, any length; outside the years 2 to 9998 they are taken as UTC.
        zone: the zone whose wall clock they were read from.

    >>> summer_noon = np.array([1_278_936_000_000_000])  # 2010-07-12 12:00
    >>> (summer_noon - local_to_utc(summer_noon, ZoneInfo("Europe/London"))).tolist()
    [3600000000]

    """
    if not len(local):
        return local
    days = np.floor_divide(local, DAY)
    distinct, position = np.unique(days, return_inverse=True)
    at_start = np.array([_offset(int(day) * DAY, zone) for day in distinct], np.int64)
    at_end = np.array([_offset((int(day) + 1) * DAY, zone) for day in distinct], np.int64)
    offsets = at_start[position]
    changing = (at_start != at_end)[position]
    if changing.any():  # only the one or two days a year on which the clocks change
        values, index = np.unique(local[changing], return_inverse=True)
        offsets[changing] = np.array([_offset(int(value), zone) for value in values], np.int64)[index]
    return local - offsets


def _offset(local: int, zone: ZoneInfo) -> int:
    """UTC offset in microseconds that the zone's clock showed at this wall-clock time."""
    if not _FIRST_DAY < local // DAY < _LAST_DAY:
        return 0
    moment = _EPOCH + timedelta(microseconds=local)
    offset = moment.replace(tzinfo=zone).utcoffset() or timedelta(0)
    return int(offset / timedelta(microseconds=1))


def micros(moment: datetime) -> int:
    """Return an aware moment as UTC microseconds since 1970.

    >>> micros(datetime(1970, 1, 2, tzinfo=UTC)) == DAY
    True
    """
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
