"""The share still there after a time, counted where not everybody has been watched that long."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable


def kaplan_meier(duration: npt.ArrayLike, left: npt.ArrayLike, time: float) -> Estimate | NotAvailable:
    """Return the share still there after ``time`` (Kaplan & Meier 1958, eq. 2b), with its 95 % interval.

    The interval is normal on log(−log S) with Greenwood's variance (Kalbfleisch & Prentice 2002, eq. 1.15).

    Args:
        duration: shape (rows,), time until leaving or until last seen.
        left: shape (rows,), true where the customer left at ``duration``.
        time: at least 0; not available beyond the longest duration.

    >>> round(kaplan_meier([1, 2, 2, 3], [True, True, False, False], 2).value, 3)
    0.5

    """
    times, events = np.asarray(duration, dtype=np.float64), np.asarray(left, dtype=bool)
    if not len(times) or times.max() < time:
        return NotAvailable("nobody was watched that long")
    moments, deaths = np.unique(times[events & (times <= time)], return_counts=True)
    at_risk = len(times) - np.searchsorted(np.sort(times), moments, side="left")
    share = float(np.prod(1 - deaths / at_risk))
    if not 0 < share < 1:
        return Estimate(share, note="nobody or everybody left: no interval")
    variance = float(np.sum(deaths / (at_risk * np.maximum(at_risk - deaths, 1))))
    half = Z_95 * math.sqrt(variance) / abs(math.log(share))
    return Estimate(share, share ** math.exp(half), share ** math.exp(-half))
