"""Whether people can be told apart: the test's level, the truth recovered, shrinking."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.stats.uplift.cross_fitting import cross_fit, only_average
from keepwell.stats.uplift.doubly_robust import average_effect, difference_in_means, robust_scores
from keepwell.stats.uplift.learners import EffectLearners, Learner, People
from keepwell.stats.uplift.mean_models import Base
from keepwell.stats.uplift.targetability import Slope, calibration_slope, trusted_share
from keepwell.vocabulary.errors import InputError


def _world(seed: int, size: int, spread: float) -> tuple[People, np.ndarray]:
    """Return people whose effect is 1 + spread × the third feature, and the effects."""
    rng = np.random.default_rng(seed)
    x, treated = rng.normal(size=(size, 4)), rng.integers(0, 2, size).astype(float)
    effect = 1 + spread * x[:, 2]
    outcome = x[:, 0] + 0.5 * x[:, 1] ** 2 + treated * effect + 2 * rng.normal(size=size)
    return People(x, treated, outcome, np.full(size, treated.mean())), effect


def test_where_all_respond_alike_the_test_keeps_its_level() -> None:
    chances = np.array([cross_fit(_world(seed, 600, 0.0)[0], base=Base.RIDGE).chance for seed in range(120)])
    # 5 % of 120 is 6; more than 13 happens less than once in 200.
    assert (chances < 0.05).sum() <= 13
    assert 0.1 <= (chances < 0.2).mean() <= 0.3


@pytest.mark.parametrize("base", list(Base))
def test_known_effects_on_persons_are_recovered(base: Base) -> None:
    people, _ = _world(1, 2000, 1.0)
    others, effect = _world(2, 2000, 1.0)
    found, error = cross_fit(people, base=base, learners=(Learner.R, Learner.DR)).effect(others.features)
    assert np.corrcoef(found, effect)[0, 1] > 0.9
    assert (np.abs(found - effect) < 1.96 * error).mean() > 0.8


@pytest.mark.parametrize("learner", [Learner.S, Learner.T, Learner.R, Learner.DR])
def test_each_learner_alone_recovers_known_effects(learner: Learner) -> None:
    people, _ = _world(3, 4000, 1.0)
    others, effect = _world(4, 2000, 1.0)
    found = EffectLearners(Base.RIDGE, (learner,)).fit(people).effects(others.features)[:, 0]
    assert np.corrcoef(found, effect)[0, 1] > 0.9


def test_the_prognostic_learner_recovers_effects_in_proportion_to_the_outcome() -> None:
    rng = np.random.default_rng(5)
    x, treated = rng.normal(size=(6000, 3)), rng.integers(0, 2, 6000).astype(float)
    anyway = 5 + x[:, 0] + x[:, 1]
    people = People(x, treated, anyway * (1 + 0.3 * treated) + rng.normal(size=6000), np.full(6000, 0.5))
    found = EffectLearners(Base.RIDGE, (Learner.P,)).fit(people).effects(x)[:, 0]
    assert np.corrcoef(found, anyway)[0, 1] > 0.98


def test_intervals_of_the_average_hold_the_truth_about_as_often_as_they_say() -> None:
    held = 0
    for seed in range(80):
        people, effect = _world(seed, 500, 1.0)
        found = cross_fit(people, base=Base.RIDGE, learners=(Learner.T,)).average
        assert found.low is not None
        assert found.high is not None
        held += found.low <= effect.mean() <= found.high
    assert 0.88 <= held / 80 <= 1


def test_adjusting_for_what_is_known_makes_the_average_surer() -> None:
    people, _ = _world(6, 3000, 0.0)
    found = cross_fit(people, base=Base.RIDGE, learners=(Learner.T,))
    plain = difference_in_means(people.outcome, people.treated)
    assert plain.low is not None
    assert found.average_error < 0.95 * (plain.value - plain.low) / 1.96


def test_the_average_alone_equals_the_difference_of_the_means() -> None:
    people, _ = _world(7, 400, 1.0)
    plain = difference_in_means(people.outcome, people.treated)
    found = only_average(people).average
    assert (found.value, found.low) == (pytest.approx(plain.value), pytest.approx(plain.low, rel=0.02))


def test_scores_are_unbiased_in_an_experiment_whatever_the_outcome_models_say() -> None:
    rng = np.random.default_rng(8)
    treated = (rng.random(20_000) < 0.3).astype(float)
    outcome = 2 * treated + rng.normal(size=20_000)
    found = average_effect(robust_scores(outcome, treated, 0.3, np.full(20_000, 7.0), np.full(20_000, -3.0)))
    assert found.low is not None
    assert found.high is not None
    assert found.low < 2 < found.high


def test_people_sure_to_be_treated_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        robust_scores([1.0], [1.0], [1.0], [0.0], [0.0])
    assert caught.value.code == "uplift.propensity"


def test_a_slope_that_may_be_chance_is_not_believed() -> None:
    assert trusted_share(Slope(0.5, 0.4)) == 0


def test_the_slope_equals_least_squares_with_a_level_per_fold() -> None:
    rng = np.random.default_rng(9)
    fold, x = np.repeat([0, 1, 2], 50), rng.normal(size=150)
    y = 0.7 * x + fold + rng.normal(size=150)
    design = np.column_stack([x, fold == 0, fold == 1, fold == 2]).astype(float)
    expected = np.linalg.lstsq(design, y, rcond=None)[0][0]
    assert calibration_slope(y, x, fold).value == pytest.approx(expected)


def test_forecasts_all_alike_have_no_slope() -> None:
    assert calibration_slope([1.0, 2.0, 3.0, 4.0], np.full(4, 0.3)).t == 0
