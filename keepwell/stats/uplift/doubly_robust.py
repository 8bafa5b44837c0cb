"""Doubly robust scores: one noisy but unbiased measurement of the effect on each person, and their average."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence

Floats = npt.NDArray[np.float64]


def robust_scores(
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    propensity: npt.ArrayLike,
    if_treated: npt.ArrayLike,
    if_not: npt.ArrayLike,
) -> Floats:
    """Return ``m₁ − m₀ + t (y − m₁)/p − (1 − t)(y − m₀)/(1 − p)`` of shape (rows,).

    Their mean is the augmented inverse-probability-weighted estimate (Robins, Rotnitzky & Zhao 1994; Kennedy 2023,
    eq. 1): right if either the propensity or both outcome means are, and in an experiment always.

    Args:
        outcome: y, shape (rows,).
        treated: t, 1 or 0.
        propensity: p, chance of being treated, strictly between 0 and 1.
        if_treated: m₁, expected outcome if treated, from models that have not seen the row.
        if_not: m₀, expected outcome if not.

    Raises:
        InputError: a propensity is not strictly between 0 and 1.

    >>> robust_scores([3.0, 1.0], [1, 0], 0.5, [2.0, 2.0], [1.0, 1.0]).tolist()
    [3.0, 1.0]

    """
    y, t = np.asarray(outcome, dtype=np.float64), np.asarray(treated, dtype=np.float64)
    p = np.broadcast_to(np.asarray(propensity, dtype=np.float64), y.shape)
    if not ((p > 0) & (p < 1)).all():
        raise InputError(
            "uplift.propensity",
            "The chance of being treated must lie strictly between 0 and 1 for everybody.",
            value=float(p[~((p > 0) & (p < 1))][0]),
            advice="Leave out people who were always or never treated.",
        )
    m1, m0 = np.asarray(if_treated, dtype=np.float64), np.asarray(if_not, dtype=np.float64)
    return np.asarray(m1 - m0 + t * (y - m1) / p - (1 - t) * (y - m0) / (1 - p), dtype=np.float64)


def average_effect(scores: npt.ArrayLike, *, evidence: Evidence = Evidence.EXPERIMENT) -> Estimate:
    """Return the mean of doubly robust scores with its 95 % interval, ``mean ± 1.96 sd / √n``.

    Args:
        scores: shape (rows,), at least two.
        evidence: of the campaign.

    >>> found = average_effect([1.0, 3.0, 1.0, 3.0])
    >>> found.value, round(found.high, 2)
    (2.0, 3.13)

    """
    values = np.asarray(scores, dtype=np.float64)
    half = Z_95 * float(values.std(ddof=1)) / math.sqrt(values.size)
    centre = float(values.mean())
    return Estimate(centre, centre - half, centre + half, evidence=evidence)


def difference_in_means(outcome: npt.ArrayLike, treated: npt.ArrayLike) -> Estimate:
    """Return mean outcome of the treated less that of the control group, with its 95 % interval (unequal variances).

    Args:
        outcome: shape (rows,).
        treated: shape (rows,), 1 or 0, at least two of each.

    Raises:
        InputError: an arm holds fewer than two people.

    >>> found = difference_in_means([1, 1, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0])
    >>> round(found.value, 3)
    0.333

    """
    y, is_treated = np.asarray(outcome, dtype=np.float64), np.asarray(treated) == 1
    with_it, without = y[is_treated], y[~is_treated]
    if min(with_it.size, without.size) < 2:
        raise InputError(
            "uplift.arm", "Each arm needs at least two people.", value=(with_it.size, without.size), advice="Add rows."
        )
    half = Z_95 * math.sqrt(with_it.var(ddof=1) / with_it.size + without.var(ddof=1) / without.size)
    found = float(with_it.mean() - without.mean())
    return Estimate(found, found - half, found + half, evidence=Evidence.EXPERIMENT)
