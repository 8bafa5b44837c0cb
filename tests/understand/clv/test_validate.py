"""Holdout validation on CDNOW, against the published figures, and on logs that cannot carry a model."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import spearmanr

from keepwell.understand.clv.holdout import holdout
from keepwell.understand.clv.naive import NOBODY, SAME_AS_BEFORE
from keepwell.understand.clv.validate import validate
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

SPLIT, AS_OF = date(1997, 10, 1), date(1998, 7, 1)


def test_the_holdout_of_cdnow_holds_1882_orders_of_2357_customers(cdnow_validation):
    found = cdnow_validation
    assert (found.customers, found.repeat_customers, found.repeat_orders, found.orders) == (2357, 946, 2457, 1882)
    assert (found.days, found.first_day) == (39 * 7, date(1997, 1, 1))


@pytest.mark.parametrize(
    ("name", "absolute", "squared", "bias"),
    [
        (SAME_AS_BEFORE, 1.024, 2.212, 0.557),
        ("ParetoNBD", 0.755, 1.603, -0.115),
        ("BetaGeo", 0.785, 1.608, -0.121),
        ("ModifiedBetaGeo", 0.765, 1.607, -0.162),
        (NOBODY, 0.798, 2.206, -1.0),
    ],
)
def test_cdnow_holdout_39_weeks_mae_rmse_and_bias(cdnow_validation, name, absolute, squared, bias):
    score = cdnow_validation.forecast(name).orders
    assert score.mean_absolute_error == pytest.approx(absolute, abs=6e-4)
    assert score.root_mean_square_error == pytest.approx(squared, abs=6e-4)
    assert score.bias == pytest.approx(bias, abs=6e-4)
    assert score.actual == 1882


PUBLISHED_BINS = {
    "Counted": (0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359),
    "Pareto/NBD": (0.138, 0.600, 1.196, 1.714, 2.399, 2.907, 3.819, 6.403),
    "BG/NBD": (0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157),
}


@pytest.mark.parametrize("series", PUBLISHED_BINS)
def test_cdnow_conditional_means_by_frequency_bin(cdnow_validation, series):
    rows = [row for row in cdnow_validation.calibration if row.series == series]
    assert [row.frequency for row in rows] == ["0", "1", "2", "3", "4", "5", "6", "7+"]
    assert [row.customers for row in rows] == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert [row.mean for row in rows] == pytest.approx(PUBLISHED_BINS[series], abs=2e-3)


def test_scores_per_customer_equal_those_of_rows_not_grouped(cdnow_validation, cdnow_facts):
    cut = holdout(cdnow_facts, SPLIT, AS_OF, count_free=True)
    forecast = cdnow_validation.forecast("ParetoNBD")
    each = cut.customers.astype(int)
    expected = np.repeat(forecast.model.expected_purchases(cut.base, "273d")[cut.tuple_of_row], each)
    worth = expected * cdnow_validation.spend.expected_value(
        np.repeat(cut.frequency, each), np.repeat(cut.monetary_value, each)
    )
    orders, value = np.repeat(cut.orders, each), np.repeat(cut.value, each)
    assert forecast.orders.rank_correlation == pytest.approx(spearmanr(expected, orders).statistic)
    assert forecast.value.mean_absolute_error == pytest.approx(np.abs(worth - value).mean())
    assert forecast.value.root_mean_square_error == pytest.approx(np.sqrt(((worth - value) ** 2).mean()))
    assert forecast.value.predicted.value == pytest.approx(worth.sum())


def test_holdout_revenue_of_cdnow_is_the_sum_of_its_rows(cdnow_validation, cdnow_rows):
    later = cdnow_rows[cdnow_rows["date"] >= SPLIT]
    assert cdnow_validation.forecast("BetaGeo").value.actual == pytest.approx(later["dollar_value"].sum())


def test_who_comes_back_is_foretold_better_than_by_the_overall_share(cdnow_validation):
    for forecast in cdnow_validation.models:
        share = forecast.returns.actual
        by_share = -(share * np.log(share) + (1 - share) * np.log(1 - share))
        assert forecast.returns.log_loss < by_share
        assert 0.74 < forecast.returns.area_under_curve < 0.8


def test_the_interval_of_the_total_is_about_as_wide_as_chance_and_parameters_make_it(cdnow_validation):
    """Chance alone: the root of the summed variance is near 80 orders; parameters add as much again."""
    for forecast in cdnow_validation.models:
        total = forecast.orders.predicted
        assert total.low < total.value < total.high
        assert 2 * 80 < (total.high - total.low) / 2 < 4 * 80


def test_the_same_seed_gives_the_same_figures(cdnow_facts):
    asked = {"models": ["ModifiedBetaGeo"], "count_free": True, "seed": 4}
    one, two = (validate(cdnow_facts, SPLIT, AS_OF, **asked).forecasts[0] for _ in range(2))
    assert (one.orders, one.value, one.returns) == (two.orders, two.value, two.returns)


def shop(customers: int, repeats: int, days: int = 200):
    start, rows = date(2020, 1, 1), []
    for number in range(customers):
        first = start + timedelta(days=number % 20)
        rows.append((f"c{number}", first.isoformat(), 10 + number))
        if number < repeats:
            rows.append((f"c{number}", (first + timedelta(days=30 + number)).isoformat(), 20))
    return [*rows, ("last", (start + timedelta(days=days)).isoformat(), 5)]


def test_where_nobody_repeats_models_say_so_and_the_naive_forecasts_remain(duckdb_log):
    found = validate(duckdb_log(shop(30, 0)), date(2020, 3, 1), date(2020, 7, 1))
    assert found.models == ()
    assert "Not enough repeat purchases" in found.forecast("BetaGeo").reason
    naive = found.forecast(SAME_AS_BEFORE).orders
    assert (naive.predicted.value, naive.actual) == (0.0, 0.0)
    assert isinstance(naive.bias, NotAvailable)
    assert isinstance(naive.rank_correlation, NotAvailable)


def test_a_handful_of_repeaters_gives_finite_figures_throughout(duckdb_log):
    found = validate(duckdb_log(shop(30, 5)), date(2020, 2, 25), date(2020, 7, 1))
    for forecast in found.models:
        scores = [forecast.orders, forecast.value]
        numbers = [(s.predicted.value, s.mean_absolute_error, s.root_mean_square_error) for s in scores]
        assert np.isfinite(np.array(numbers)).all()
        assert np.isfinite([forecast.returns.log_loss, forecast.returns.brier]).all()
    assert all(np.isfinite(row.cumulative) for row in found.tracking)


def test_an_unknown_model_is_refused_with_the_names_there_are(duckdb_log):
    with pytest.raises(InputError, match=r"no model 'Prophet'\. Choose from ModifiedBetaGeo, ParetoNBD, BetaGeo"):
        validate(duckdb_log(shop(3, 1)), date(2020, 2, 1), date(2020, 7, 1), models=["Prophet"])
