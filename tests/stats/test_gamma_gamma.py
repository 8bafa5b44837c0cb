"""Spend per order: the published fit, an independent integral, and bases that carry no model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.stats.repeat_spend import RepeatSpend, correlation
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable


@pytest.fixture(scope="module")
def cdnow(shared_data: Path) -> pd.DataFrame:
    """Return CDNOW's calibration period, one row a customer in the order of the sample."""
    lines = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    lines = lines[pd.to_datetime(lines["date"]) <= "1997-09-30"]
    days = lines.groupby(["sample_id", "date"], as_index=False)["dollar_value"].sum()
    repeats = days[days["date"] > days.groupby("sample_id")["date"].transform("min")]
    spend = repeats.groupby("sample_id")["dollar_value"].agg(["count", "mean"])
    table = spend.reindex(sorted(days["sample_id"].unique()))
    return pd.DataFrame({"frequency": table["count"].fillna(0), "monetary_value": table["mean"]})


@pytest.fixture(scope="module")
def cdnow_model(cdnow: pd.DataFrame) -> GammaGamma:
    return GammaGamma().fit(cdnow)


@pytest.mark.parametrize(("name", "published"), [("p", 6.2488), ("q", 3.7446), ("gamma", 15.4478)])
def test_cdnow_parameters_are_those_of_fader_and_hardie_2013(cdnow_model, name, published) -> None:
    assert cdnow_model.parameters()[name] == pytest.approx(published, abs=0.01)


def test_cdnow_fit_is_at_least_as_likely_as_the_published_one(cdnow, cdnow_model) -> None:
    published = _log_likelihood(cdnow[cdnow.frequency > 0], 6.2488, 3.7446, 15.4478)
    assert cdnow_model.log_likelihood_ >= published - 1e-6


def test_cdnow_log_likelihood_is_the_published_one(cdnow_model) -> None:
    assert round(cdnow_model.log_likelihood_, 2) == -4055.92
    assert cdnow_model.customers_ == 946


