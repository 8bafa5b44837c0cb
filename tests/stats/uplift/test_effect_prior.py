"""Spreads of effects learned from experiments: by the closed form where there is one, and action by action."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import multivariate_normal, norm

from keepwell.stats.uplift.effect_prior import EffectPrior, likeliest_scales
from keepwell.stats.uplift.shared_effects import EffectEvidence, shared_effects
from keepwell.vocabulary.errors import InputError


def two_actions(**more: object) -> EffectPrior:
    """Return a prior of two actions, two features, that the data may scale each on its own."""
    return EffectPrior(np.zeros(2), np.ones(2), np.array([[1, 0.5], [0.5, 1]]), np.ones(2), **more)  # type: ignore[arg-type]


def test_one_scale_is_where_likelihood_times_hyperprior_is_highest() -> None:
    precision, seen = 40.0, 1.8
    prior = EffectPrior(np.array([0.1]), np.array([0.5]), np.ones((1, 1)), np.ones(1))
    found = likeliest_scales(prior, np.array([[precision]]), np.array([precision * seen]))

    def minus(log: float) -> float:
        spread = np.sqrt((0.5 * np.exp(log)) ** 2 + 1 / precision)
        return -float(norm.logpdf(seen, 0.1, spread) + norm.logpdf(log, 0, 0.6))

    assert found.logs[0] == pytest.approx(minimize_scalar(minus, bounds=(-3, 3), method="bounded").x, abs=1e-3)


def test_two_scales_are_at_a_mode_of_the_marginal_likelihood() -> None:
    rng, prior = np.random.default_rng(3), two_actions(together=np.eye(2))
    root = rng.standard_normal((4, 4))
    precision, seen = root @ root.T + 5 * np.eye(4), np.array([2.0, -1.5, 0.1, 0.05])
    found = likeliest_scales(prior, precision, precision @ seen)

    def height(logs: np.ndarray) -> float:
        spread = prior.scaled(logs).covariance() + np.linalg.inv(precision)
        return float(multivariate_normal.logpdf(seen, np.zeros(4), spread) - 0.5 * (logs**2).sum() / 0.36)

    around = [height(found.logs + 0.05 * np.array(way)) for way in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    assert height(found.logs) > max(around)


def test_an_action_that_does_more_is_drawn_less_than_one_that_does_nothing() -> None:
    strong = EffectEvidence(50 * np.eye(2), 50 * np.array([3.0, -3.0]), 5000)
    weak = EffectEvidence(50 * np.eye(2), np.zeros(2), 5000)
    found = shared_effects([[strong], [weak]], two_actions(together=np.eye(2)))
    assert found.scales[0] > 1 > found.scales[1]


def test_not_knowing_the_scale_widens_the_error() -> None:
    said = EffectEvidence(4 * np.eye(2), 4 * np.array([2.0, 1.0]), 500)
    free = shared_effects([[said], []], two_actions())
    held = EffectPrior(np.zeros(2), np.full(2, free.scales[0]), two_actions().alike, np.ones(2), freedom=np.zeros(1))
    known = shared_effects([[said], []], held)
    assert free.mean == pytest.approx(known.mean)
    assert np.trace(free.covariance) > np.trace(known.covariance)


def test_a_factor_for_kinds_that_are_not_there_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        two_actions(together=np.eye(3))
    assert refused.value.code == "effect_prior.together"
