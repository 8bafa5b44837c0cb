"""Building blocks of KPI values: a count, a rate, a mean or a ratio, each with what it takes to check it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.period_totals import Totals
from keepwell.understand.retention import Rules
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Z_95, NotAvailable, SampleMean, wilson
from keepwell.vocabulary.kpi import KpiValue, Unit
from keepwell.vocabulary.period import Period

Number = int | float | Decimal
Interval = tuple[float | None, float | None]
NO_INTERVAL: Interval = (None, None)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that the KPIs of one group in one period are read from.

    ``log``: days from the first to the last order. ``no_window``: why no activity window can be said, where it cannot.
    ``medians``: (median, count) by name. ``spend``: of the period, or why there is none. ``order_columns``: what the
    orders say.
    """

    totals: Totals
    medians: dict[str, tuple[float, int]]
    spend: Number | NotAvailable
    period: Period
    log: Period
    rules: Rules
    no_window: NotAvailable | None
    business: Business
    group: str | None
    order_columns: frozenset[str] = frozenset()
    note: str = ""

    def value(
        self, key: str, value: float | NotAvailable, numerator: Number | None, denominator: Number | None,
        interval: Interval = NO_INTERVAL, note: str = "",
    ) -> KpiValue:  # fmt: skip
        """Return the KPI's value with its period, group, currency and notes."""
        return KpiValue(
            key,
            value,
            None if numerator is None else float(numerator),
            None if denominator is None else float(denominator),
            self.period.start,
            self.period.end,
            *interval,
            currency=self.business.currency if DEFINITIONS[key].unit is Unit.MONEY else None,
            group=self.group,
            note="; ".join(text for text in (note, self.note) if text),
        )

    def count(self, key: str, amount: Number, note: str = "") -> KpiValue:
        """Return a count or a sum of money."""
        return self.value(key, float(amount), amount, None, note=note)

    def divided(
        self,
        key: str,
        numerator: Number,
        denominator: Number,
        why_not: str,
        interval: Interval = NO_INTERVAL,
        note: str = "",
    ) -> KpiValue:
        """Return numerator / denominator; not available where the denominator is not above 0."""
        if denominator <= 0:
            return self.value(key, NotAvailable(why_not), numerator, denominator, note=note)
        return self.value(key, float(numerator) / float(denominator), numerator, denominator, interval, note)

    def share(self, key: str, part: int, whole: int, why_not: str, note: str = "") -> KpiValue:
        """Return a share of people with its Wilson interval; without one where the part is not within the whole."""
        interval = wilson(part, whole) if 0 <= part <= whole and whole else NO_INTERVAL
        return self.divided(key, part, whole, why_not, interval, note)

    def mean(self, key: str, n: int, total: Number, squares: float, why_not: str, note: str = "") -> KpiValue:
        """Return a mean with its normal-theory interval."""
        found = SampleMean(n, float(total), float(squares)).estimate()
        interval = NO_INTERVAL if isinstance(found, NotAvailable) else (found.low, found.high)
        return self.divided(key, total, n, why_not, interval, note)


def ratio_interval(n: int, x: float, y: float, xx: float, xy: float, yy: float) -> Interval:
    """Return the 95 % interval of Σx / Σy over ``n`` independent customers (Cochran 1977, eq. 6.13, linearised).

    Args:
        n: customers.
        x, y: sums of the numerator and the denominator.
        xx, xy, yy: sums of squares and of products.

    >>> low, high = ratio_interval(2, 30.0, 2.0, 500.0, 30.0, 2.0)
    >>> round(low, 2), round(high, 2)
    (5.2, 24.8)

    """
    if n < 2 or y <= 0:
        return NO_INTERVAL
    ratio = x / y
    residuals = max(0.0, xx - 2 * ratio * xy + ratio * ratio * yy)
    half = Z_95 * math.sqrt(residuals * n / (n - 1)) / y
    return ratio - half, ratio + half
