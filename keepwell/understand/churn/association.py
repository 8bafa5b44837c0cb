"""Features that say the same thing, so that one reason is not given twice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from scipy.stats import rankdata

from keepwell.understand.churn.feature_table import FeatureTable

Floats = npt.NDArray[np.float64]

SAME = 0.8  # association above which two features are one reason
MOST_ROWS = 5000


def merged(features: FeatureTable, matrix: Floats, *, seed: int = 0) -> tuple[tuple[int, ...], ...]:
    """Return groups of features that are associated by .8 or more, each with each (complete linkage).

    Two numbers: the absolute rank correlation. Two categories: Cramér's V. One of each: the correlation ratio of the
    number's ranks.

    Args:
        features: names and kinds of the columns.
        matrix: shape (rows, features); at most 5,000 rows are looked at.
        seed: of the choice of these rows.

    Returns:
        Places of the features, each in one group, groups in the order of their first feature.

    >>> import pyarrow as pa
    >>> from keepwell.understand.churn.feature_table import learn
    >>> table = pa.table({"paid": [1, 2, 3, 4], "calls": [2, 0, 1, 0], "orders": [10, 20, 30, 50]})
    >>> found, _ = learn(table, [])
    >>> merged(found, found.matrix(table))
    ((0, 2), (1,))

    """
    count = len(features.features)
    if count < 2:
        return tuple((place,) for place in range(count))
    if len(matrix) > MOST_ROWS:
        matrix = matrix[np.random.default_rng(seed).choice(len(matrix), MOST_ROWS, replace=False)]
    kinds = [feature.is_category for feature in features.features]
    columns = [_codes(matrix[:, place]) if kinds[place] else _ranks(matrix[:, place]) for place in range(count)]
    apart = np.zeros((count, count))
    for one in range(count):
        for other in range(one):
            same = _association(columns[one], columns[other], kinds[one], kinds[other])
            apart[one, other] = apart[other, one] = 1 - same
    numbers = fcluster(linkage(squareform(apart), "complete"), 1 - SAME, "distance")
    groups: dict[int, list[int]] = {}
    for place, number in enumerate(numbers.tolist()):
        groups.setdefault(number, []).append(place)
    return tuple(sorted(tuple(group) for group in groups.values()))


def _codes(values: Floats) -> Floats:
    return np.where(np.isnan(values), -1.0, values)


def _ranks(values: Floats) -> Floats:
    known = ~np.isnan(values)
    filled = np.where(known, values, np.median(values[known]) if known.any() else 0.0)
    return np.asarray(rankdata(filled), dtype=np.float64)


def _association(one: Floats, other: Floats, one_is_category: bool, other_is_category: bool) -> float:
    if one_is_category and other_is_category:
        return _cramer(one, other)
    if one_is_category or other_is_category:
        codes, ranks = (one, other) if one_is_category else (other, one)
        return _correlation_ratio(codes, ranks)
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return min(1.0, abs(float(np.corrcoef(one, other)[0, 1])))


def _cramer(one: Floats, other: Floats) -> float:
    """Return Cramér's V (1946, p. 282) of two categories."""
    _, rows = np.unique(one, return_inverse=True)
    _, columns = np.unique(other, return_inverse=True)
    table = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(table, (rows, columns), 1)
    least = min(table.shape) - 1
    if not least:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return min(1.0, float(np.sqrt(((table - expected) ** 2 / expected).sum() / table.sum() / least)))


def _correlation_ratio(codes: Floats, ranks: Floats) -> float:
    """Return η (Pearson 1905): the root of the share of the ranks' variance that lies between the categories."""
    _, member = np.unique(codes, return_inverse=True)
    sizes = np.bincount(member)
    means = np.bincount(member, weights=ranks) / sizes
    total = float(((ranks - ranks.mean()) ** 2).sum())
    return float(np.sqrt((sizes * (means - ranks.mean()) ** 2).sum() / total)) if total else 0.0
