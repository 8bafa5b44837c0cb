"""Diminishing returns: the response to spend relative to the response at a reference spend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import log_expit

Floats = npt.NDArray[np.float64]


def relative_response(spend: Floats, half: Floats | float, shape: Floats | float = 1.0) -> Floats:
    """Return ``u^a (1 + κ^a) / (u^a + κ^a)``: a Hill curve scaled to 1 at the reference spend.

    For a = 1 (Michaelis–Menten) it is concave, with ceiling 1 + κ and elasticity κ / (1 + κ) at the reference spend;
    for a > 1 it is S-shaped (Jin et al. 2017, "Bayesian methods for media mix modeling", eq. 3, rescaled).

    Args:
        spend: u ≥ 0, in units of the reference spend; broadcasts with the parameters.
        half: κ > 0, the spend that brings half of the ceiling, in the same units.
        shape: a > 0.

    >>> relative_response(np.array([0.0, 1.0, 2.0]), 1.0)
    array([0.        , 1.        , 1.33333333])
    >>> relative_response(np.array([0.0, 0.5, 1.0]), 1.0, 2.0)
    array([0. , 0.4, 1. ])

    """
    scaled = np.asarray(spend, dtype=np.float64)
    if np.ndim(shape) == 0 and shape == 1.0:
        return np.asarray(scaled * (1 + half) / (scaled + half), dtype=np.float64)
    # By logarithms: a steep curve's powers leave the range of floats.
    middle = np.log(half)
    with np.errstate(divide="ignore"):
        beyond = log_expit(shape * (np.log(scaled) - middle)) - log_expit(-shape * middle)
    return np.asarray(np.exp(beyond), dtype=np.float64)
