"""k-means with explicit seeds, how well the clusters stand apart, and whether they come back on other customers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Matrix = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

ITERATIONS = 100
RESTARTS = 8
CHUNK_ROWS = 100_000
SILHOUETTE_ROWS = 2_000
HALVINGS = 3
REFERENCES = 3


@dataclass(frozen=True)
class Scaling:
    """Centre and spread of each column, so that a habit in days does not outweigh one in shares."""

    centre: Matrix
    spread: Matrix
    limit: float = 3.0

    @classmethod
    def of(cls, points: Matrix) -> Scaling:
        """Take the median, and a quarter of the range that holds 95 % of the values: one deviation of a normal habit.

        The range, not the deviation: a habit with two modes then spreads wider than one with a single mode, and of the
        usual scales this finds known clusters best (Milligan & Cooper 1988). Without its ends, because of outliers.
        """
        low, centre, high = np.percentile(points, [2.5, 50, 97.5], axis=0)
        # Where nearly everybody has the same value, the deviation keeps the few others in sight.
        spread = np.maximum((high - low) / 4, 0.5 * points.std(axis=0))
        return cls(centre, np.where(spread > 0, spread, 1.0))

    def apply(self, points: Matrix) -> Matrix:
        """Return the points in spreads from the centre, cut at ± ``limit``: outliers must not found a cluster."""
        scaled: Matrix = np.clip((points - self.centre) / self.spread, -self.limit, self.limit)
        return scaled


def nearest(points: Matrix, centres: Matrix) -> Labels:
    """Return the index of the nearest centre of each point (n × d against k × d), in chunks.

    >>> nearest(np.array([[0.0], [9.0]]), np.array([[1.0], [8.0]])).tolist()
    [0, 1]
    """
    squares = (centres**2).sum(axis=1)
    labels = np.empty(len(points), dtype=np.int64)
    for start in range(0, len(points), CHUNK_ROWS):
        chunk = points[start : start + CHUNK_ROWS]
        labels[start : start + CHUNK_ROWS] = (squares - 2 * chunk @ centres.T).argmin(axis=1)
    return labels


def kmeans(points: Matrix, k: int, seed: int, restarts: int = RESTARTS) -> Matrix:
    """Return the k centres with the least sum of squares over several starts.

    Starts are drawn by k-means++ (Arthur & Vassilvitskii 2007), then improved by Lloyd's iterations; the same seed
    gives the same centres.

    Args:
        points: n × d, finite, n ≥ k.
        k: clusters, at least 1.
        seed: of the draws.
        restarts: how many starts to try.

    >>> kmeans(np.array([[0.0], [1.0], [10.0], [11.0]]), 2, seed=0).round(1).tolist()
    [[0.5], [10.5]]

    """
    random = np.random.default_rng(seed)
    best, least = points[:k], math.inf
    for _ in range(restarts):
        centres, within = _lloyd(points, _plus_plus(points, k, random))
        if within < least:
            best, least = centres, within
    # Sorted, so that the numbering does not depend on which start won.
    ordered: Matrix = best[np.lexsort(best.T[::-1])]
    return ordered


def improved(points: Matrix, centres: Matrix) -> Matrix:
    """Return the centres after Lloyd's iterations on these points, in the same order."""
    return _lloyd(points, centres)[0]


def _plus_plus(points: Matrix, k: int, random: np.random.Generator) -> Matrix:
    chosen = [int(random.integers(len(points)))]
    distance = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < k:
        total = distance.sum()
        weights = distance / total if total > 0 else None
        chosen.append(int(random.choice(len(points), p=weights)))
        distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(axis=1))
    return points[chosen]


def _lloyd(points: Matrix, centres: Matrix) -> tuple[Matrix, float]:
    k, labels = len(centres), np.full(len(points), -1)
    for _ in range(ITERATIONS):
        found = nearest(points, centres)
        if (found == labels).all():
            break
        labels = found
        sizes = np.bincount(labels, minlength=k)
        sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in points.T], axis=1)
        # A centre that lost every point stays where it was.
        centres = np.where(sizes[:, None] > 0, sums / np.maximum(sizes, 1)[:, None], centres)
    return centres, float(((points - centres[labels]) ** 2).sum())


