"""Features that know too much: those that tell the outcome alone, and those that are the time itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from keepwell.stats.ranking import area_under_curve
from keepwell.understand.churn.feature_table import FeatureTable
from keepwell.vocabulary.estimate import Estimate

Floats = npt.NDArray[np.float64]

TOO_GOOD = 0.98  # area under the curve of one feature alone, which no honest feature has
SAME_TIME = 0.8  # rank correlation with the duration, above which a feature counts as the duration in other words


def telling(features: FeatureTable, matrix: Floats, labels: Floats) -> list[tuple[str, float]]:
    """Return the features that alone rank the outcome with an area above .98, with that area.

    Empty cells count too: a reason for cancelling that only those who cancelled have is found by its being filled.

    Args:
        features: names and kinds of the columns.
        matrix: shape (rows, features).
        labels: shape (rows,), 0 or 1, both present.

    >>> import pyarrow as pa
    >>> from keepwell.understand.churn.feature_table import learn
    >>> table = pa.table({"reason": [None, None, "price", "moved"], "seats": [1, 2, 1, 2]})
    >>> found, _ = learn(table, [])
    >>> telling(found, found.matrix(table), np.array([0.0, 0.0, 1.0, 1.0]))
    [('reason', 1.0)]

    """
    found = []
    for place, feature in enumerate(features.features):
        values = matrix[:, place]
        area = max(_area(labels, score) for score in _scores(values, labels, feature.is_category))
        if area > TOO_GOOD:
            found.append((feature.name, area))
    return found


def _scores(values: Floats, labels: Floats, is_category: bool) -> list[Floats]:
    known = ~np.isnan(values)
    if is_category:
        codes = np.where(known, values, -1).astype(np.int64) + 1
        sizes = np.bincount(codes)
        # Without the row itself: else a level of few rows tells their own outcome.
        others = np.bincount(codes, weights=labels)[codes] - labels
        return [(others + labels.mean()) / sizes[codes]]
    least = values[known].min() if known.any() else 0.0
    return [np.where(known, values, least - 1), known.astype(np.float64)]


def _area(labels: Floats, score: Floats) -> float:
    found = area_under_curve(labels, score)
    return max(found.value, 1 - found.value) if isinstance(found, Estimate) else 0.5


def same_as_time(features: FeatureTable, matrix: Floats, duration: Floats, but: str = "") -> list[tuple[str, float]]:
    """Return the numbers that follow a duration: their rank correlation with it is .8 or more, in either direction.

    What a customer has paid so far, or ordered so far, is the time in other words: a survival model that is given it
    predicts the time from the time.

    Args:
        features: names and kinds of the columns.
        matrix: shape (rows, features).
        duration: shape (rows,).
        but: name of the duration's own column, which is not looked at.

    """
    found = []
    for place, feature in enumerate(features.features):
        values = matrix[:, place]
        known = ~np.isnan(values) & ~np.isnan(duration)
        if feature.is_category or feature.name == but or known.sum() < 10:
            continue
        ranks, of_time = rankdata(values[known]), rankdata(duration[known])
        if ranks.std() == 0 or of_time.std() == 0:
            continue
        correlation = float(np.corrcoef(ranks, of_time)[0, 1])
        if abs(correlation) >= SAME_TIME:
            found.append((feature.name, correlation))
    return found
