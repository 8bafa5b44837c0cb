"""Whether probabilities mean what they say, and how to make them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression
from scipy.special import expit, logit

from keepwell.stats.logistic import RidgeLogistic
from keepwell.stats.ranking import binary
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, SampleMean, wilson

Floats = npt.NDArray[np.float64]

BINS = 10
DRAWS = 2000
SMALLEST = 1e-6  # of a probability before its log-odds are taken


@dataclass(frozen=True, slots=True)
class ReliabilityRow:
    """The rows whose probability lies in one class.

    Args:
        predicted: their mean probability.
        observed, low, high: how often it happened, with its Wilson interval.
        customers: number of rows.

    """

    predicted: float
    observed: float
    low: float
    high: float
    customers: int


def probabilities(labels: npt.ArrayLike, given: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return labels and probabilities, checked (see `binary`); InputError where one lies outside [0, 1]."""
    truth, chance = binary(labels, given)
    outside = np.flatnonzero((chance < 0) | (chance > 1))
    if outside.size:
        raise InputError(
            "probability.range",
            f"{outside.size} of {chance.size} probabilities lie outside 0 and 1.",
            where=f"row {int(outside[0]) + 1}",
            value=float(chance[outside[0]]),
            advice="Hand in probabilities, not scores.",
        )
    return truth, chance


def brier_score(labels: npt.ArrayLike, given: npt.ArrayLike) -> Estimate:
    """Return the mean squared distance between probability and outcome (Brier 1950), with its 95 % interval.

    Args:
        labels: shape (rows,), 0 or 1.
        given: shape (rows,), probabilities.

    Raises:
        InputError: see `probabilities`.

    >>> round(brier_score([1, 0], [0.8, 0.4]).value, 3)
    0.1

    """
    truth, chance = probabilities(labels, given)
    squares = (truth - chance) ** 2
    found = SampleMean(len(squares), float(squares.sum()), float((squares**2).sum())).estimate()
    assert isinstance(found, Estimate)  # noqa: S101  there is at least one row
    return found


def log_loss(labels: npt.ArrayLike, given: npt.ArrayLike) -> float:
    """Return the mean negative log-likelihood of probabilities; none counts as surer than one in a million.

    >>> round(log_loss([1, 0], [0.5, 0.5]), 4)
    0.6931

    """
    truth, chance = probabilities(labels, given)
    safe = np.clip(chance, SMALLEST, 1 - SMALLEST)
    return float(-np.mean(truth * np.log(safe) + (1 - truth) * np.log1p(-safe)))


def reliability(labels: npt.ArrayLike, given: npt.ArrayLike, bins: int = BINS) -> tuple[ReliabilityRow, ...]:
    """Return how often it happened by class of probability, lowest first; classes of equal width, empty ones absent.

    Args:
        labels: shape (rows,), 0 or 1.
        given: shape (rows,), probabilities.
        bins: number of classes.

    Raises:
        InputError: see `probabilities`.

    >>> [(row.predicted, row.observed) for row in reliability([1, 0], [0.95, 0.05])]
    [(0.05, 0.0), (0.95, 1.0)]

    """
    truth, chance = probabilities(labels, given)
    found = []
    place = _class_of(chance, bins)
    for number in np.unique(place):
        rows = place == number
        happened, size = int(truth[rows].sum()), int(rows.sum())
        low, high = wilson(happened, size)
        found.append(ReliabilityRow(float(chance[rows].mean()), happened / size, low, high, size))
    return tuple(found)