def silhouette(points: Matrix, labels: Labels, seed: int) -> float:
    """Return the mean silhouette width (Rousseeuw 1987, eq. 1) over at most 2,000 sampled points; in [−1, 1].

    >>> points = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> round(silhouette(points, np.array([0, 0, 1, 1]), seed=0), 3)
    0.9

    """
    if len(points) > SILHOUETTE_ROWS:
        rows = np.random.default_rng(seed).choice(len(points), SILHOUETTE_ROWS, replace=False)
        points, labels = points[rows], labels[rows]
    kinds = np.unique(labels)
    if len(kinds) < 2:
        return 0.0
    squares = (points**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares[None, :] - 2 * points @ points.T, 0.0))
    np.fill_diagonal(distance, 0.0)
    member = (labels[:, None] == kinds[None, :]).astype(np.float64)
    sizes, sums = member.sum(axis=0), distance @ member
    own = member.astype(bool)
    inside = sums[own] / np.maximum(sizes[member.argmax(axis=1)] - 1, 1)
    outside = np.where(own, np.inf, sums / sizes).min(axis=1)
    widths = (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-300)
    return float(np.where(sizes[member.argmax(axis=1)] > 1, widths, 0.0).mean())


def agreement(first: Labels, second: Labels) -> float:
    """Return the adjusted Rand index of two clusterings (Hubert & Arabie 1985, eq. 5): 1 equal, 0 as by chance.

    >>> agreement(np.array([0, 0, 1, 1]), np.array([5, 5, 3, 3]))
    1.0

    """
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    table = np.zeros((a.max() + 1, b.max() + 1))
    np.add.at(table, (a, b), 1)
    both, rows, columns = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    expected = rows * columns / (len(first) * (len(first) - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (both - expected) / (most - expected)


def _pairs(counts: Matrix) -> float:
    return float((counts * (counts - 1) / 2).sum())


def stability(points: Matrix, k: int, seed: int) -> float:
    """Return how far two clusterings agree that were found on different halves of the customers.

    Each half gives its own centres; everyone is put to the nearest of either; the adjusted Rand index between the two
    is averaged over three random halvings. Clusters that are there come back; clusters that k-means cut through a
    cloud do not.
    """
    random = np.random.default_rng(seed)
    found = []
    for number in range(HALVINGS):
        order = random.permutation(len(points))
        half = len(points) // 2
        sides = (order[:half], order[half:])
        labels = [nearest(points, kmeans(points[side], k, seed + number, restarts=4)) for side in sides]
        found.append(agreement(labels[0], labels[1]))
    return float(np.mean(found))


def excess(points: Matrix, k: int, width: float, seed: int) -> float:
    """Return by how much the silhouette ``width`` exceeds that of k-means on one cloud with the same habits.

    Skewed and correlated habits alone give clusters that stand somewhat apart and come back, though there is a single
    kind of customer. The reference is that single kind (the idea of the gap statistic, Tibshirani, Walther & Hastie
    2001, with the null of Liu et al. 2008): see ``one_cloud``. Averaged over three references.
    """
    random = np.random.default_rng(seed)
    widths = []
    for number in range(REFERENCES):
        cloud = one_cloud(points, random)
        labels = nearest(cloud, kmeans(cloud, k, seed + number, restarts=4))
        widths.append(silhouette(cloud, labels, seed))
    return width - float(np.mean(widths))


def one_cloud(points: Matrix, random: np.random.Generator) -> Matrix:
    """Return n × d draws from a Gaussian copula: each column's own values, the same correlations, and no clusters."""
    n, d = points.shape
    # Ties in random order, or a habit with many equal values would correlate with the row number.
    order = np.lexsort((random.random((n, d)), points), axis=0)
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(n)[:, None], axis=0)
    normal = ndtri((ranks + 0.5) / n)
    mixed = random.normal(size=(n, d)) @ np.linalg.cholesky(np.corrcoef(normal.T).reshape(d, d) + 1e-9 * np.eye(d)).T
    places = mixed.argsort(axis=0).argsort(axis=0)
    drawn: Matrix = np.take_along_axis(np.sort(points, axis=0), places, axis=0)
    return drawn
