"""Posterior draws against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from keepwell.stats.resampling import draws_around, find_mode, systematic, updated
from keepwell.vocabulary.errors import InputError


def log_gamma(theta: np.ndarray) -> np.ndarray:
    """Return the log density of ln X, X ~ Gamma(3, rate 2): skewed, so that a bare Laplace approximation is off."""
    return 3 * theta[:, 0] - 2 * np.exp(theta[:, 0])


def test_the_mode_and_its_curvature_are_those_of_the_density() -> None:
    mode = find_mode(log_gamma, [np.array([2.0])])
    assert mode.at[0] == pytest.approx(np.log(1.5), abs=1e-5)
    assert mode.covariance[0, 0] == pytest.approx(1 / 3, rel=1e-3)


def test_importance_resampling_mends_what_the_laplace_approximation_gets_wrong() -> None:
    mode = find_mode(log_gamma, [np.array([0.0])])
    draws, effective = draws_around(log_gamma, mode, 4000, np.random.default_rng(1))
    for level in (0.05, 0.5, 0.95):
        assert np.quantile(np.exp(draws[:, 0]), level) == pytest.approx(gamma(3, scale=0.5).ppf(level), rel=0.05)
    assert effective > 4000


@pytest.mark.parametrize(("seen", "error"), [(0.5, 1.0), (4.0, 0.2), (-2.0, 0.05)])
def test_an_update_of_normal_draws_is_the_conjugate_posterior(seen: float, error: float) -> None:
    prior = np.random.default_rng(2).standard_normal((4000, 1))
    rng = np.random.default_rng(3)
    found = updated(prior, lambda theta: -0.5 * ((seen - theta[:, 0]) / error) ** 2, rng)[:, 0]
    precision = 1 + 1 / error**2
    assert found.mean() == pytest.approx(seen / error**2 / precision, abs=0.25 / np.sqrt(precision))
    assert found.std() == pytest.approx(1 / np.sqrt(precision), rel=0.2)


def test_evidence_that_no_draw_can_explain_is_refused() -> None:
    with pytest.raises(InputError, match="contradicts"):
        updated(np.zeros((10, 1)), lambda theta: np.full(len(theta), -np.inf), np.random.default_rng(1))


def test_systematic_resampling_takes_each_in_proportion_within_one() -> None:
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    counts = np.bincount(systematic(weights, 80, np.random.default_rng(5)), minlength=4)
    assert np.abs(counts - 80 * weights).max() <= 1
