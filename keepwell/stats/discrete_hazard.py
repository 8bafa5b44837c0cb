"""The chance of leaving period by period, from features, where not everybody has left yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.boosted_trees import BoostedTrees
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
CHUNK = 20_000  # rows scored at a time, each as many times as there are periods


class DiscreteHazard:
    """Boosted trees on person-periods: one row for every period in which somebody could leave (Singer & Willett 1993).

    Time is one more feature, so that risks need not keep their proportion over time. The period in which somebody was
    last seen counts by the part of it that was watched.

    Args:
        most_periods: into which the longest duration is cut.
        seed: of the folds and draws of features.
        threads: processor cores.

    After ``fit``: ``width_`` (of a period, in units of the duration), ``periods_`` (their number).

    >>> random = np.random.default_rng(0)
    >>> x = random.integers(0, 2, 300).astype(float)
    >>> model = DiscreteHazard().fit(x[:, None], random.geometric(0.1 + 0.3 * x), np.ones(300))
    >>> stays = model.survival([[0.0], [1.0]], [3.0])[:, 0]
    >>> bool(stays[0] > stays[1])
    True

    """

    width_: float
    periods_: int

    def __init__(self, *, most_periods: int = 24, seed: int = 0, threads: int = 1) -> None:
        self.most_periods = most_periods
        self.seed = seed
        self.threads = threads

    def fit(
        self,
        matrix: npt.ArrayLike,
        duration: npt.ArrayLike,
        left: npt.ArrayLike,
        *,
        categories: Sequence[int] = (),
    ) -> Self:
        """Fit.

        Args:
            matrix: shape (rows, features); NaN where a value is missing.
            duration: shape (rows,), time until leaving or until last seen, at least 0.
            left: shape (rows,), 1 where the customer left at ``duration``, else 0.
            categories: places of the columns that hold codes of categories.

        Raises:
            InputError: no duration is above 0, or nobody, or everybody at once, left.
            KeepwellError: LightGBM cannot be loaded.

        """
        features, times = np.asarray(matrix, dtype=np.float64), np.asarray(duration, dtype=np.float64)
        events = np.asarray(left, dtype=np.float64) > 0
        if not len(times) or not np.isfinite(times).all() or times.min() < 0 or times.max() <= 0:
            raise InputError(
                "hazard.duration", "Durations must be finite, at least 0, and some above 0.", advice="Leave rows out."
            )
        longest = float(times.max())
        whole = bool((times == np.rint(times)).all())
        # Whole units, such as months, are not cut through.
        self.width_ = max(1.0, math.ceil(longest / self.most_periods)) if whole else longest / self.most_periods
        self.periods_ = max(1, math.ceil(longest / self.width_))
        row, period, weight = self._person_periods(times, events)
        happened = events[row] & (period == self._last(times)[row])
        self._trees = BoostedTrees(
            learning_rate=0.1, least_in_leaf=100, most_trees=200, seed=self.seed, threads=self.threads
        ).fit(
            np.column_stack([features[row], period]),
            happened.astype(np.float64),
            categories=categories,
            groups=row,
            weights=weight,
        )
        return self

    def hazards(self, matrix: npt.ArrayLike) -> Floats:
        """Return the chance of leaving in each period for those who have come so far, shape (rows, periods)."""
        features = np.asarray(matrix, dtype=np.float64)
        found = np.empty((len(features), self.periods_))
        periods = np.arange(1, self.periods_ + 1, dtype=np.float64)
        for start in range(0, len(features), CHUNK):
            some = features[start : start + CHUNK]
            rows = np.column_stack([np.repeat(some, self.periods_, axis=0), np.tile(periods, len(some))])
            found[start : start + CHUNK] = self._trees.probability(rows).reshape(len(some), self.periods_)
        return found

    def survival(self, matrix: npt.ArrayLike, times: npt.ArrayLike) -> Floats:
        """Return the share still there after each time, shape (rows, times); see `survival_at` for single times."""
        wanted = np.asarray(times, dtype=np.float64)
        cumulative = self.cumulative(matrix)
        return np.column_stack([np.exp(-self.interpolated(cumulative, time)) for time in wanted])

    def cumulative(self, matrix: npt.ArrayLike) -> Floats:
        """Return the cumulative hazard −log S at the period ends, from 0, shape (rows, periods + 1)."""
        steps = -np.log1p(-np.minimum(self.hazards(matrix), 1 - 1e-12))
        return np.hstack([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)])

    def interpolated(self, cumulative: Floats, time: float | Floats) -> Floats:
        """Return the cumulative hazard at a time, one for all rows or one each, shape (rows,).

        Even within a period; beyond the last one, the hazard of the last goes on.
        """
        place = np.broadcast_to(np.asarray(time, dtype=np.float64) / self.width_, (len(cumulative),))
        low = np.minimum(np.floor(place).astype(np.int64), self.periods_ - 1)
        rows = np.arange(len(cumulative))
        slope = cumulative[rows, low + 1] - cumulative[rows, low]
        return np.asarray(cumulative[rows, low] + (place - low) * slope, dtype=np.float64)

    def _last(self, times: Floats) -> Floats:
        return np.maximum(1.0, np.ceil(times / self.width_))

    def _person_periods(
        self, times: Floats, events: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        last = self._last(times).astype(np.int64)
        count = np.where(events | (times > 0), last, 0)
        row = np.repeat(np.arange(len(times)), count)
        first = np.repeat(np.cumsum(count) - count, count)
        period = (np.arange(len(row)) - first + 1).astype(np.float64)
        watched = times[row] / self.width_ - (period - 1)
        weight = np.where(events[row], 1.0, np.clip(watched, 1e-6, 1.0))
        return row, period, weight
