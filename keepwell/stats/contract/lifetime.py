"""Sums of survival over all time to come, to full precision, however slowly they converge."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from numpy.polynomial.legendre import leggauss

Floats = npt.NDArray[np.float64]
LogSurvival = Callable[[Floats], Floats]  # periods ahead, shape (n,) → ln of the share still there

PLAIN = 4096  # terms that are added up one by one; what follows is smooth enough for an integral
NODES, WEIGHTS = leggauss(48)  # on pieces of one e-fold of time
FAR = 60.0  # e-folds of time beyond which only the power law is left


def sum_of_discounted(log_survival: LogSurvival, discount_rate: float) -> float:
    """Return Σ S(k) / (1 + d)^(k − 1) over k = 1, 2, ….

    For sBG this is r · ₂F₁(1, β + n; α + β + n; 1 / (1 + d)) (Fader & Hardie 2010), whose usual series need a million
    terms or lose all digits for small rates or large shapes; here 4,096 terms are added and the rest is the integral
    with the Euler–Maclaurin correction.

    Args:
        log_survival: of periods ahead; 0 at 0, never rising.
        discount_rate: per period, above 0.

    """
    force = math.log1p(discount_rate)

    def log_term(ahead: Floats) -> Floats:
        return np.asarray(log_survival(ahead) - force * (ahead - 1), dtype=np.float64)

    return _plain(log_term) + _rest(log_term, math.log(PLAIN + 750.0 / force))


def sum_of_undiscounted(log_survival: LogSurvival, tail_exponent: float) -> float:
    """Return Σ S(k) over k = 1, 2, …, where S falls as k^−tail_exponent with an exponent above 1."""
    end = math.log(PLAIN) + FAR
    last = float(np.exp(log_survival(np.array([math.exp(end)])))[0])
    beyond = last * math.exp(end) / (tail_exponent - 1)
    return _plain(log_survival) + _rest(log_survival, end) + beyond


def _plain(log_term: LogSurvival) -> float:
    return float(np.exp(log_term(np.arange(1.0, PLAIN))).sum())


def _rest(log_term: LogSurvival, end: float) -> float:
    """Return the sum from PLAIN on, up to e^end where nothing is left: integral + f / 2 − f' / 12."""

    def term(ahead: float) -> float:
        return float(np.exp(log_term(np.array([ahead])))[0])

    first = term(PLAIN)
    if first == 0:
        return 0.0
    slope = (term(PLAIN + 1) - term(PLAIN - 1)) / 2
    cuts = np.linspace(math.log(PLAIN), end, max(1, math.ceil(end - math.log(PLAIN))) + 1)
    half = np.diff(cuts)[:, None] / 2
    times = np.exp(cuts[:-1, None] + half * (NODES + 1))  # in the logarithm of time survival bends slowly
    values = np.exp(log_term(times.ravel())).reshape(times.shape)
    return float((half * WEIGHTS * values * times).sum() + first / 2 - slope / 12)
