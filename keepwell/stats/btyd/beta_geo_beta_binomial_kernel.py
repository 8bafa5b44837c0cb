"""The likelihood of BG/BB over distinct histories, with its gradient."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from keepwell.stats.btyd.opportunity_base import OpportunityBase

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def history_terms(parameters: Floats, base: OpportunityBase, ahead: int = 0) -> tuple[Floats, Floats, Floats]:
    """Return log L(x, t_x, n + ahead) per history, its gradient by log α, β, γ, δ, and the part of who has not stopped.

    Equation 8 of Fader, Hardie & Shang (2010); every ratio of beta functions in it is one of rising factorials, whose
    logarithms and slopes are cumulative sums.

    Args:
        parameters: α, β, γ, δ.
        base: the histories.
        ahead: further opportunities, none of them used.

    Returns:
        Shapes (histories,), (histories, 4) and (histories,).

    """
    alpha, beta, gamma, delta = (float(value) for value in parameters)
    seen = base.opportunities + ahead
    size = int(seen.max()) + 2
    bases = np.array([alpha, beta, alpha + beta, delta, gamma + delta])[:, None] + np.arange(size - 1)
    logs, slopes = np.zeros((5, size)), np.zeros((5, size))
    logs[:, 1:], slopes[:, 1:] = np.cumsum(np.log(bases), axis=1), np.cumsum(1.0 / bases, axis=1)
    values, gradients, alive = np.empty(len(seen)), np.empty((len(seen), 4)), np.empty(len(seen))
    _history_terms(base.frequency, base.recency, seen, parameters, logs, slopes, values, gradients, alive)
    return values, gradients, alive


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _log_path(logs: Floats, log_gamma: float, x: int, lived: int, seen: int) -> float:
    """Return the logarithm of the probability of the history with the end right after so many opportunities."""
    path: float = logs[0, x] + logs[1, lived - x] - logs[2, lived] + logs[3, lived]
    path += -logs[4, lived] if lived == seen else log_gamma - logs[4, lived + 1]
    return path


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _history_terms(
    frequency: Ints,
    recency: Ints,
    opportunities: Ints,
    parameters: Floats,
    logs: Floats,
    slopes: Floats,
    values: Floats,
    gradients: Floats,
    alive: Floats,
) -> None:
    alpha, beta, gamma, delta = parameters
    log_gamma = math.log(gamma)
    for row in range(frequency.size):
        x, seen = frequency[row], opportunities[row]
        top = -math.inf
        for lived in range(recency[row], seen + 1):
            top = max(top, _log_path(logs, log_gamma, x, lived, seen))
        total = by_alpha = by_beta = by_gamma = by_delta = 0.0
        for lived in range(recency[row], seen + 1):
            weight = math.exp(_log_path(logs, log_gamma, x, lived, seen) - top)
            trials = lived if lived == seen else lived + 1
            total += weight
            by_alpha += weight * (slopes[0, x] - slopes[2, lived])
            by_beta += weight * (slopes[1, lived - x] - slopes[2, lived])
            by_gamma += weight * ((0.0 if lived == seen else 1.0 / gamma) - slopes[4, trials])
            by_delta += weight * (slopes[3, lived] - slopes[4, trials])
        values[row] = top + math.log(total)
        alive[row] = _log_path(logs, log_gamma, x, seen, seen)
        gradients[row, 0] = alpha * by_alpha / total
        gradients[row, 1] = beta * by_beta / total
        gradients[row, 2] = gamma * by_gamma / total
        gradients[row, 3] = delta * by_delta / total
