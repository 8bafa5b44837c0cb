"""Qini and uplift curves against step-by-step computation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.stats.uplift.bins import uplift_bins
from keepwell.stats.uplift.qini import qini, qini_curve
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable


def _campaign(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    treated = np.zeros(size)
    treated[rng.permutation(size)[: size // 2]] = 1
    return rng.random(size), treated, (rng.random(size) < 0.3).astype(float)


def _step_by_step(rank: np.ndarray, treated: np.ndarray, outcome: np.ndarray) -> float:
    """Return 2 · area / N, each point of the curve counted from scratch over the people it holds (O(n²))."""
    size, gains = len(rank), [0.0]
    by_rank = sorted(range(size), key=lambda person: -rank[person])
    for k in range(1, size + 1):
        best = by_rank[:k]
        with_it = [outcome[person] for person in best if treated[person] == 1]
        without = [outcome[person] for person in best if treated[person] == 0]
        anyway = sum(without) * len(with_it) / len(without) if without else 0.0
        gains.append(sum(with_it) - anyway)
    area = 0.0
    for k in range(size):
        straight = gains[size] * (k + 0.5) / size
        area += ((gains[k] + gains[k + 1]) / 2 - straight) / size
    return 2 * area / size


@pytest.mark.parametrize("seed", range(4))
def test_qini_equals_two_areas_by_n_counted_step_by_step(seed: int) -> None:
    rank, treated, outcome = _campaign(seed, 200)
    assert qini_curve(rank, treated, outcome).qini == pytest.approx(_step_by_step(rank, treated, outcome), abs=1e-12)


@given(st.integers(0, 10_000), st.floats(0.1, 10), st.floats(-5, 5))
def test_qini_depends_on_the_ranking_alone(seed: int, scale: float, shift: float) -> None:
    rank, treated, outcome = _campaign(seed, 60)
    one = qini_curve(rank, treated, outcome).qini
    assert qini_curve(scale * np.round(rank, 6) + shift, treated, outcome).qini == pytest.approx(
        qini_curve(np.round(rank, 6), treated, outcome).qini, abs=1e-9
    )
    assert np.isfinite(one)


@given(st.integers(0, 10_000))
def test_the_curve_ends_at_the_difference_of_the_means(seed: int) -> None:
    rank, treated, outcome = _campaign(seed, 80)
    difference = outcome[treated == 1].mean() - outcome[treated == 0].mean()
    assert qini_curve(rank, treated, outcome).gain[-1] == pytest.approx(difference, abs=1e-12)


def test_a_ranking_that_tells_nothing_has_no_qini() -> None:
    _, treated, outcome = _campaign(1, 100)
    assert qini_curve(np.ones(100), treated, outcome).qini == pytest.approx(0.0, abs=1e-12)


def test_auuc_is_the_qini_and_half_the_average_effect() -> None:
    rank, treated, outcome = _campaign(2, 100)
    curve = qini_curve(rank, treated, outcome)
    assert curve.area == pytest.approx(curve.qini + curve.gain[-1] / 2)


def test_intervals_of_the_qini_hold_the_truth_about_as_often_as_they_say() -> None:
    # Effect equals the score, uniform on [0, 1]: the Qini is Cov(effect, rank) = 1/12.
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        effect, treated = rng.random(600), rng.integers(0, 2, 600)
        area, _ = qini(effect, treated, effect * treated + rng.normal(size=600), repeats=100, seed=seed)
        assert area.low is not None
        assert area.high is not None
        held += area.low <= 1 / 12 <= area.high
    assert 0.88 <= held / 60 <= 1


def test_an_arm_without_people_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        qini_curve([1.0, 2.0], [1, 1], [0, 1])
    assert caught.value.code == "qini.arms"


def test_a_class_without_control_says_that_nothing_was_measured() -> None:
    rows = uplift_bins([2.0, 2.0, 1.0, 1.0, 1.0, 1.0], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0], bins=2)
    assert isinstance(rows[0].measured, NotAvailable)
