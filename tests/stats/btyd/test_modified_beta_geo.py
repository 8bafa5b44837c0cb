"""MBG/NBD against the published figures for CDNOW, and against the model written down another way."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from lifetimes import ModifiedBetaGeoFitter
from scipy.special import gammaln

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo


@pytest.fixture(scope="module")
def model(cdnow_days: pd.DataFrame) -> ModifiedBetaGeo:
    return ModifiedBetaGeo(unit="week").fit(cdnow_days)


def likelihood(parameters: np.ndarray, rfm: pd.DataFrame) -> float:
    """Return the log-likelihood in weeks as Batislam, Denizel & Filiztekin (2007) have it."""
    r, alpha, a, b = parameters
    x, recency, age = rfm["frequency"].to_numpy(), rfm["recency_days"].to_numpy() / 7, rfm["age_days"].to_numpy() / 7
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + x + 1) - gammaln(b) - gammaln(a + b + x + 1)
    mixed = (alpha + age) ** -(r + x) + a / (b + x) * (alpha + recency) ** -(r + x)
    return float((first + second + np.log(mixed)).sum())


def test_cdnow_parameters_are_those_published(model: ModifiedBetaGeo) -> None:
    published = {"r": 0.52484, "alpha": 6.18299, "a": 0.89136, "b": 1.61400}
    assert model.parameters() == pytest.approx(published, abs=2e-4)


def test_cdnow_log_likelihood_is_the_published(model: ModifiedBetaGeo) -> None:
    assert model.log_likelihood_ == pytest.approx(-9582.13, abs=0.01)


def test_cdnow_holdout_errors_are_those_known(model: ModifiedBetaGeo, cdnow_days: pd.DataFrame) -> None:
    expected, actual = model.expected_purchases(cdnow_days, "273d"), cdnow_days["holdout"].to_numpy()
    error = expected - actual
    measures = [np.abs(error).mean(), math.sqrt((error**2).mean()), expected.sum() / actual.sum() - 1]
    assert measures == pytest.approx([0.765, 1.607, -0.162], abs=6e-4)


def test_the_log_likelihood_is_that_of_the_paper(model: ModifiedBetaGeo, cdnow_days: pd.DataFrame) -> None:
    assert model.log_likelihood_ == pytest.approx(likelihood(model.parameters_, cdnow_days), abs=1e-8)


def test_no_step_from_the_fit_raises_the_likelihood(model: ModifiedBetaGeo, cdnow_days: pd.DataFrame) -> None:
    top = likelihood(model.parameters_, cdnow_days)
    for step in np.vstack([np.eye(4), -np.eye(4)]) * 1e-3:
        assert likelihood(model.parameters_ * np.exp(step), cdnow_days) < top


def test_who_bought_once_may_be_gone(model: ModifiedBetaGeo) -> None:
    alive = model.probability_alive({"frequency": [0, 0, 0], "recency": [0, 0, 0], "T": [0, 10, 39]})
    a, b = model.parameters()["a"], model.parameters()["b"]
    assert alive[0] == pytest.approx(b / (a + b))
    assert alive[0] > alive[1] > alive[2] > 0


def test_scores_are_lifetimes_own(model: ModifiedBetaGeo, cdnow_days: pd.DataFrame) -> None:
    theirs = ModifiedBetaGeoFitter(penalizer_coef=0.0)
    theirs.params_ = pd.Series(model.parameters())
    row = cdnow_days["frequency"], cdnow_days["recency_days"] / 7, cdnow_days["age_days"] / 7
    assert model.probability_alive(cdnow_days) == pytest.approx(theirs.conditional_probability_alive(*row), abs=1e-10)
    expected = theirs.conditional_expected_number_of_purchases_up_to_time(52, *row)
    assert model.expected_purchases(cdnow_days, 52) == pytest.approx(expected, abs=1e-8)


def test_a_newcomer_s_expectation_is_the_mean_of_the_counts(model: ModifiedBetaGeo) -> None:
    chances = np.array([model.probability_of_purchases(count, 52) for count in range(400)])
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert chances @ np.arange(400) == pytest.approx(model.expected_purchases_of_newcomer(52), abs=1e-6)


def test_a_newcomer_is_a_customer_whose_first_purchase_was_today(model: ModifiedBetaGeo) -> None:
    today = {"frequency": [0], "recency": [0], "T": [0]}
    assert model.expected_purchases(today, 52)[0] == pytest.approx(model.expected_purchases_of_newcomer(52))
    assert model.probability_of_no_purchase(today, 52)[0] == pytest.approx(model.probability_of_purchases(0, 52))


def test_a_large_base_of_the_other_model_fits_nearly_as_well() -> None:
    rng = np.random.default_rng(7)
    size = 60_000
    age = rng.integers(0, 700, size)
    frequency = rng.negative_binomial(0.4, 20 / (20 + age))
    recency = np.where(frequency > 0, np.ceil(age * rng.random(size) ** (1 / np.maximum(frequency, 1))), 0)
    base = {"frequency": np.minimum(frequency, recency), "recency_days": recency, "age_days": age}
    ours, other = ModifiedBetaGeo().fit(base), BetaGeo().fit(base)
    assert ours.log_likelihood_ == pytest.approx(other.log_likelihood_, rel=0.02)
    assert ours.parameters()["r"] < 5
