"""Churn of a shop without contracts: calibrated on the window just past, beside a model with features."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import ibis
import numpy as np
import polars as pl
import pytest

from keepwell.understand.churn.non_contractual import NonContractualChurn, days_until_gone, non_contractual_churn
from keepwell.understand.clv.repeat_purchases import repeat_purchases
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate


@pytest.fixture(scope="module")
def shop(shared_data: Path) -> Facts:
    lines = pl.read_parquet(shared_data / "online_retail_ii.parquet")
    is_copy = (pl.col("sheet") == "Year 2009-2010") & (pl.col("InvoiceDate") >= datetime.fromisoformat("2010-12-01"))
    is_sale = (pl.col("Quantity") > 0) & (pl.col("Price") > 0) & ~pl.col("Invoice").str.starts_with("C")
    sold = lines.filter(~is_copy & is_sale & pl.col("Customer ID").is_not_null()).drop("sheet")
    table = ibis.duckdb.connect().create_table("lines", sold.to_arrow())
    return facts_from_tables(table, business=Business(currency="GBP", time_zone="Europe/London"))


@pytest.fixture(scope="module")
def churn(shop: Facts) -> NonContractualChurn:
    return non_contractual_churn(shop, 90)


def test_every_customer_has_a_chance_and_a_band(churn: NonContractualChurn) -> None:
    assert churn.customers.num_rows == 5878
    chance = churn.customers["no_order_probability"].to_numpy()
    assert ((chance > 0) & (chance < 1)).all()
    assert sum(band.customers for band in churn.bands) == 5878


def test_each_band_came_true_as_often_as_it_says(churn: NonContractualChurn) -> None:
    for band in churn.bands:
        assert isinstance(band.observed, Estimate)
        assert band.at_least <= band.observed.value < band.below
        assert band.expected == pytest.approx(band.observed.value, abs=0.06)


def test_calibration_on_the_holdout_lowers_the_error(churn: NonContractualChurn) -> None:
    best = min(score.brier.value for score in churn.scores)
    assert churn.calibrated.brier.value < best
    assert churn.calibrated.calibration_error.value < 0.03


def test_the_report_says_which_model_did_better_on_the_same_customers(churn: NonContractualChurn) -> None:
    chosen = next(score for score in churn.scores if score.name == churn.name)
    assert not isinstance(churn.with_features, str)
    assert isinstance(chosen.area, Estimate)
    assert chosen.area.value > 0.78
    assert churn.verdict.startswith("On the same customers, MBG/NBD had the smaller squared error (MBG/NBD: AUC 0.80")


def test_on_the_last_chance_a_silent_customer_becomes_more_likely_gone_than_not(
    shop: Facts, churn: NonContractualChurn
) -> None:
    rows = repeat_purchases(shop, churn.as_of).to_pandas()
    wait = days_until_gone(churn.model, rows)
    within = np.isfinite(wait) & (wait > 0)
    assert 1000 < within.sum() < 5000
    there = rows[within].reset_index(drop=True)
    day_before, on_the_day = (
        churn.model.probability_alive(there.assign(age_days=there.age_days + wait[within] - less)) for less in (1, 0)
    )
    assert (day_before >= 0.5).all()
    assert (on_the_day < 0.5).all()
    dates = dict(zip(*(churn.customers[name].to_pylist() for name in ("customer_id", "last_chance_on")), strict=True))
    first = there.iloc[0]
    assert dates[first.customer_id] == churn.as_of + timedelta(days=int(wait[within][0]))


def test_a_model_that_holds_one_time_buyers_for_present_is_refused(shop: Facts) -> None:
    with pytest.raises(InputError, match="BetaGeo cannot flag customers who bought once"):
        non_contractual_churn(shop, 90, models=["BetaGeo"])
