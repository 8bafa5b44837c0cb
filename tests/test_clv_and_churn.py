"""``kw.clv`` and ``kw.churn``: published figures and whole answers from plain tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from shops import CUSTOMERS, orders, subscriptions

import keepwell as kw
from keepwell.vocabulary.errors import InputError, KeepwellError
from keepwell.vocabulary.estimate import NotAvailable


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    return orders()


def test_cdnow_comes_out_as_published_from_the_table_of_orders(shared_data: Path) -> None:
    log = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    # the paper counts days with free CDs too
    rfm = kw.clv.rfm(log, as_of="1997-10-01", count_free=True)
    model = kw.clv.BetaGeo(unit="week").fit(rfm)
    assert list(model.parameters().values()) == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=0.001)
    assert model.log_likelihood_ == pytest.approx(-9582.4, abs=0.05)


def test_spend_fits_on_the_same_table(shop: pd.DataFrame) -> None:
    rfm = kw.clv.rfm(shop)
    spend = kw.clv.GammaGamma().fit(rfm[rfm["frequency"] > 0])
    assert spend.mean_of_population() == pytest.approx(shop["amount"].mean(), rel=0.1)


@pytest.mark.parametrize("name", ["BetaGeo", "ModifiedBetaGeo", "ParetoNBD", "NBD"])
def test_every_model_of_repeat_purchases_fits_the_table(shop: pd.DataFrame, name: str) -> None:
    rfm = kw.clv.rfm(shop)
    expected = getattr(kw.clv, name)().fit(rfm).expected_purchases(rfm, "90d")
    assert expected.shape == (CUSTOMERS,)
    assert np.isfinite(expected).all()


def test_the_values_of_customers_scale_with_the_margin(shop: pd.DataFrame) -> None:
    half, whole = (kw.clv.customers(shop, horizon="90d", margin=margin).frame() for margin in (0.5, 1.0))
    assert (2 * half["value"]).to_numpy() == pytest.approx(whole["value"].to_numpy())


def test_any_kind_of_table_and_facts_give_the_same_values(shop: pd.DataFrame) -> None:
    expected = kw.clv.customers(shop, horizon="90d", currency="EUR").frame()
    for given in (pl.from_pandas(shop), kw.facts(shop, currency="EUR")):
        found = kw.clv.customers(given, horizon="90d").frame()
        assert found["value"].to_numpy() == pytest.approx(expected["value"].to_numpy())


def test_options_of_the_table_cannot_be_set_on_facts(shop: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="currency"):
        kw.clv.customers(kw.facts(shop), currency="GBP")


def test_a_validation_can_be_drawn(shop: pd.DataFrame) -> None:
    found = kw.clv.validate(shop, split="2024-01-01", models=["ModifiedBetaGeo"])
    assert (found.split, found.as_of) == (date(2024, 1, 1), date(2024, 6, 24))
    for chart in (
        kw.plot.tracking(found.tracking, split=found.split),
        kw.plot.calibration_by_frequency(found.calibration),
    ):
        assert chart.to_dict()["$schema"]


def test_a_log_too_short_to_validate_says_so(shop: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="nothing to hold back"):
        kw.clv.validate(shop, as_of="2023-02-01")


def test_newcomers_are_valued_by_group_as_margin(shop: pd.DataFrame) -> None:
    half, whole = (kw.clv.newcomers(shop, by="country", horizon="90d", margin=margin) for margin in (0.5, 1.0))
    assert not isinstance(half, NotAvailable)
    assert not isinstance(whole, NotAvailable)
    assert half.frame()["group"].tolist() == ["DE", "PL"]
    assert (2 * half.frame()["value"]).tolist() == pytest.approx(whole.frame()["value"].tolist())


def test_nobody_bought_twice_says_so(shop: pd.DataFrame) -> None:
    once = shop.drop_duplicates("customer")
    with pytest.raises(InputError, match="Not enough repeat purchases"):
        kw.clv.customers(once)
    assert isinstance(kw.clv.newcomers(once), NotAvailable)


def test_who_may_not_order_is_told_from_a_table(shop: pd.DataFrame) -> None:
    found = kw.churn.non_contractual(shop, window="60d")
    assert found.customers.num_rows == CUSTOMERS
    assert sum(band.customers for band in found.bands) == CUSTOMERS


def test_subscribers_are_followed_from_a_table() -> None:
    found = kw.churn.contractual(subscriptions(), as_of="2024-01-01", by="plan", margin=0.8)
    assert {group.name for group in found.groups} == {"basic", "pro"}
    assert found.value.value == pytest.approx(sum(found.payers["value"].to_pylist()), rel=1e-6)


def test_a_model_with_features_learns_from_snapshots(shop: pd.DataFrame) -> None:
    shots = kw.churn.snapshots(kw.facts(shop), window="60d")
    model = kw.churn.ChurnModel().fit(shots.train, drop=["as_of"], group="customer_id")
    report = kw.churn.held_out(model, shots.train, shots.test)
    assert report.reasons
    assert not isinstance(report.model.area, NotAvailable)
    assert report.model.area.value > 0.6


def test_a_table_without_subscriptions_is_refused_in_words(shop: pd.DataFrame) -> None:
    with pytest.raises(KeepwellError, match="subscription"):
        kw.churn.contractual(shop)


@pytest.mark.parametrize("day", ["nonsense", 20240101])
def test_what_is_no_day_is_refused_in_words(shop: pd.DataFrame, day: object) -> None:
    for ask in (lambda: kw.clv.rfm(shop, as_of=day), lambda: kw.churn.non_contractual(shop, as_of=day)):
        with pytest.raises(InputError, match="is not a day"):
            ask()


def test_a_timestamp_counts_as_its_day(shop: pd.DataFrame) -> None:
    given = kw.clv.rfm(shop, as_of=pd.Timestamp("2023-06-01 08:00"))
    pd.testing.assert_frame_equal(given, kw.clv.rfm(shop, as_of="2023-06-01"))  # sums may differ in the last digit


def test_a_model_of_one_s_own_choice_is_named(shop: pd.DataFrame) -> None:
    assert "by NBD" in repr(kw.clv.customers(shop, model=kw.clv.NBD()))
