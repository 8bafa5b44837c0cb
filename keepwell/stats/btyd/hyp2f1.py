"""Gauss's hypergeometric function where purchase models need it, in logarithms, for every parameter above zero.

What they need is 2F1(A, a; a + b; −y) with A, a, b > 0 and y ≥ 0: the mean of (1 + p y)^−A over p ~ beta(a, b), between
0 and 1. Written with u = log(1 + y) and z = 1 − e^−u = y / (1 + y), two transformations turn it into series of z < 1
(Abramowitz & Stegun 1964, 15.3.3–15.3.5):

* Pfaff: e^(−A u) 2F1(A, b; a + b; z), all of whose terms are positive;
* Euler: e^(−a u) 2F1(a + b − A, a; a + b; z), which is short where A and b are in the thousands, as with very frequent
  customers, since a + b − A is not.

Where both are long (z near 1, or parameters near infinity), Euler's integral (15.3.1) is summed instead by the
trapezoidal rule over the logit of p, on which its integrand is analytic within ±π and has one mode: some 50 to 250
points give full precision.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]

LONG = 6000.0  # terms; the integral costs as much as about these
MOST = 1e6  # terms, whatever comes
NEGATIVE = -4.0  # first terms of Euler's series that alternate below this cancel digits
BIG, LOG_BIG = 1e200, 200 * math.log(10)
ENOUGH = 1e-17
TAIL = 42.0  # e^−42 is below the last digit of 1


def hyp2f1(power: float, a: float, b: float, y: float) -> float:
    """Return 2F1(power, a; a + b; −y): the mean of (1 + p y)^−power over p ~ beta(a, b), in (0, 1].

    Args:
        power: above 0.
        a: above 0.
        b: above 0.
        y: at least 0.

    >>> round(hyp2f1(1.0, 1.0, 1.0, 1.0), 6)  # log 2
    0.693147

    """
    return math.exp(log_hyp2f1(power, a, b, math.log1p(y)))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def log_hyp2f1(power: float, a: float, b: float, u: float) -> float:
    """Return the logarithm of 2F1(power, a; a + b; 1 − e^u), u ≥ 0."""
    if u <= 0.0:
        return 0.0
    z = -math.expm1(-u)
    third = a + b - power
    pfaff = _length(power, b, a + b, z, u)
    euler = _length(third, a, a + b, z, u) if third > NEGATIVE else math.inf
    if min(pfaff, euler) > LONG:
        return min(0.0, _log_integral(power, a, b, u) - _log_integral(0.0, a, b, 0.0))
    if euler < pfaff:
        return min(0.0, -a * u + _log_series(third, a, a + b, z))
    return min(0.0, -power * u + _log_series(power, b, a + b, z))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _length(first: float, second: float, below: float, z: float, u: float) -> float:
    """Return about how many terms a series needs: up to its largest one, then down to the last digit."""
    half = (below + 1.0 - z * (first + second)) / 2.0
    under = half * half - (1.0 - z) * (below - z * first * second)
    # the larger root of (first + n)(second + n) z = (below + n)(1 + n), with 1 − z = e^−u
    largest = max(0.0, (-half + math.sqrt(under)) * math.exp(u)) if under > 0.0 else 0.0
    if z < 0.5:
        return largest + TAIL / -math.log(z) + 6.0 * math.sqrt(largest)
    return largest + TAIL / -math.log1p(-math.exp(-u)) + 6.0 * math.sqrt(largest)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _log_series(first: float, second: float, below: float, z: float) -> float:
    """Return log 2F1(first, second; below; z) from its power series, rescaled before it overflows."""
    term, total, scale, n, factor = 1.0, 1.0, 0.0, 0.0, 0.0
    while n < MOST:
        for _ in range(8):  # looking at every eighth term only halves the time
            factor = (first + n) * (second + n) * z / ((below + n) * (n + 1.0))
            term *= factor
            total += term
            n += 1.0
        # once the terms fall, what is left is less than a geometric series
        if abs(factor) < 1.0 and abs(term) < ENOUGH * total * (1.0 - abs(factor)) and first + n > 0.0:
            break
        if total > BIG:
            term, total, scale = term / BIG, total / BIG, scale + LOG_BIG
    return scale + math.log(total)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _softplus(value: float) -> float:
    return value + math.log1p(math.exp(-value)) if value > 0.0 else math.log1p(math.exp(value))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _log_density(logit: float, power: float, a: float, b: float, u: float) -> float:
    """Return log of p^a (1 − p)^b (1 + p y)^−power, up to a constant, by the logit of p.

    1 + p y = (1 + e^(v + u)) / (1 + e^v) since 1 + y = e^u.
    """
    one = _softplus(logit)
    return a * logit - (a + b) * one - power * (_softplus(logit + u) - one)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _mode(power: float, a: float, b: float, u: float) -> float:
    """Return the logit of the density's one mode, by bisection of its falling slope."""
    low, high = -800.0 - u, 800.0
    for _ in range(80):
        middle = (low + high) / 2.0
        inside = 1.0 / (1.0 + math.exp(-middle)) if middle > -700.0 else 0.0
        beyond = 1.0 / (1.0 + math.exp(-middle - u)) if middle + u > -700.0 else 0.0
        # a (1 − p) − b p − power (q − p)
        outside = 1.0 / (1.0 + math.exp(middle)) if middle < 700.0 else 0.0
        if a * outside - b * inside - power * (beyond - inside) > 0.0:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _log_integral(power: float, a: float, b: float, u: float) -> float:
    """Return the logarithm of the density's integral over the logit, by the trapezoidal rule.

    Far out the density is an exact exponential (e^(a v) to the left, e^(−b v) to the right), and so is its sum.
    """
    mode = _mode(power, a, b, u)
    top = _log_density(mode, power, a, b, u)
    near, far = 1.0 / (1.0 + math.exp(-abs(mode))), math.exp(-abs(mode)) / (1.0 + math.exp(-abs(mode)))
    shifted = abs(mode + u)
    curve = (a + b - power) * near * far + power * math.exp(-shifted) / (1.0 + math.exp(-shifted)) ** 2
    step = 0.4 * min(1.0, 1.0 / math.sqrt(curve)) if curve > 0.0 else 0.4
    left = -TAIL - u - math.log1p(a + b + power)
    right = TAIL + math.log1p(a + b + power)
    total, logit = 1.0, mode
    while True:
        logit -= step
        part = math.exp(_log_density(logit, power, a, b, u) - top)
        total += part
        if part < ENOUGH * total * min(1.0, a * step):
            break
        if logit < left:
            total += part / math.expm1(a * step)
            break
    logit = mode
    while True:
        logit += step
        part = math.exp(_log_density(logit, power, a, b, u) - top)
        total += part
        if part < ENOUGH * total * min(1.0, b * step):
            break
        if logit > right:
            total += part / math.expm1(b * step)
            break
    return top + math.log(total * step)
