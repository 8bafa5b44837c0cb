"""Concordance, Kaplan–Meier and the hazard by period against pairs and products done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.stats.concordance import concordance
from keepwell.stats.discrete_hazard import DiscreteHazard
from keepwell.stats.kaplan_meier import kaplan_meier
from keepwell.vocabulary.estimate import Estimate, NotAvailable

LIVES = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.integers(0, 3)), min_size=1, max_size=30)


@given(LIVES)
def test_concordance_counts_the_pairs_whose_order_is_known(lives: list[tuple[int, bool, int]]) -> None:
    won, pairs = 0.0, 0
    for time, left, risk in lives:
        for other_time, other_left, other_risk in lives:
            if left and (other_time > time or (other_time == time and not other_left)):
                pairs += 1
                won += (risk > other_risk) + 0.5 * (risk == other_risk)
    found = concordance(*(list(column) for column in zip(*lives, strict=True)))
    if not pairs:
        assert isinstance(found, NotAvailable)
        return
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(won / pairs)


def test_the_interval_of_the_concordance_is_as_wide_as_resampling_says() -> None:
    random = np.random.default_rng(0)
    risk = random.normal(size=400)
    leaves, watched = random.exponential(np.exp(-risk)), random.exponential(1.5, 400)
    times, left = np.minimum(leaves, watched), leaves < watched
    found = concordance(times, left, risk)
    drawn = []
    for _ in range(300):
        rows = random.integers(0, 400, 400)
        one = concordance(times[rows], left[rows], risk[rows])
        assert isinstance(one, Estimate)
        drawn.append(one.value)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(np.quantile(drawn, 0.975) - np.quantile(drawn, 0.025), rel=0.2)


def test_kaplan_meier_is_the_product_over_the_moments_of_leaving() -> None:
    found = kaplan_meier([6, 6, 6, 7, 10, 13, 6, 9], [True, True, True, True, True, True, False, False], 10)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx((5 / 8) * (3 / 4) * (1 / 2))


def test_nobody_is_counted_beyond_the_longest_life_watched() -> None:
    assert isinstance(kaplan_meier([1, 2], [True, False], 3), NotAvailable)


def test_hazards_without_a_telling_feature_give_the_counted_curve() -> None:
    random = np.random.default_rng(0)
    leaves, watched = random.geometric(0.08, 6000), random.integers(1, 20, 6000)
    times, left = np.minimum(leaves, watched), leaves <= watched
    model = DiscreteHazard().fit(random.normal(size=(6000, 1)), times, left)
    for time in (3, 9, 15):
        counted = kaplan_meier(times, left, time)
        assert isinstance(counted, Estimate)
        assert model.survival([[0.0]], [float(time)])[0, 0] == pytest.approx(counted.value, abs=0.03)


def test_a_curve_starts_at_one_and_never_rises_even_beyond_what_was_watched() -> None:
    random = np.random.default_rng(1)
    model = DiscreteHazard().fit(random.normal(size=(500, 2)), random.exponential(9.0, 500), random.random(500) < 0.6)
    curve = model.survival(random.normal(size=(20, 2)), np.linspace(0, 90, 31))
    assert (curve[:, 0] == 1).all()
    assert (np.diff(curve, axis=1) <= 0).all()
