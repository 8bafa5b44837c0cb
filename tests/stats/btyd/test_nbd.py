"""NBD against the published fit of CDNOW and against simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from keepwell.stats.btyd.nbd import NBD
from keepwell.vocabulary.errors import InputError


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> pd.DataFrame:
    """Return one row a customer in weeks: purchases to 30 September 1997, those of a day merged."""
    log = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    end = pd.Timestamp("1997-09-30")
    log = log.assign(date=pd.to_datetime(log["date"])).drop_duplicates(["sample_id", "date"])
    days = log[log["date"] <= end].groupby("sample_id")["date"].agg(["min", "max", "count"])
    age, recency = (end - days["min"]).dt.days / 7, (days["max"] - days["min"]).dt.days / 7
    return pd.DataFrame({"frequency": days["count"] - 1, "recency": recency, "T": age})


@pytest.fixture(scope="module")
def model(cdnow: pd.DataFrame) -> NBD:
    return NBD(unit="week").fit(cdnow)


def one(frequency: float, age: float) -> dict[str, list[float]]:
    return {"frequency": [frequency], "recency": [age if frequency else 0.0], "T": [age]}


def test_cdnow_parameters_and_log_likelihood_are_those_published(model: NBD) -> None:
    assert model.parameters() == pytest.approx({"r": 0.38477, "alpha": 12.0721}, abs=1e-4)
    assert model.log_likelihood_ == pytest.approx(-9763.66, abs=0.005)


def test_grouped_rows_fit_the_same(model: NBD, cdnow: pd.DataFrame) -> None:
    grouped = cdnow.groupby(["frequency", "recency", "T"]).size().rename("customers").reset_index()
    assert NBD(unit="week").fit(grouped).parameters() == pytest.approx(model.parameters(), rel=1e-7)


def test_everybody_is_alive(model: NBD, cdnow: pd.DataFrame) -> None:
    assert (model.probability_alive(cdnow) == 1).all()


def test_purchases_to_come_are_negative_binomial(model: NBD) -> None:
    r, alpha = model.parameters()["r"], model.parameters()["alpha"]
    to_come = nbinom(r + 5, (alpha + 30) / (alpha + 30 + 26))
    assert model.expected_purchases(one(5, 30), 26)[0] == pytest.approx(to_come.mean())
    assert model.probability_of_no_purchase(one(5, 30), 26)[0] == pytest.approx(to_come.pmf(0))


def test_a_newcomer_is_a_customer_of_no_age(model: NBD) -> None:
    assert model.expected_purchases_of_newcomer("1y") == pytest.approx(model.expected_purchases(one(0, 0), "1y")[0])


@given(st.integers(0, 1_000_000), st.floats(0.01, 5000), st.floats(0.01, 5000))
def test_scores_are_finite_and_in_range(model, frequency, age, horizon) -> None:
    rows = one(frequency, age)
    assert 0 < model.expected_purchases(rows, horizon)[0] < np.inf
    assert 0 <= model.probability_of_no_purchase(rows, horizon)[0] < 1


def test_customers_who_are_all_alike_are_expected_to_go_on_at_their_rate() -> None:
    rows = {"frequency": [2, 3, 2, 3], "recency_days": [80, 90, 85, 70], "age_days": [100] * 4}
    model = NBD().fit(rows)
    assert model.expected_purchases(rows, 100) == pytest.approx([2.5] * 4, rel=1e-3)
    assert "do not determine r and alpha" in model.convergence_.note
    assert np.isfinite(model.draws(100, seed=1)).all()


def test_a_base_without_repeats_is_refused() -> None:
    with pytest.raises(InputError, match="Not enough repeat purchases"):
        NBD().fit({"frequency": [0, 0], "recency_days": [0, 0], "age_days": [30, 40]})
