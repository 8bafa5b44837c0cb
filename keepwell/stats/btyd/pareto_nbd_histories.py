"""Purchase histories folded into the pairs that a Pareto/NBD likelihood is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from keepwell.stats.btyd.customer_base import CustomerBase

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DENSE = 20_000_000  # cells of a table up to which marking is quicker than sorting
TABLE = 10_000  # x up to which Γ(r + x)/Γ(r) is summed up, exact for every r; beyond, log-gamma differences do


@dataclass(frozen=True, slots=True)
class Pairs:
    """Distinct pairs of a frequency and a time, in days, and which of them each row has."""

    frequency: Floats  # shape (pairs,)
    time: Floats  # shape (pairs,)
    of_row: Ints  # shape (rows,)

    @classmethod
    def of(cls, frequency: Ints, time: Floats) -> Pairs:
        """Fold rows into pairs.

        >>> Pairs.of(np.array([1, 0, 1]), np.array([9.0, 9.0, 9.0])).of_row
        array([1, 0, 1])

        """
        times, at_time = _distinct(time)
        keys, of_row = _distinct_keys(frequency * len(times) + at_time)
        return cls((keys // len(times)).astype(np.float64), times[keys % len(times)], of_row)


@dataclass(frozen=True, slots=True)
class Histories:
    """Distinct (x, t_x, T) with their counts, as pairs (x, T) and (x, t_x).

    A million customers have some ten thousand such pairs, and only the pairs need special functions.
    """

    at_end: Pairs
    at_last: Pairs
    customers: Floats  # shape (rows,)
    frequency: Floats  # distinct x, shape (frequencies,)
    frequency_customers: Floats

    @classmethod
    def of(cls, base: CustomerBase) -> Histories:
        """Fold a customer base."""
        end, last = Pairs.of(base.frequency, base.age_days), Pairs.of(base.frequency, base.recency_days)
        keys, of_row = _distinct_keys(end.of_row * len(last.time) + last.of_row)
        customers = np.bincount(of_row, weights=base.customers).astype(np.float64)
        frequency, of_frequency = _distinct_keys(base.frequency)
        return cls(
            Pairs(end.frequency, end.time, keys // len(last.time)),
            Pairs(last.frequency, last.time, keys % len(last.time)),
            customers,
            frequency.astype(np.float64),
            np.bincount(of_frequency, weights=base.customers).astype(np.float64),
        )


def rising(r: float, frequency: Floats) -> tuple[Floats, Floats]:
    """Return log Γ(r + x) − log Γ(r) and its derivative by r, for each x of a sorted array.

    >>> values, slopes = rising(2.0, np.array([0.0, 3.0]))  # log(2 · 3 · 4), ½ + ⅓ + ¼
    >>> np.exp(values).round(9).tolist(), slopes.round(6).tolist()
    ([1.0, 24.0], [0.0, 1.083333])

    """
    small = frequency <= TABLE
    x = frequency[small].astype(np.int64)
    steps = r + np.arange(x[-1] if x.size else 0)
    values, slopes = np.zeros_like(frequency), np.zeros_like(frequency)
    values[small] = np.concatenate([[0.0], np.cumsum(np.log(steps))])[x]
    slopes[small] = np.concatenate([[0.0], np.cumsum(1.0 / steps)])[x]
    values[~small] = gammaln(r + frequency[~small]) - gammaln(r)
    slopes[~small] = digamma(r + frequency[~small]) - digamma(r)
    return values, slopes


def _distinct(time: Floats) -> tuple[Floats, Ints]:
    if (time == np.floor(time)).all():
        keys, of_row = _distinct_keys(time.astype(np.int64))
        return keys.astype(np.float64), of_row
    times, at_time = np.unique(time, return_inverse=True)
    return times, at_time.astype(np.int64)


def _distinct_keys(keys: Ints) -> tuple[Ints, Ints]:
    """Return the distinct keys, sorted, and which of them each row has; keys are at least 0."""
    cells = int(keys.max()) + 1
    if cells > DENSE:
        distinct, of_row = np.unique(keys, return_inverse=True)
        return distinct, of_row.astype(np.int64)
    is_there = np.zeros(cells, dtype=np.bool_)
    is_there[keys] = True
    return np.flatnonzero(is_there), (np.cumsum(is_there) - 1)[keys]
