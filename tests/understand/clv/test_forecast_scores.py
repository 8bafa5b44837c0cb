"""Scores of forecasts against independent computations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, spearmanr

from keepwell.understand.clv.forecast_scores import amount_score, area_under_curve, rank_correlation, return_score
from keepwell.vocabulary.estimate import Estimate, NotAvailable

ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4)), min_size=3, max_size=30)


def columns(rows):
    one, other, customers = np.array(rows, dtype=float).T
    return one, other, customers, np.repeat(one, customers.astype(int)), np.repeat(other, customers.astype(int))


@given(ROWS)
def test_rank_correlation_equals_scipys_of_the_repeated_rows(rows):
    one, other, customers, one_each, other_each = columns(rows)
    found = rank_correlation(one, other, customers)
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        assert isinstance(found, NotAvailable)
    else:
        assert found == pytest.approx(spearmanr(one_each, other_each).statistic, abs=1e-9)


@given(ROWS)
def test_area_under_curve_equals_the_mann_whitney_statistic_of_the_repeated_rows(rows):
    score, outcome, customers, score_each, outcome_each = columns(rows)
    found = area_under_curve(score, outcome > 2, customers)
    back = outcome_each > 2
    if back.all() or not back.any():
        assert isinstance(found, NotAvailable)
    else:
        statistic = mannwhitneyu(score_each[back], score_each[~back]).statistic
        assert found == pytest.approx(statistic / back.sum() / (~back).sum())


@given(ROWS)
def test_errors_of_grouped_rows_are_those_of_the_repeated_rows(rows):
    one, other, customers, one_each, other_each = columns(rows)
    score = amount_score(one, other, customers, Estimate(float(one_each.sum())))
    assert score.actual == other_each.sum()
    assert score.mean_absolute_error == pytest.approx(np.abs(one_each - other_each).mean())
    assert score.root_mean_square_error == pytest.approx(np.sqrt(((one_each - other_each) ** 2).mean()))
    if other_each.sum():
        assert score.bias == pytest.approx(one_each.sum() / other_each.sum() - 1)
    else:
        assert isinstance(score.bias, NotAvailable)


def test_a_probability_of_zero_for_what_happened_is_scored_and_not_infinite():
    score = return_score(np.array([0.0, 1.0]), np.array([True, True]), np.ones(2))
    assert 13 < score.log_loss < 14
    assert isinstance(score.area_under_curve, NotAvailable)


def test_whether_the_total_lies_in_the_interval_is_said_only_where_there_is_one():
    arrays = np.array([1.0]), np.array([2.0]), np.array([3.0])
    assert amount_score(*arrays, Estimate(3.0)).is_inside is None
    assert amount_score(*arrays, Estimate(3.0, 1.0, 6.0)).is_inside is True
    assert amount_score(*arrays, Estimate(3.0, 1.0, 5.0)).is_inside is False
