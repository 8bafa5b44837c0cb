"""The clustering itself: k-means, silhouette, agreement and stability."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.cluster.vq import kmeans2
from scipy.spatial.distance import cdist

from keepwell.understand.clusters import (
    Scaling,
    agreement,
    excess,
    improved,
    kmeans,
    nearest,
    one_cloud,
    silhouette,
    stability,
)

Blobs = tuple[np.ndarray, np.ndarray]


def blobs(spread: float = 0.3, each: int = 80) -> Blobs:
    random = np.random.default_rng(2)
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0], [4.0, 4.0]])
    kinds = np.repeat(np.arange(4), each)
    return centres[kinds] + random.normal(0, spread, (len(kinds), 2)), kinds


def test_kmeans_finds_separate_blobs() -> None:
    points, kinds = blobs()
    assert agreement(nearest(points, kmeans(points, 4, seed=0)), kinds) == 1.0


def test_kmeans_is_no_worse_than_the_best_of_scipy() -> None:
    points, _ = blobs(spread=1.5)
    runs = [kmeans2(points, 5, minit="++", seed=seed)[0] for seed in range(8)]
    best = min(cdist(points, centres).min(axis=1).__pow__(2).sum() for centres in runs)
    assert (cdist(points, kmeans(points, 5, seed=0)).min(axis=1) ** 2).sum() <= best * 1.01


def test_the_same_seed_gives_the_same_centres() -> None:
    points, _ = blobs(spread=1.5)
    assert np.array_equal(kmeans(points, 5, seed=7), kmeans(points, 5, seed=7))


def test_the_silhouette_is_that_of_its_definition() -> None:
    points, kinds = blobs(spread=1.0, each=15)
    distance, widths = cdist(points, points), []
    for row, kind in enumerate(kinds):
        means = {other: distance[row][kinds == other].mean() for other in set(kinds) - {kind}}
        inside = distance[row][kinds == kind].sum() / ((kinds == kind).sum() - 1)
        outside = min(means.values())
        widths.append((outside - inside) / max(outside, inside))
    assert silhouette(points, kinds, seed=0) == pytest.approx(np.mean(widths))


def test_agreement_of_unrelated_clusterings_is_about_nothing() -> None:
    random = np.random.default_rng(0)
    assert agreement(random.integers(0, 4, 5000), random.integers(0, 4, 5000)) == pytest.approx(0, abs=0.01)


def test_blobs_are_stable_and_cuts_through_a_round_cloud_are_not() -> None:
    cloud = np.random.default_rng(1).normal(size=(400, 6))
    assert stability(blobs()[0], 4, seed=0) > 0.95
    assert stability(cloud, 5, seed=0) < 0.5


def test_correlated_blobs_stand_further_apart_than_one_cloud_and_a_skewed_cloud_does_not() -> None:
    random = np.random.default_rng(1)
    three = np.repeat(np.eye(3) * 4, 100, axis=0) + random.normal(0, 0.5, (300, 3))
    skewed = random.exponential(size=(600, 3)) @ np.array([[1, 0.7, 0], [0, 1, 0], [0, 0, 1.0]])
    for points, is_real in ((three, True), (skewed, False)):
        width = silhouette(points, nearest(points, kmeans(points, 3, seed=0)), seed=0)
        assert (excess(points, 3, width, seed=0) > 0.03) is is_real


def test_one_cloud_keeps_every_columns_values_and_their_correlation() -> None:
    points = np.random.default_rng(1).multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 4000)
    cloud = one_cloud(points, np.random.default_rng(2))
    assert np.array_equal(np.sort(cloud, axis=0), np.sort(points, axis=0))
    assert np.corrcoef(cloud.T)[0, 1] == pytest.approx(0.8, abs=0.03)


def test_identical_points_leave_centres_without_points_where_they_are() -> None:
    assert kmeans(np.zeros((10, 2)), 3, seed=0).tolist() == [[0.0, 0.0]] * 3


def test_a_habit_with_two_modes_spreads_wider_than_one_with_a_single_mode() -> None:
    random = np.random.default_rng(0)
    single = random.normal(0, 1, 2000)
    two = np.repeat([-5.0, 5.0], 1000) + random.normal(0, 1, 2000)
    points = np.stack([single, two], axis=1)
    scaled = Scaling.of(points).apply(points)
    assert scaled[:, 1].std() > 1.4 * scaled[:, 0].std()


def test_improved_centres_are_as_good_on_all_points_as_those_found_on_all_points() -> None:
    points, _ = blobs(spread=0.8, each=200)
    few = points[::7]
    refined = improved(points, kmeans(few, 4, seed=0))
    assert np.allclose(refined, kmeans(points, 4, seed=0), atol=0.05)


def test_an_outlier_is_cut_and_a_habit_that_most_lack_keeps_a_scale() -> None:
    values = np.array([[0.0]] * 99 + [[1000.0]])
    scaled = Scaling.of(values).apply(values)
    assert (scaled[:99].max(), scaled[99, 0]) == (0.0, 3.0)
