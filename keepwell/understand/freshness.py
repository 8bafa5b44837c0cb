"""Is less coming in than should be: a day, or a week, against the same weekdays before it.

A count is a sudden drop when it lies below what the same weekday of the weeks before makes credible. The norm is
their median; the spread is the larger of a Poisson count's, the square root of the norm, and 1.4826 × the median
absolute deviation, which a bad week among them does not move. ``SPREADS`` of them below the norm, and at most half
of it, is a drop: with a steady shop about one day in ten thousand by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

WEEKS = 8
FEWEST_WEEKS = 4
SPREADS = 3.7
MOST_SHARE = 0.5  # of the norm: a smaller dip is news, not an alarm
WEEK = 7


@dataclass(frozen=True, slots=True)
class Drop:
    """A count far below its norm.

    Args:
        ends_on: last day of the window.
        days: 1, or 7 for a week.
        count: what came in.
        norm: what the same windows before brought, as their median.

    """

    ends_on: date
    days: int
    count: int
    norm: float

    @property
    def share(self) -> float:
        """The count as a fraction of the norm, in [0, 0.5]."""
        return self.count / self.norm


def sudden_drop(counts: Mapping[date, int], until: date) -> Drop | None:
    """Return the drop of the last complete day, or of the last week where single days are too few to tell.

    Args:
        counts: rows by local day; a day that is absent brought none.
        until: the first day that is not complete.

    Returns:
        ``None`` when nothing is amiss, or when there are fewer than four earlier weeks to compare with.

    >>> steady = {date(2024, 1, 1) + timedelta(days=day): 100 for day in range(60)}
    >>> sudden_drop(steady, date(2024, 3, 1)) is None
    True
    >>> sudden_drop(steady | {date(2024, 2, 29): 12}, date(2024, 3, 1))
    Drop(ends_on=datetime.date(2024, 2, 29), days=1, count=12, norm=100.0)

    """
    days = [day for day, count in counts.items() if count and day < until]
    if not days:
        return None
    first = min(days)
    for length in (1, WEEK):
        drop = _drop(counts, first, until, length)
        if drop is not None:
            return drop
    return None


def _drop(counts: Mapping[date, int], first: date, until: date, length: int) -> Drop | None:
    def window(weeks_back: int) -> int:
        start = until - timedelta(days=length + WEEK * weeks_back)
        return sum(counts.get(start + timedelta(days=day), 0) for day in range(length))

    earlier = [window(back) for back in range(1, WEEKS + 1) if until - timedelta(days=length + WEEK * back) >= first]
    if len(earlier) < FEWEST_WEEKS:
        return None
    count, norm = window(0), float(median(earlier))
    deviation = median(abs(value - norm) for value in earlier)
    spread = max(math.sqrt(norm), 1.4826 * deviation)
    if norm <= 0 or count > norm * MOST_SHARE or count >= norm - SPREADS * spread:
        return None
    return Drop(until - timedelta(days=1), length, count, norm)
