"""Diminishing returns: the response to spend relative to the response at a reference spend."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import log_expit

Floats = npt.NDArray[np.float64]


def relative_response(
    spend: Floats, half: Floats | float, shape: Floats | float = 1.0, sharpness: float = 1.0
) -> Floats:
    """Return ``u^a ((k κ^am + 1) / (k κ^am + u^am))^(1/m)``, k = 2^m − 1: a saturating curve, 1 at the reference.

    m = 1 is Hill's curve, and Michaelis and Menten's for a = 1 (Jin et al. 2017, "Bayesian methods for media mix
    modeling", eq. 3, rescaled); m = 2 is Smith's (1936, "Photosynthesis in relation to light and carbon dioxide"),
    which stays near its first slope for longer and reaches its ceiling sooner. Concave for a ≤ 1, S-shaped above.

    Args:
        spend: u ≥ 0, in units of the reference spend; broadcasts with the parameters.
        half: κ > 0, the spend that brings half of the ceiling, in the same units, whatever a and m.
        shape: a > 0.
        sharpness: m ≥ 1, how abruptly the ceiling is reached; the ceiling is ``(1 + k κ^am)^(1/m)``.

    >>> relative_response(np.array([0.0, 1.0, 2.0]), 1.0)
    array([0.        , 1.        , 1.33333333])
    >>> relative_response(np.array([0.0, 0.5, 1.0]), 1.0, 2.0)
    array([0. , 0.4, 1. ])
    >>> relative_response(np.array([1.0, 1e9]), 1.0, sharpness=2.0)
    array([1., 2.])

    """
    scaled = np.asarray(spend, dtype=np.float64)
    if np.ndim(shape) == 0 and shape == 1.0 and sharpness == 1.0:
        return np.asarray(scaled * (1 + half) / (scaled + half), dtype=np.float64)
    # By logarithms: a steep curve's powers leave the range of floats.
    power = np.asarray(shape) * sharpness
    middle = np.log(half) + np.log(2**sharpness - 1) / power
    with np.errstate(divide="ignore"):
        beyond = log_expit(power * (np.log(scaled) - middle)) - log_expit(-power * middle)
    return np.asarray(np.exp(beyond / sharpness), dtype=np.float64)
