"""Relative effects learned together: what is known of simulated people comes back, and evidence is shared."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.stats.uplift.effect_prior import EffectPrior
from keepwell.stats.uplift.shared_effects import EffectEvidence, effect_evidence, shared_effects
from keepwell.vocabulary.errors import InputError


def experiment(effect: float, *, people: int = 40_000, seed: int = 1) -> EffectEvidence:
    """Return the evidence of a campaign that lifts purchases by ``effect`` for half of the people."""
    rng = np.random.default_rng(seed)
    expected, treated, kind = rng.gamma(2, 1, people), rng.integers(0, 2, people), rng.choice([-1.0, 1.0], people)
    bought = rng.poisson(expected * (1 + effect * treated * (kind > 0)))
    return effect_evidence(np.column_stack((np.ones(people), kind)), treated, 0.5, bought, expected)


def wide(kinds: int = 1, alike: float = 0.0) -> EffectPrior:
    return EffectPrior(np.zeros(kinds), np.ones(kinds), (1 - alike) * np.eye(kinds) + alike, np.ones(2))


def test_an_effect_on_some_people_only_is_found_with_them() -> None:
    found = shared_effects([[experiment(0.4)]], wide())
    assert found.mean[0] == pytest.approx([0.2, 0.2], abs=0.03)


def test_two_campaigns_say_as_much_as_their_precisions_together() -> None:
    one, two = experiment(0.4, seed=2), experiment(0.4, seed=3)
    both = EffectEvidence(one.precision + two.precision, one.pull + two.pull, one.people + two.people)
    apart, together = shared_effects([[one, two]], wide()), shared_effects([[both]], wide())
    assert apart.mean == pytest.approx(together.mean)


def test_an_untried_action_borrows_from_one_like_it() -> None:
    found = shared_effects([[experiment(0.4)], []], wide(2, alike=0.9))
    assert found.mean[1] == pytest.approx(0.9 * found.mean[0], rel=1e-2)


def test_the_error_of_a_sum_counts_what_people_share() -> None:
    found = shared_effects([[experiment(0.2, people=2000)]], wide())
    features, weights = np.ones((10, 2)), np.ones((10, 1))
    assert found.total(features, weights)[1] == pytest.approx(10 * found.at(features, weights)[1][0])


def test_expectations_below_zero_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        effect_evidence(np.ones((2, 1)), np.array([0, 1]), 0.5, np.ones(2), np.array([-1.0, 1.0]))
    assert refused.value.code == "shared_effects.shape"


def test_a_yes_or_no_speaks_of_the_effect_on_its_chance() -> None:
    rng, people = np.random.default_rng(5), 60_000
    chance, treated = rng.beta(2, 3, people), rng.integers(0, 2, people)
    bought = rng.random(people) < chance * (1 + 0.2 * treated)
    said = effect_evidence(np.ones((people, 1)), treated, 0.5, bought, chance, yes_or_no=True)
    found, error = said.pull[0] / said.precision[0, 0], said.precision[0, 0] ** -0.5
    assert abs(found - 0.2) < 3 * error
    assert error < 0.011
