"""Carry-over: what is spent this week works in later weeks too."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]
BEFORE = 4  # weeks whose mean stands for the unknown weeks before the first


def adstock(spend: Floats, decay: Floats | float, lag: int = 0) -> Floats:
    """Return ``a_t = (1 − θ) Σ_l θ^l x_{t − lag − l}``, geometric carry-over whose weights sum to 1.

    A constant spend keeps its size, so that a response to adstock is a response to steady spend. The weeks before the
    first are taken to be like the mean of the first four (Broadbent 1979; Jin et al. 2017, eq. 1).

    Args:
        spend: shape (T,), T ≥ 1.
        decay: θ in [0, 1); a scalar or shape (M,).
        lag: whole weeks before the spend begins to work, at least 0.

    Returns:
        Shape (T,) for a scalar decay, (M, T) else.

    >>> adstock(np.array([0.0, 0, 0, 0, 8, 0, 0]), 0.5)
    array([0., 0., 0., 0., 4., 2., 1.])

    """
    theta = np.asarray(decay, dtype=np.float64)
    known = np.asarray(spend, dtype=np.float64)
    before = float(known[:BEFORE].mean())
    shifted = np.concatenate((np.full(lag, before), known))[: known.size]
    carried = _carried(np.atleast_1d(theta).ravel(), shifted, before)
    return carried.reshape((*theta.shape, known.size))


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _carried(theta: Floats, shifted: Floats, before: float) -> Floats:
    carried = np.empty((theta.size, shifted.size))
    for row in range(theta.size):
        state = before
        for week in range(shifted.size):
            state = theta[row] * state + (1 - theta[row]) * shifted[week]
            carried[row, week] = state
    return carried