def expected_calibration_error(
    labels: npt.ArrayLike, given: npt.ArrayLike, bins: int = BINS, *, seed: int = 0
) -> Estimate:
    """Return the mean distance between probability and frequency over classes (Guo et al. 2017, eq. 3).

    Chance alone makes it positive; the note says how large it would be were every probability exact. The 95 %
    interval comes from drawing each class's distance from its sampling distribution.

    Args:
        labels: shape (rows,), 0 or 1.
        given: shape (rows,), probabilities.
        bins: number of classes of equal width.
        seed: of the draws.

    Raises:
        InputError: see `probabilities`.

    >>> expected_calibration_error([1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5]).value
    0.0

    """
    truth, chance = probabilities(labels, given)
    place = _class_of(chance, bins)
    sizes = np.bincount(place, minlength=bins).astype(np.float64)
    used = sizes > 0

    def mean(values: Floats) -> Floats:
        return np.asarray(np.bincount(place, weights=values, minlength=bins)[used] / sizes[used], dtype=np.float64)

    gap = mean(truth - chance)
    spread = np.sqrt(np.maximum(mean((truth - chance) ** 2) - gap**2, 0.0) / sizes[used])
    weight = sizes[used] / len(truth)
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(gap)))
    low, high = np.quantile(np.abs(gap + spread * noise) @ weight, [0.025, 0.975])
    value = float(weight @ np.abs(gap))
    by_chance = float(weight @ np.sqrt(mean(chance * (1 - chance)) / sizes[used])) * math.sqrt(2 / math.pi)
    return Estimate(
        value, min(float(low), value), max(float(high), value), note=f"about {by_chance:.3f} would be chance alone"
    )


def _class_of(chance: Floats, bins: int) -> npt.NDArray[np.int64]:
    return np.minimum((chance * bins).astype(np.int64), bins - 1)


class PlattScaling:
    """Recalibration by a straight line in log-odds (Platt 1999, without his smoothing of the labels).

    After ``fit``: ``intercept_`` and ``slope_``, the latter at least 0 so that the ranking stays.

    >>> scaling = PlattScaling().fit([1, 0, 1, 0, 1, 0], [0.6, 0.55, 0.7, 0.4, 0.45, 0.5])
    >>> bool(scaling.apply([0.7])[0] > scaling.apply([0.4])[0])
    True

    """

    intercept_: float
    slope_: float

    def fit(self, labels: npt.ArrayLike, given: npt.ArrayLike) -> Self:
        """Fit to labels and the probabilities that were given, each of shape (rows,); InputError as `probabilities`."""
        truth, chance = probabilities(labels, given)
        line = RidgeLogistic(ridge=1e-3).fit(_log_odds(chance)[:, None], truth)
        self.slope_ = max(0.0, float(line.coefficients_[0]))
        self.intercept_ = line.intercept_ if self.slope_ else float(_log_odds(truth.mean(keepdims=True))[0])
        return self

    def apply(self, given: npt.ArrayLike) -> Floats:
        """Return recalibrated probabilities, shape (rows,)."""
        raw = _log_odds(np.asarray(given, dtype=np.float64))
        return np.asarray(expit(self.intercept_ + self.slope_ * raw), dtype=np.float64)


class IsotonicScaling:
    """Recalibration by the best rising step curve (Zadrozny & Elkan 2002), straight between its steps.

    The curve is fitted on log-odds and stops short of 0 and 1: a class where it never happened yet says that it is
    rare, by half a case.

    >>> scaling = IsotonicScaling().fit([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4])
    >>> scaling.apply([0.05, 0.35]).round(2).tolist()
    [0.17, 0.83]

    """

    places_: Floats
    heights_: Floats

    def fit(self, labels: npt.ArrayLike, given: npt.ArrayLike) -> Self:
        """Fit to labels and the probabilities that were given, each of shape (rows,); InputError as `probabilities`."""
        truth, chance = probabilities(labels, given)
        places, inverse = np.unique(chance, return_inverse=True)
        weights = np.bincount(inverse).astype(np.float64)
        curve = isotonic_regression(np.bincount(inverse, weights=truth) / weights, weights=weights)
        starts = np.asarray(curve.blocks, dtype=np.int64)
        size = np.add.reduceat(weights, starts[:-1])
        centre = np.add.reduceat(weights * places, starts[:-1]) / size
        events = np.asarray(curve.x, dtype=np.float64)[starts[:-1]] * size
        self.places_, self.heights_ = centre, (events + 0.5) / (size + 1)
        # Half a case a block can tilt neighbours of unlike size: make it rise again.
        self.heights_ = np.maximum.accumulate(self.heights_)
        return self

    def apply(self, given: npt.ArrayLike) -> Floats:
        """Return recalibrated probabilities, shape (rows,)."""
        return np.asarray(np.interp(np.asarray(given, dtype=np.float64), self.places_, self.heights_), dtype=np.float64)


def _log_odds(chance: Floats) -> Floats:
    return np.asarray(logit(np.clip(chance, SMALLEST, 1 - SMALLEST)), dtype=np.float64)
