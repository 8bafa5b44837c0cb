"""Shares of revenue with their intervals: customers differ, so another year's customers would give another share."""

from __future__ import annotations

import math

import numpy as np

from keepwell.decide.order_log import Floats
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence

FEWEST = 30  # below this many customers the normal interval of a skewed sum is not to be trusted
TOO_FEW = "too few customers for an interval"


def share_of_sum(part: Floats, whole: Floats) -> Estimate | None:
    """Return Σ part / Σ whole over customers with its 95 % interval, cut at 0 and 1.

    Source: the linearised variance of a ratio, Cochran (1977), "Sampling Techniques", eq. 6.13.

    Args:
        part: money of each customer that counts, shape (customers,).
        whole: all money of the same customers.

    Returns:
        ``None`` when the whole is not above 0.

    >>> found = share_of_sum(np.array([1.0, 0.0] * 50), np.array([1.0, 1.0] * 50))
    >>> round(found.value, 2), round(found.low, 2), round(found.high, 2)
    (0.5, 0.4, 0.6)

    """
    total = float(whole.sum())
    if total <= 0:
        return None
    share = float(part.sum()) / total
    return _with_interval(min(1.0, max(0.0, share)), (part - share * whole) / total)


def share_of_the_best(share: float, revenue: Floats, fraction: float) -> Estimate:
    """Return the share of revenue that the best fraction of customers brings, with its 95 % interval.

    Source: the asymptotic variance of Lorenz curve ordinates, Beach & Davidson (1983), "Distribution-free statistical
    inference with Lorenz curves and income shares", Review of Economic Studies 50(4), 723–735, section 2.

    Args:
        share: the share as counted, in [0, 1].
        revenue: of each customer who ordered, at least 0, shape (customers,).
        fraction: of the customers, in (0, 1), e.g. 0.1.

    >>> even = share_of_the_best(0.1, np.full(100, 5.0), 0.1)
    >>> round(even.low, 2), round(even.high, 2)
    (0.1, 0.1)

    """
    total = float(revenue.sum())
    if total <= 0:
        return Estimate(share, evidence=Evidence.COUNTED, note=TOO_FEW)
    # What one customer adds: the excess over the least of the best, and that least for the room in the best group.
    least = float(np.quantile(revenue, 1 - fraction))
    influence = (np.maximum(revenue - least, 0) + least * fraction - share * revenue) / total
    return _with_interval(share, influence - influence.mean())


def _with_interval(share: float, influence: Floats) -> Estimate:
    if influence.size < FEWEST:
        return Estimate(share, evidence=Evidence.COUNTED, note=TOO_FEW)
    half = Z_95 * math.sqrt(influence.size / (influence.size - 1) * float((influence**2).sum()))
    return Estimate(share, max(0.0, share - half), min(1.0, share + half), evidence=Evidence.COUNTED)
