"""Luck that belongs to a person, a month and a purpose: the same whatever a policy does (common random numbers).

A counter-based generator (SplitMix64's finaliser over a mixed key): no state, so paired runs cannot drift apart.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, pdtrik

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


class Purpose(IntEnum):
    """What a random number is for; each has its own stream."""

    ORDERS = 1
    DROPOUT = 2
    ORDER_DAY = 3
    ORDER_SPEND = 4
    NEWCOMERS = 5
    DEMAND = 6
    CREDIT = 7
    CREDIT_TO = 8
    REDEMPTION = 9


def uniform(keys: Keys, month: int, purpose: Purpose, extra: Keys | None = None) -> Floats:
    """Return one number in (0, 1) per key for this month and purpose (``extra`` tells apart several per key)."""
    offset = (month * 0xD1342543DE82EF95 + int(purpose) * 0x2545F4914F6CDD1D) & _MASK
    x = keys * np.uint64(_GOLDEN) + np.uint64(offset)
    if extra is not None:
        x = x ^ (extra + np.uint64(1)) * np.uint64(0xA0761D6478BD642F)
    for _ in range(2):
        x = (x ^ (x >> _S30)) * _FIRST
        x = (x ^ (x >> _S27)) * _SECOND
        x = x ^ (x >> _S31)
    return ((x >> _S11).astype(np.float64) + 0.5) * 2.0**-53


def normal(keys: Keys, month: int, purpose: Purpose, extra: Keys | None = None) -> Floats:
    """Return one standard normal number per key."""
    drawn: Floats = ndtri(uniform(keys, month, purpose, extra))
    return drawn


def poisson(means: Floats, uniforms: Floats) -> NDArray[np.int64]:
    """Invert the Poisson distribution: rises with both arguments, so more pressure never brings fewer people."""
    counts = np.zeros(means.shape, dtype=np.int64)
    large = means > 30
    if large.any():
        counts[large] = np.ceil(np.maximum(pdtrik(uniforms[large], means[large]), 0)).astype(np.int64)
    open_ = np.flatnonzero(~large & (means > 0))
    term = np.exp(-means[open_])
    left = uniforms[open_] - term
    step = 0
    while len(open_) and step < 200:
        step += 1
        more = left > 0
        open_, term, left = open_[more], term[more], left[more]
        counts[open_] = step
        term = term * means[open_] / step
        left = left - term
    return counts
