"""Arms drawn by lot, and arms that were not; overlap."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chisquare, kstest

from keepwell.stats.uplift.balance import imbalance_chance, sample_ratio_chance, standardised_differences
from keepwell.stats.uplift.overlap import effective_size, overlap
from keepwell.vocabulary.errors import InputError


def test_the_sample_ratio_chance_equals_pearsons() -> None:
    assert sample_ratio_chance([510, 470, 1020], [1, 1, 2]) == pytest.approx(
        chisquare([510, 470, 1020], [500, 500, 1000]).pvalue
    )


def test_a_planned_share_of_nothing_is_refused() -> None:
    with pytest.raises(InputError):
        sample_ratio_chance([10, 10], [1, 0])


def test_chances_of_imbalance_are_even_where_lots_were_drawn() -> None:
    rng = np.random.default_rng(1)
    found = [imbalance_chance(rng.normal(size=(200, 3)), rng.integers(0, 2, 200)) for _ in range(300)]
    assert kstest(found, "uniform").pvalue > 0.01


def test_lots_of_unlike_shares_within_strata_are_in_balance() -> None:
    rng = np.random.default_rng(2)
    stratum = np.repeat([0, 1], 1000)
    x = rng.normal(size=(2000, 2)) + 3 * stratum[:, None]
    treated = rng.random(2000) < np.where(stratum == 1, 0.8, 0.2)
    assert imbalance_chance(x, treated, stratum) > 0.01
    assert imbalance_chance(x, treated) < 1e-9


def test_a_column_told_twice_does_not_count_twice() -> None:
    rng = np.random.default_rng(3)
    x, treated = rng.normal(size=(300, 2)), rng.integers(0, 2, 300)
    assert imbalance_chance(np.column_stack([x, x[:, 0]]), treated) == pytest.approx(imbalance_chance(x, treated))


def test_differences_are_in_standard_deviations() -> None:
    rng = np.random.default_rng(4)
    treated = np.repeat([0, 1], 20_000)
    assert standardised_differences(5 * (rng.normal(size=40_000) + 0.3 * treated)[:, None], treated)[
        0
    ] == pytest.approx(0.3, abs=0.03)


def test_people_sure_to_be_treated_are_trimmed() -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(3000, 1))
    chance = 1 / (1 + np.exp(-3 * x[:, 0]))
    found = overlap(x, rng.random(3000) < chance)
    expected = ((chance < 0.1) | (chance > 0.9)).mean()
    assert found.trimmed_share == pytest.approx(expected, abs=0.03)
    assert np.abs(found.propensity - chance).mean() < 0.02


def test_the_effective_size_of_equal_weights_is_their_number() -> None:
    assert effective_size(np.full(7, 0.3)) == pytest.approx(7)
