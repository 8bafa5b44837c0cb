"""Differences of log-gamma and digamma functions that keep their digits where both are huge."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

Floats = npt.NDArray[np.float64]

LARGE = 40.0  # beyond, Stirling's series below is exact to the last digits


def log_gamma_rise(base: Any, rise: Any) -> Floats:
    """Return ``ln Γ(base + rise) − ln Γ(base)`` elementwise; base above 0, rise at least 0.

    Stirling's series (Abramowitz & Stegun 6.1.40) for large bases, where the plain difference loses its digits: a
    base of customers who hardly differ has shapes of 10⁶ and more.

    >>> bool(abs(log_gamma_rise(1e9, 1.0) - np.log(1e9)) < 1e-12)
    True

    """
    base, rise = np.broadcast_arrays(np.asarray(base, float), np.asarray(rise, float))
    is_large = base > LARGE
    b, x = np.where(is_large, base, LARGE), np.where(is_large, rise, 0.0)
    share = np.log1p(x / b)
    series = x * np.log(b) + (b + x - 0.5) * share - x + _tail(b + x) - _tail(b)
    small = np.where(is_large, 1.0, base)
    plain = gammaln(small + rise) - gammaln(small)
    return np.asarray(np.where(is_large, series, plain), dtype=np.float64)


def digamma_rise(base: Any, rise: Any) -> Floats:
    """Return ``ψ(base + rise) − ψ(base)`` elementwise; base above 0, rise at least 0 (Abramowitz & Stegun 6.3.18).

    >>> bool(abs(digamma_rise(1e9, 1.0) - 1e-9) < 1e-18)
    True

    """
    base, rise = np.broadcast_arrays(np.asarray(base, float), np.asarray(rise, float))
    is_large = base > LARGE
    b, x = np.where(is_large, base, LARGE), np.where(is_large, rise, 0.0)
    series = np.log1p(x / b) + x / (2 * b * (b + x)) + _slope(b + x) - _slope(b)
    small = np.where(is_large, 1.0, base)
    plain = digamma(small + rise) - digamma(small)
    return np.asarray(np.where(is_large, series, plain), dtype=np.float64)


def log_beta_fall(alpha: Any, beta: Any, rise: Any) -> Floats:
    """Return ``ln B(alpha, beta + rise) − ln B(alpha, beta)``: the logarithm of E[(1 − θ)^rise], θ ~ Beta(α, β).

    >>> bool(abs(np.exp(log_beta_fall(1.0, 1.0, 1.0)) - 0.5) < 1e-15)
    True

    """
    alpha, beta, rise = np.broadcast_arrays(*(np.asarray(part, float) for part in (alpha, beta, rise)))
    # Γ(β + x) Γ(α + β) / (Γ(β) Γ(α + β + x)) is symmetric in α and x: the smaller one steps, so that no term is larger
    # than the result by orders of magnitude
    step, shift = np.minimum(alpha, rise), np.maximum(alpha, rise)
    is_large = beta > LARGE
    b, x, far = np.where(is_large, beta, LARGE), np.where(is_large, step, 0.0), np.where(is_large, shift, 0.0)
    whole = b + far
    bend = (b + x - 0.5) * np.log1p(x / b) - (whole + x - 0.5) * np.log1p(x / whole)
    tails = _tail(b + x) - _tail(b) - _tail(whole + x) + _tail(whole)
    series = -x * np.log1p(far / b) + bend + tails
    small = np.where(is_large, 1.0, beta)
    plain = log_gamma_rise(small, step) - log_gamma_rise(small + shift, step)
    return np.asarray(np.minimum(np.where(is_large, series, plain), 0.0), dtype=np.float64)


def _tail(b: Floats) -> Floats:
    inverse = 1.0 / b
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))


def _slope(b: Floats) -> Floats:
    square = 1.0 / (b * b)
    return -square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square / 240)))