def test_cdnow_s_first_ten_customers_are_expected_to_spend_what_the_note_says(cdnow, cdnow_model) -> None:
    first = cdnow_model.expected_value(cdnow["frequency"], cdnow["monetary_value"])[:10]
    assert first.round(2).tolist() == [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


def test_cdnow_correlation_of_frequency_and_spend_is_scipy_s(cdnow, cdnow_model) -> None:
    repeats = cdnow[cdnow.frequency > 0]
    truth = stats.pearsonr(repeats["frequency"], repeats["monetary_value"])
    found, interval = cdnow_model.correlation_, truth.confidence_interval(0.95)
    assert (found.value, found.low, found.high) == pytest.approx((truth.statistic, interval.low, interval.high))


def _log_likelihood(repeats: pd.DataFrame, p: float, q: float, gamma: float) -> float:
    """Return the log-likelihood from scipy's beta prime distribution: x z̄ / γ is beta prime (p x, q)."""
    x, z = repeats["frequency"].to_numpy(), repeats["monetary_value"].to_numpy()
    return float((stats.betaprime.logpdf(x * z / gamma, p * x, q) + np.log(x / gamma)).sum())


def test_log_likelihood_is_that_of_scipy_s_beta_prime_distribution(cdnow, cdnow_model) -> None:
    truth = _log_likelihood(cdnow[cdnow.frequency > 0], *cdnow_model.parameters_)
    assert cdnow_model.log_likelihood_ == pytest.approx(truth, rel=1e-10)


def test_expected_value_is_the_posterior_mean_by_numerical_integration(cdnow_model) -> None:
    p, q, gamma = cdnow_model.parameters_
    x, z = 3, 50.0

    def weight(rate: float) -> float:
        return float(stats.gamma.pdf(z, p * x, scale=1 / (x * rate)) * stats.gamma.pdf(rate, q, scale=1 / gamma))

    mass = integrate.quad(weight, 0, 5, points=[0.1, 0.5])[0]
    mean = integrate.quad(lambda rate: p / rate * weight(rate), 0, 5, points=[0.1, 0.5])[0] / mass
    assert cdnow_model.expected_value([x], [z])[0] == pytest.approx(mean, rel=1e-6)


def _simulated(customers: int = 4000, seed: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    rate = random.gamma(3.0, 1 / 20.0, customers)
    frequency = random.poisson(2.0, customers) + 1
    return {"frequency": frequency, "monetary_value": random.gamma(5.0 * frequency) / (rate * frequency)}


def test_parameters_of_simulated_customers_are_within_three_standard_errors() -> None:
    model = GammaGamma().fit(_simulated())
    truth = {"p": 5.0, "q": 3.0, "gamma": 20.0}
    errors = model.standard_errors()
    assert all(abs(model.parameters()[name] - value) < 3 * errors[name] for name, value in truth.items())


def test_standard_errors_are_those_of_the_numerical_information(cdnow, cdnow_model) -> None:
    repeats = cdnow[cdnow.frequency > 0]
    centre, step = np.log(cdnow_model.parameters_), 1e-3

    def at(change: np.ndarray) -> float:
        return _log_likelihood(repeats, *np.exp(centre + change))

    unit = np.eye(3) * step
    curvature = np.array(
        [[(at(a + b) - at(a - b) - at(b - a) + at(-a - b)) / (4 * step**2) for a in unit] for b in unit]
    )
    truth = np.sqrt(np.diag(np.linalg.inv(-curvature))) * cdnow_model.parameters_
    assert list(cdnow_model.standard_errors().values()) == pytest.approx(truth, rel=1e-3)


def test_groups_with_counts_fit_like_single_customers() -> None:
    table = _simulated(300)
    twice = {name: np.repeat(column, 2) for name, column in table.items()}
    counted = GammaGamma().fit({**table, "customers": np.full(300, 2)})
    assert counted.parameters() == pytest.approx(GammaGamma().fit(twice).parameters(), rel=1e-4)
    assert counted.log_likelihood_ == pytest.approx(GammaGamma().fit(twice).log_likelihood_, rel=1e-9)


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_table_reads_the_same(make) -> None:
    base = RepeatSpend.of(make({"frequency": [2, 0, 1], "monetary_value": [20.0, None, 5.0]}))
    assert base.spend.tolist() == [20.0, 5.0]


def test_purchases_is_another_name_for_frequency() -> None:
    assert RepeatSpend.of({"purchases": [2], "monetary_value": [20.0]}).purchases.tolist() == [2.0]


def test_customers_that_are_left_out_are_counted_by_reason() -> None:
    table = {"frequency": [0, 1, 2, 3, 2, 2], "monetary_value": [None, -5.0, 0.0, None, 8.0, 9.0]}
    model = GammaGamma().fit(table | {"customers": [7, 1, 1, 1, 1, 1]})
    assert model.left_out_ == {"no repeat purchase": 7, "spend of zero or less": 2, "no spend known": 1}
    assert model.customers_ == 2


@pytest.mark.parametrize(("unit"), [1e-3, 1.0, 1400.0, 1e9])
def test_the_currency_s_size_changes_gamma_alone(unit) -> None:
    table = _simulated(300)
    model = GammaGamma().fit(table)
    other = GammaGamma().fit({**table, "monetary_value": table["monetary_value"] * unit})
    expected = model.parameters_ * np.array([1, 1, unit])
    assert other.parameters_ == pytest.approx(expected, rel=1e-4)


def test_a_large_base_is_fitted_from_a_probe_to_the_same_top() -> None:
    table = _simulated(60_000)
    model = GammaGamma().fit(table)
    frame = pd.DataFrame(table)
    assert model.convergence_.is_converged
    assert model.log_likelihood_ == pytest.approx(_log_likelihood(frame, *model.parameters_), rel=1e-9)
    assert model.log_likelihood_ >= _log_likelihood(frame, 5.0, 3.0, 20.0)


def _heavy() -> dict[str, np.ndarray]:
    random = np.random.default_rng(5)
    rate = random.gamma(0.6, 1 / 10.0, 3000)
    frequency = random.poisson(1.0, 3000) + 1
    return {"frequency": frequency, "monetary_value": random.gamma(4.0 * frequency) / (rate * frequency)}


def test_a_mean_that_does_not_exist_is_replaced_by_the_sample_mean_and_said() -> None:
    table = _heavy()
    model = GammaGamma().fit(table)
    assert model.parameters()["q"] < 1
    assert model.mean_of_population() == pytest.approx(table["monetary_value"].mean())
    assert "does not exist" in model.convergence_.note


def test_without_a_mean_a_customer_keeps_their_own_and_others_get_the_sample_mean() -> None:
    model = GammaGamma().fit(_heavy())
    assert model.expected_value([2, 0], [30.0, np.nan]) == pytest.approx([30.0, model.sample_mean_])


def test_a_mean_that_hangs_on_few_large_spenders_is_said() -> None:
    random = np.random.default_rng(11)
    rate = random.gamma(1.3, 1 / 10.0, 40)
    model = GammaGamma().fit({"frequency": np.full(40, 3), "monetary_value": random.gamma(12.0, size=40) / (3 * rate)})
    assert "not clearly above 1" in model.convergence_.note


def test_everybody_who_spends_the_same_is_expected_to_go_on() -> None:
    model = GammaGamma().fit({"frequency": [1, 4, 2], "monetary_value": [25.0, 25.0, 25.0]})
    assert model.expected_value([0, 3], [np.nan, 25.0]) == pytest.approx([25.0, 25.0])
    assert "spend the same, 25.00" in model.convergence_.note


@pytest.mark.parametrize("frequency", [[0, 0], [0, 1]])
def test_fewer_than_two_repeat_customers_carry_no_model(frequency) -> None:
    with pytest.raises(InputError, match="Not enough repeat purchases: "):
        GammaGamma().fit({"frequency": frequency, "monetary_value": [20.0, 30.0]})


def test_few_repeat_customers_are_said_to_be_few() -> None:
    model = GammaGamma().fit({"frequency": [1, 2, 4], "monetary_value": [10.0, 30.0, 18.0]})
    assert "Only 3 repeat customers" in model.convergence_.note


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frequency": [1.5, 2]}, "spend.frequency"),
        ({"frequency": [-1, 2]}, "spend.frequency"),
        ({"customers": [0, 2]}, "spend.customers"),
        ({"monetary_value": [np.inf, 2]}, "table.not_finite"),
        ({"monetary_value": ["x", 2]}, "table.not_numbers"),
    ],
)
def test_a_row_that_cannot_be_is_named(change, code) -> None:
    with pytest.raises(InputError) as caught:
        RepeatSpend.of({"frequency": [1, 2], "monetary_value": [10.0, 20.0], **change})
    assert caught.value.code == code


