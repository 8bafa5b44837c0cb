"""The value of a result against its closed form in the conjugate normal case."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from keepwell.stats.sample_information import value_of_sample


def closed_form(mean: float, spread: float, error: float) -> float:
    """Return EVSI of choosing between 0 and θ ~ N(mean, spread²) after seeing θ + N(0, error²) (Raiffa & Schlaifer)."""
    foreseen = spread**2 / np.hypot(spread, error)
    z = mean / foreseen
    return foreseen * (norm.pdf(z) + z * norm.cdf(z)) - max(0.0, mean)


@pytest.mark.parametrize(
    ("mean", "spread", "error"), [(0, 1, 1), (0.5, 1, 0.5), (-1, 2, 3), (0.3, 1, 0.0), (-0.2, 5, 5), (1, 0.5, 0.5)]
)
def test_two_actions_agree_with_the_closed_form(mean: float, spread: float, error: float) -> None:
    draws = mean + spread * np.random.default_rng(1).standard_normal(40_000)
    found = value_of_sample(np.column_stack((np.zeros(40_000), draws)), draws, error, np.random.default_rng(2))
    assert found == pytest.approx(closed_form(mean, spread, error), rel=0.03, abs=0.01 * spread)


def test_a_thousand_draws_are_enough_to_rank_experiments() -> None:
    draws = np.random.default_rng(3).standard_normal(1000)
    gain = np.column_stack((np.zeros(1000), draws))
    found = [value_of_sample(gain, draws, error, np.random.default_rng(4)) for error in (0.3, 1.0, 3.0)]
    assert found[0] > found[1] > found[2] > 0


def test_a_result_about_something_else_is_worth_next_to_nothing() -> None:
    rng = np.random.default_rng(5)
    gain = np.column_stack((np.zeros(2000), rng.standard_normal(2000)))
    assert value_of_sample(gain, rng.standard_normal(2000), 0.1, rng) < 0.03


def test_a_result_that_cannot_change_the_choice_is_worth_nothing() -> None:
    draws = 10 + np.random.default_rng(6).standard_normal(2000)
    assert value_of_sample(np.column_stack((np.zeros(2000), draws)), draws, 0.5, np.random.default_rng(7)) == 0.0
