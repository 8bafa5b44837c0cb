"""Whether treated and untreated people can be compared at all when no lot was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.folds import folds
from keepwell.stats.logistic import RidgeLogistic

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TRIM = 0.1  # Crump et al. 2009: outside [0.1, 0.9] a comparison rests on a few people
FOLDS = 5


@dataclass(frozen=True, eq=False)
class Overlap:
    """How alike treated and untreated people were.

    Args:
        propensity: chance of being treated given who they are, shape (rows,), by models that have not seen the row.
        is_kept: who can be compared, shape (rows,).
        trimmed_share: of people who cannot.
        effective_treated, effective_control: people that the weighted arms are worth (Kish 1965).

    """

    propensity: Floats
    is_kept: Flags
    trimmed_share: float
    effective_treated: float
    effective_control: float


def overlap(features: npt.ArrayLike, treated: npt.ArrayLike, *, trim: float = TRIM, seed: int = 0) -> Overlap:
    """Return cross-fitted propensities, who is kept, and what the rest is worth.

    Args:
        features: shape (rows, columns), finite; known before the treatment.
        treated: shape (rows,), 1 or 0, at least five of each.
        trim: people with a propensity outside [trim, 1 − trim] are left out (Crump, Hotz, Imbens & Mitnik 2009).
        seed: of the folds.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(1000, 2))
    >>> found = overlap(x, rng.random(1000) < 0.5)
    >>> found.trimmed_share, found.effective_control > 400
    (0.0, True)

    """
    columns, t = np.asarray(features, dtype=np.float64), np.asarray(treated, dtype=np.float64)
    chance = np.empty(len(t))
    place = folds(t, FOLDS, seed=seed)
    for fold in range(FOLDS):
        out = place == fold
        chance[out] = RidgeLogistic().fit(columns[~out], t[~out]).probability(columns[out])
    kept = (chance >= trim) & (chance <= 1 - trim)
    with_it, without = kept & (t == 1), kept & (t == 0)
    return Overlap(
        chance,
        kept,
        float(1 - kept.mean()),
        effective_size(1 / chance[with_it]),
        effective_size(1 / (1 - chance[without])),
    )


def effective_size(weights: npt.ArrayLike) -> float:
    """Return ``(Σ w)² / Σ w²``, the people that weighted people are worth; 0 for nobody.

    >>> effective_size([1.0, 1.0]), effective_size([1.0, 0.0])
    (2.0, 1.0)
    """
    weight = np.asarray(weights, dtype=np.float64)
    return float(weight.sum() ** 2 / (weight**2).sum()) if weight.size else 0.0