def test_a_table_without_spend_says_which_columns_it_has() -> None:
    with pytest.raises(InputError, match="no column monetary_value"):
        RepeatSpend.of({"frequency": [1, 2]})


@pytest.mark.parametrize(("frequency", "spend"), [([-1], [1.0]), ([1], [np.inf]), ([np.nan], [1.0]), ([1, 2], [1.0])])
def test_a_customer_who_cannot_be_is_not_scored(frequency, spend) -> None:
    model = GammaGamma().fit(_simulated(50))
    with pytest.raises(InputError):
        model.expected_value(frequency, spend)


@pytest.mark.parametrize("spend", [[5.0, 5.0, 5.0, 5.0], [5.0, 6.0, 7.0]])
def test_a_correlation_that_cannot_be_has_a_reason(spend) -> None:
    found = correlation({"frequency": range(1, len(spend) + 1), "monetary_value": spend})
    assert isinstance(found, NotAvailable)


def test_a_saved_model_scores_the_same(tmp_path: Path) -> None:
    model = GammaGamma().fit(_simulated(200))
    model.save(tmp_path / "spend.json")
    again = GammaGamma.load(tmp_path / "spend.json")
    assert again.expected_value([0, 3], [0.0, 12.0]).tolist() == model.expected_value([0, 3], [0.0, 12.0]).tolist()
    assert again.correlation_ == model.correlation_
    assert again.left_out_ == model.left_out_


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.floats(-10, 1e6, allow_nan=False)), min_size=2, max_size=12).filter(
        lambda rows: sum(x > 0 and z > 0 for x, z in rows) >= 2
    )
)
def test_no_base_whatever_gives_anything_but_finite_spend_above_zero(rows) -> None:
    frequency, spend = map(np.array, zip(*rows, strict=True))
    model = GammaGamma().fit({"frequency": frequency, "monetary_value": spend})
    expected = model.expected_value(frequency, spend)
    assert np.isfinite(expected).all()
    assert (expected > 0).all()


@given(st.integers(1, 50), st.floats(0.1, 500))
def test_expected_spend_lies_between_the_customer_s_own_and_everybody_s(frequency, spend) -> None:
    model = MODEL
    low, high = sorted((spend, model.mean_of_population()))
    assert low - 1e-9 <= model.expected_value([frequency], [spend])[0] <= high + 1e-9


MODEL = GammaGamma().fit(_simulated(200))


@pytest.mark.parametrize("seed", [2, 5, 7, 17])
def test_customers_who_differ_by_chance_alone_have_a_mean_that_is_known_well(seed: int) -> None:
    random = np.random.default_rng(seed)
    x = random.geometric(0.3, 300)
    model = GammaGamma().fit({"frequency": x, "monetary_value": random.gamma(3.0 * x, 15.0 / x)})
    means = [model.at(drawn).mean_of_population() for drawn in model.draws(200, seed=1)]
    assert model.mean_of_population() == pytest.approx(45, rel=0.1)
    low, high = np.percentile(means, [10, 90])  # beyond, a draw of q near 1 is a mean near infinity
    assert 0.8 * model.mean_of_population() < low < model.mean_of_population() < high < 60
    assert "large spenders" not in model.convergence_.note
