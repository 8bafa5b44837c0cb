"""Whether an action moves some people more than others in a way that can be foretold, and how far to trust it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slope:
    """Line of the measured on the foretold difference: its slope and standard error (0 and 0 where none is told)."""

    value: float
    error: float

    @property
    def t(self) -> float:
        """Slope over its standard error; 0 where there is none."""
        return self.value / self.error if self.error > 0 else 0.0


def within_groups(values: npt.ArrayLike, groups: npt.ArrayLike) -> Floats:
    """Return values less the mean of their group, shape (rows,).

    >>> within_groups([1.0, 3.0, 10.0], [0, 0, 1]).tolist()
    [-1.0, 1.0, 0.0]
    """
    raw = np.asarray(values, dtype=np.float64)
    _, place = np.unique(np.asarray(groups), return_inverse=True)
    mean = np.bincount(place, weights=raw) / np.bincount(place)
    return np.asarray(raw - mean[place], dtype=np.float64)


def calibration_slope(scores: npt.ArrayLike, foretold: npt.ArrayLike, groups: npt.ArrayLike | None = None) -> Slope:
    """Return the slope of doubly robust scores on foretold effects, both about their group's mean.

    The best linear predictor of the effect given the forecast (Chernozhukov, Demirer, Duflo & Fernández-Val 2018,
    theorem 2.1), with the errors of White 1980 (HC1). 1: as foretold; 0: the forecast says nothing. About group
    (fold) means, because the mean of a fold left out is low just where the others' is high.

    Args:
        scores: shape (rows,).
        foretold: shape (rows,), from models that have not seen the row.
        groups: fold of each row; ``None`` for one.

    >>> found = calibration_slope([0.0, 1.1, 1.9, 3.0], [0.0, 1.0, 2.0, 3.0])
    >>> round(found.value, 2), found.t > 10
    (0.98, True)

    """
    place = np.zeros(np.size(scores)) if groups is None else np.asarray(groups)
    x, y = within_groups(foretold, place), within_groups(scores, place)
    squares = float(x @ x)
    scale = float(np.max(np.abs(foretold), initial=0.0))
    if squares <= (1e-9 * max(scale, 1e-12)) ** 2 * x.size or x.size < 3:
        return Slope(0.0, 0.0)
    slope = float(x @ y) / squares
    residual = y - slope * x
    error = math.sqrt(float((x * residual) @ (x * residual)) * x.size / (x.size - 2)) / squares
    return Slope(slope, error)


def sequential_test(slopes: Sequence[Slope], trained_on: Sequence[int]) -> float:
    """Return the one-sided chance of slopes this steep if nothing can be foretold.

    Each slope is of one fold, on forecasts by models of *earlier* folds only; their t values then add up as a
    martingale, ``Z = Σ w t / √Σ w²`` (Wager 2024, "Sequential validation of treatment heterogeneity"). The t values
    of ordinary cross-fitting are too wide, since each pair of folds counts twice.

    Args:
        slopes: of the folds, in order.
        trained_on: rows the models of each had seen; weights are their roots. Same length.

    >>> round(sequential_test([Slope(1.0, 0.5), Slope(1.0, 0.5)], [100, 100]), 4)
    0.0023

    """
    weights = np.sqrt(np.asarray(trained_on, dtype=np.float64))
    z = float(weights @ np.array([slope.t for slope in slopes])) / math.sqrt(float(weights @ weights))
    return float(ndtr(-z)) if z else 1.0


def trusted_share(slope: Slope) -> float:
    """Return what share of the foretold differences to believe, at least 0: empirical Bayes on the slope.

    ``slope × max(0, 1 − 2 se² / slope²)``, the positive-part rule of James & Stein on one slope; the variance counts
    twice because cross-fitted folds share their people (see `sequential_test`).

    >>> trusted_share(Slope(1.0, 0.1)), trusted_share(Slope(0.1, 0.1)), trusted_share(Slope(-1.0, 0.1))
    (0.98, 0.0, 0.0)

    """
    if slope.value <= 0 or slope.error <= 0:
        return 0.0
    return slope.value * max(0.0, 1 - 2 * slope.error**2 / slope.value**2)
