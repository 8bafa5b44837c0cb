"""What money that comes in later is worth now."""

from __future__ import annotations

import math


def spread_factor(discount_rate: float, days: float) -> float:
    """Return the mean present value of 1 that comes in evenly over the next ``days``.

    ``(1 − (1 + d)^−T) / (T ln(1 + d))`` with T in years of 365 days.

    Args:
        discount_rate: per year, at least 0.
        days: length of the time, at least 0.

    >>> round(spread_factor(0.10, 365), 4), spread_factor(0.0, 365)
    (0.9538, 1.0)

    """
    years = days / 365
    force = math.log1p(discount_rate) * years
    return -math.expm1(-force) / force if force > 0 else 1.0
