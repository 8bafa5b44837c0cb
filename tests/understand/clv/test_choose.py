"""The model chosen by holdout, and what the owner is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import ibis
import polars as pl
import pytest

from keepwell.understand.clv.choose import choose, choose_by_holdout, default_split
from keepwell.understand.clv.forecast_scores import LossGap
from keepwell.understand.clv.validate import Validation
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

RETAIL_AS_OF = date(2011, 12, 10)


@pytest.fixture(scope="module")
def retail(shared_data) -> Facts:
    lines = pl.read_parquet(shared_data / "online_retail_ii.parquet")
    is_copy = (pl.col("sheet") == "Year 2009-2010") & (pl.col("InvoiceDate") >= datetime.fromisoformat("2010-12-01"))
    is_sale = (pl.col("Quantity") > 0) & (pl.col("Price") > 0) & ~pl.col("Invoice").str.starts_with("C")
    sold = lines.filter(~is_copy & is_sale & pl.col("Customer ID").is_not_null())
    table = ibis.duckdb.connect().create_table("lines", sold.drop("sheet").to_arrow())
    return facts_from_tables(table, business=Business(currency="GBP", time_zone="Europe/London"))


@pytest.fixture(scope="module")
def retail_choice(retail):
    return choose_by_holdout(retail, RETAIL_AS_OF)


def test_cdnow_gets_pareto_since_its_total_is_nearest_and_it_can_say_who_left(cdnow_validation):
    found = choose(cdnow_validation)
    assert (found.model_name, found.flags_from, found.is_tested) == ("ParetoNBD", "ParetoNBD", True)
    assert found.why == (
        "Pareto/NBD is used: over the last 39 weeks it missed total orders by −12 % (±1.60 orders); MBG/NBD by −16 % "
        "(±1.61 orders); BG/NBD by −12 % (±1.61 orders); everybody going on as before by +56 % (±2.21 orders). The "
        "second figure is the typical error for one customer. Pareto/NBD does as well as BG/NBD and is simpler to use."
    )


def test_online_retail_gets_bg_nbd_for_orders_and_another_model_for_flags(retail_choice):
    found, validation = retail_choice
    assert isinstance(validation, Validation)
    assert (found.model_name, found.flags_from) == ("BetaGeo", "ParetoNBD")
    assert "BG/NBD is the nearest customer by customer, beyond chance." in found.why
    assert "BG/NBD holds everybody who bought only once for still there" in found.why


def test_online_retail_reports_bias_and_tracking_and_says_that_the_total_came_out_of_range(retail_choice):
    found, validation = retail_choice
    assert validation.split == RETAIL_AS_OF - timedelta(days=246)
    for forecast in validation.models:
        assert 0.05 < forecast.orders.bias < 0.10
        assert (
            forecast.orders.root_mean_square_error < validation.forecast("Same as before").orders.root_mean_square_error
        )
    assert "the time after 2011-04-08 was unlike the time before it" in found.warning
    counted = [row for row in validation.tracking if row.series == "Counted"]
    assert counted[-1].cumulative == validation.repeat_orders + validation.orders


def test_flags_never_come_from_bg_nbd(cdnow_validation):
    """Though BG/NBD were the best by far."""
    best = tuple(LossGap("BetaGeo", other, -1.0, 0.01) for other in ("ModifiedBetaGeo", "ParetoNBD"))
    bg = cdnow_validation.forecast("BetaGeo")
    better = replace(bg, orders=replace(bg.orders, root_mean_square_error=0.5))
    forecasts = tuple(better if forecast is bg else forecast for forecast in cdnow_validation.forecasts)
    found = choose(replace(cdnow_validation, gaps=best, forecasts=forecasts))
    assert (found.model_name, found.flags_from) == ("BetaGeo", "ModifiedBetaGeo")


def test_models_that_tie_throughout_give_the_quickest_that_can_flag(cdnow_validation):
    pareto = cdnow_validation.forecast("ParetoNBD").orders
    forecasts = tuple(
        forecast if forecast.model is None else replace(forecast, orders=pareto)
        for forecast in cdnow_validation.forecasts
    )
    assert choose(replace(cdnow_validation, forecasts=forecasts)).model_name == "ModifiedBetaGeo"


def test_a_model_that_lost_to_going_on_as_before_is_used_with_a_warning(cdnow_validation):
    naive = cdnow_validation.forecasts[-2]
    better = replace(naive, orders=replace(naive.orders, root_mean_square_error=1.0))
    found = choose(
        replace(cdnow_validation, forecasts=(*cdnow_validation.models, better, cdnow_validation.forecasts[-1]))
    )
    assert "No model was nearer, customer by customer, than everybody going on as before." in found.warning


def orders_of(days: int, customers: int = 3):
    start = date(2020, 1, 1)
    return [
        (f"c{number}", (start + timedelta(days=day)).isoformat(), 5)
        for number in range(customers)
        for day in (number, days - 1 - number)
    ]


def test_a_short_log_is_not_split_and_the_choice_says_that_it_is_untested(duckdb_log):
    found, validation = choose_by_holdout(duckdb_log(orders_of(40)), date(2020, 2, 10))
    assert (found.model_name, found.is_tested) == ("ModifiedBetaGeo", False)
    assert found.why.startswith("MBG/NBD is used, untested: the log covers 40 days")
    assert isinstance(validation, NotAvailable)


def test_too_few_repeaters_leave_the_choice_untested(duckdb_log):
    found, validation = choose_by_holdout(duckdb_log(orders_of(300)), date(2020, 10, 27))
    assert isinstance(validation, Validation)
    assert not found.is_tested
    assert "no model could be fitted" in found.why


def test_a_log_that_ended_long_ago_leaves_the_choice_untested(duckdb_log):
    found, _ = choose_by_holdout(duckdb_log(orders_of(60)), date(2021, 1, 1))
    assert not found.is_tested
    assert "does not cut the log" in found.why


def test_a_split_that_was_asked_for_outside_the_log_is_refused(duckdb_log):
    with pytest.raises(InputError, match="does not cut the log"):
        choose_by_holdout(duckdb_log(orders_of(300)), date(2020, 10, 27), split=date(2019, 1, 1))


def test_the_holdout_is_a_third_of_the_log_and_a_year_at_most(duckdb_log):
    assert default_split(duckdb_log(orders_of(300)), date(2020, 10, 27)) == date(2020, 10, 27) - timedelta(days=100)
    long = duckdb_log(orders_of(3000))
    assert default_split(long, date(2028, 3, 19)) == date(2028, 3, 19) - timedelta(days=365)
