"""Shrinking towards the base, sizes of experiments, discounting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from keepwell.stats.discounting import spread_factor
from keepwell.stats.power import people_per_arm
from keepwell.stats.shrinkage import between_variance, shrink
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import SampleMean


def _sums(values: np.ndarray) -> SampleMean:
    return SampleMean(values.size, float(values.sum()), float((values**2).sum()))


def test_shrinking_comes_nearer_to_the_truth_than_the_groups_own_means() -> None:
    rng = np.random.default_rng(4)
    truth = rng.normal(50, 5, 200)
    groups = [_sums(rng.normal(mean, 30, rng.integers(2, 40))) for mean in truth]
    shrunk = np.array([found.mean for found in shrink(groups)])
    own = np.array([group.mean for group in groups])
    assert ((shrunk - truth) ** 2).mean() < 0.5 * ((own - truth) ** 2).mean()


def test_intervals_of_shrunk_means_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    truth = rng.normal(50, 10, 400)
    found = shrink([_sums(rng.normal(mean, 30, rng.integers(5, 60))) for mean in truth])
    held = np.mean([one.low <= mean <= one.high for one, mean in zip(found, truth, strict=True)])
    assert 0.92 <= held <= 0.98


def test_the_variance_between_groups_is_recovered() -> None:
    rng = np.random.default_rng(6)
    groups = [_sums(rng.normal(mean, 20, 50)) for mean in rng.normal(100, 8, 2000)]
    assert between_variance(groups) == pytest.approx(64, rel=0.1)


def test_groups_that_differ_by_chance_alone_are_drawn_together() -> None:
    rng = np.random.default_rng(7)
    found = shrink([_sums(rng.normal(10, 3, 100)) for _ in range(50)])
    assert min(one.weight_of_base for one in found) > 0.7


def test_an_empty_group_gets_the_base() -> None:
    found = shrink([SampleMean(4, 40.0, 410.0), SampleMean(0, 0.0, 0.0)])
    assert (found[1].mean, found[1].weight_of_base) == (10.0, 1.0)


@pytest.mark.parametrize(("lift", "correlation", "people"), [(0.05, 0, 57600), (0.05, 0.6, 36864), (0.1, 0, 14400)])
def test_holdout_sizes_equal_the_printed_ones(lift: float, correlation: float, people: int) -> None:
    assert people_per_arm(3, lift, correlation) == people


def test_no_lift_has_no_size() -> None:
    with pytest.raises(InputError):
        people_per_arm(3, 0)


def test_money_spread_over_two_years_is_the_integral_of_its_discounting() -> None:
    assert spread_factor(0.1, 730) == pytest.approx(quad(lambda t: 1.1**-t, 0, 2)[0] / 2)
