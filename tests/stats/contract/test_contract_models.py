"""sBG and BdW: the published tables, independent integrals, and cohorts that carry no model."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy import integrate, optimize, special, stats

from keepwell.stats.contract.beta_discrete_weibull import BetaDiscreteWeibull
from keepwell.stats.contract.renewals import Renewals
from keepwell.stats.contract.shifted_beta_geo import ShiftedBetaGeo
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
# what the two cohorts did in all twelve years, per cent
REGULAR_12 = [100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3]
HIGH_END_12 = [100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1, 46.8, 44.5, 42.7, 40.9, 39.4]
MODELS = (ShiftedBetaGeo, BetaDiscreteWeibull)


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(REGULAR, 0.704, 1.182, -1680.27), (HIGH_END, 0.668, 3.806, -1611.16)],
    ids=["Regular", "High End"],
)
def test_sbg_fits_are_those_of_fader_and_hardie_2007(survivors, alpha, beta, log_likelihood) -> None:
    model = ShiftedBetaGeo().fit(survivors)
    found = model.parameters()
    assert (round(found["alpha"], 3), round(found["beta"], 3)) == (alpha, beta)
    assert round(model.log_likelihood_, 2) == log_likelihood


@pytest.mark.parametrize(
    ("survivors", "published", "log_likelihood"),
    [(REGULAR, (0.4556, 0.7793, 1.2835), -1679.60), (HIGH_END, (0.2143, 1.4266, 1.7236), -1605.31)],
    ids=["Regular", "High End"],
)
def test_bdw_fits_are_those_of_fader_et_al_2018(survivors, published, log_likelihood) -> None:
    model = BetaDiscreteWeibull().fit(survivors)
    assert tuple(model.parameters_) == pytest.approx(published, abs=3e-4)
    assert round(model.log_likelihood_, 2) == log_likelihood


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_sbg_discounted_residual_lifetime_of_regular_customers_is_the_published_one(n) -> None:
    published = dict(enumerate([2.965, 4.103, 4.870, 5.442, 5.894], start=1))
    model = ShiftedBetaGeo().fit(REGULAR).at(np.array([0.704, 1.182]))  # the table was made from rounded parameters
    assert model.discounted_expected_residual_lifetime(n - 1, 0.10) == pytest.approx(published[n], abs=6e-4)


@pytest.mark.parametrize(("survivors", "share"), [(REGULAR, 0.170), (HIGH_END, 0.378)], ids=["Regular", "High End"])
def test_sbg_forecast_of_year_12_from_7_years_is_the_published_one(survivors, share) -> None:
    assert round(float(ShiftedBetaGeo().fit(survivors).survival(12)[0]), 3) == share


@pytest.mark.parametrize(
    ("survivors", "actual"), [(REGULAR, REGULAR_12), (HIGH_END, HIGH_END_12)], ids=["Regular", "High End"]
)
@pytest.mark.parametrize("model", MODELS)
def test_the_years_0_to_12_are_followed_within_two_points(survivors, actual, model) -> None:
    forecast = model().fit(survivors).survival(np.arange(13)) * 100
    assert np.abs(forecast - actual).max() < 2.0


def test_bdw_forecasts_high_end_retention_that_falls_before_it_rises() -> None:
    retention = BetaDiscreteWeibull().fit(HIGH_END).retention([1, 2, 7])
    assert retention[1] < retention[0] < retention[2]


@pytest.mark.parametrize(("name", "survivors"), [("regular", REGULAR), ("highend", HIGH_END)])
def test_customers_of_the_second_source_fit_like_the_published_survivors(shared_data: Path, name, survivors) -> None:
    rows = pd.read_csv(shared_data / "subscriptions" / "sbg_cohorts.csv").query("cohort == @name")
    churned = rows["recency"] < rows["T"]
    table = {"periods": np.where(churned, rows["recency"], rows["T"] - 1), "is_churned": churned}
    model, published = ShiftedBetaGeo().fit(table), ShiftedBetaGeo().fit(survivors)
    assert model.parameters() == pytest.approx(published.parameters(), rel=1e-6)
    assert model.log_likelihood_ == pytest.approx(published.log_likelihood_, abs=1e-6)


def test_cohorts_of_different_length_fit_jointly_as_their_likelihoods_add_up() -> None:
    cohorts = [REGULAR, REGULAR[:4], [500, 320, 240]]
    model = ShiftedBetaGeo().fit(cohorts)

    def loss(logs: np.ndarray) -> float:
        alpha, beta = np.exp(logs)
        total = 0.0
        for counts in cohorts:
            share = special.beta(alpha, beta + np.arange(len(counts))) / special.beta(alpha, beta)
            total += -np.diff(counts) @ np.log(-np.diff(share)) + counts[-1] * np.log(share[-1])
        return -total

    best = optimize.minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    assert model.parameters_ == pytest.approx(np.exp(best.x), rel=1e-5)
    assert model.log_likelihood_ == pytest.approx(-best.fun, abs=1e-6)


@pytest.mark.parametrize("periods", [0, 1, 5, 40])
def test_survival_is_the_mean_over_everybody_s_own_chance(periods) -> None:
    for model in (ShiftedBetaGeo().fit(REGULAR), BetaDiscreteWeibull().fit(HIGH_END)):
        alpha, beta, *c = model.parameters_
        power = periods ** (c[0] if c else 1.0)
        # the density's poles at both ends are taken by quad's weight
        mean = integrate.quad(lambda x, p=power: (1 - x) ** p, 0, 1, weight="alg", wvar=(alpha - 1, beta - 1))[0]
        assert model.survival(periods)[0] == pytest.approx(mean / special.beta(alpha, beta), rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_retention_is_survival_over_the_survival_before(model) -> None:
    fitted = model().fit(HIGH_END)
    survival = fitted.survival(np.arange(0, 30))
    assert fitted.retention(np.arange(1, 30)) == pytest.approx(survival[1:] / survival[:-1], rel=1e-10)


@pytest.mark.parametrize("model", MODELS)
def test_the_gradient_of_the_likelihood_is_that_of_differences(model) -> None:
    objective = model().objective(Renewals.of([REGULAR, HIGH_END[:5]]))
    at = np.log([0.6, 1.5, 1.3][: len(model.parameter_names)])
    assert optimize.check_grad(lambda x: objective(x)[0], lambda x: objective(x)[1], at) < 1e-2 * 1e-3 * 2000


@pytest.mark.parametrize("renewed", [0, 1, 6])
@pytest.mark.parametrize("rate", [0.10, 0.008, 1e-4])
def test_sbg_residual_lifetime_is_the_hypergeometric_formula_by_integration(renewed, rate) -> None:
    model = ShiftedBetaGeo().fit(REGULAR)
    alpha, beta = model.parameters_
    later = beta + renewed

    def worth(chance: float) -> float:
        return (1 - chance) / (1 - (1 - chance) / (1 + rate))

    # near 0 the worth falls from 1 / d within chances of the size of d: cut there
    low = integrate.quad(lambda x: worth(x) * (1 - x) ** (later - 1), 0, rate, weight="alg", wvar=(alpha - 1, 0))[0]
    cuts = np.geomspace(rate, 0.5, 12)
    middle = sum(
        integrate.quad(lambda x: worth(x) * x ** (alpha - 1) * (1 - x) ** (later - 1), a, b)[0]
        for a, b in pairwise(cuts)
    )
    high = integrate.quad(lambda x: worth(x) * x ** (alpha - 1), 0.5, 1, weight="alg", wvar=(0, later - 1))[0]
    truth = (low + middle + high) / special.beta(alpha, later)
    assert model.discounted_expected_residual_lifetime(renewed, rate) == pytest.approx(truth, rel=1e-6)


def test_sbg_residual_lifetime_is_scipy_s_hyp2f1_where_that_converges() -> None:
    model = ShiftedBetaGeo().fit(HIGH_END)
    alpha, beta = model.parameters_
    truth = (beta + 3) / (alpha + beta + 3) * special.hyp2f1(1, beta + 4, alpha + beta + 4, 1 / 1.1)
    assert model.discounted_expected_residual_lifetime(3, 0.10) == pytest.approx(truth, rel=1e-10)


@pytest.mark.parametrize("rate", [1e-9, 1e-6, 1e-3])
def test_customers_all_alike_have_the_annuity_of_their_retention_rate(rate) -> None:
    model = ShiftedBetaGeo().fit(REGULAR).at(np.array([1e9, 9e9]))
    assert model.discounted_expected_residual_lifetime(0, rate) == pytest.approx(0.9 / (1 - 0.9 / (1 + rate)), rel=1e-6)


@pytest.mark.parametrize("rate", [1e-8, 1e-4, 0.05])
def test_loyal_customers_have_the_annuity_of_their_retention_rate(rate) -> None:
    kept = 1 - 1e-5
    model = ShiftedBetaGeo().fit(REGULAR).at(np.array([1e5, 1e5 * kept / (1 - kept)]))
    annuity = kept / (1 - kept / (1 + rate))
    assert model.discounted_expected_residual_lifetime(0, rate) == pytest.approx(annuity, rel=1e-3)


@pytest.mark.parametrize("model", MODELS)
def test_a_newcomer_s_lifetime_is_the_payment_now_and_the_discounted_survivors(model) -> None:
    fitted = model().fit(HIGH_END)
    time = np.arange(400)
    truth = (fitted.survival(time) / 1.1**time).sum()
    assert fitted.discounted_expected_lifetime(0.10) == pytest.approx(truth, rel=1e-12)


@pytest.mark.parametrize("renewed", [0, 3])
def test_sbg_expected_residual_lifetime_is_the_closed_form_where_it_exists(renewed) -> None:
    model = ShiftedBetaGeo().fit(REGULAR).at(np.array([3.0, 12.0]))
    assert model.expected_residual_lifetime(renewed) == pytest.approx((12 + renewed) / 2)


def test_bdw_expected_residual_lifetime_without_duration_dependence_is_that_of_sbg() -> None:
    model = BetaDiscreteWeibull().fit(REGULAR).at(np.array([3.0, 12.0, 1.0]))
    assert model.expected_residual_lifetime(3) == pytest.approx(7.5, rel=1e-9)


@pytest.mark.parametrize("alpha", [1.02, 1.5])
def test_a_lifetime_whose_sum_converges_slowly_is_still_exact(alpha) -> None:
    model = BetaDiscreteWeibull().fit(REGULAR).at(np.array([alpha, 12.0, 1.0]))
    assert model.expected_residual_lifetime(0) == pytest.approx(12.0 / (alpha - 1), rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_an_infinite_mean_lifetime_has_a_reason_and_a_finite_horizon_a_number(model) -> None:
    fitted = model().fit(REGULAR)
    within = fitted.expected_residual_lifetime(2, horizon=12)
    survival = fitted.survival(np.arange(2, 15))
    assert isinstance(fitted.expected_residual_lifetime(2), NotAvailable)
    assert within == pytest.approx((survival[1:] / survival[0]).sum())


def test_forecast_intervals_are_those_of_the_delta_method() -> None:
    model = ShiftedBetaGeo().fit(REGULAR)
    logs, step = np.log(model.parameters_), 1e-5
    slope = [(model.at(np.exp(logs + e)).survival(12)[0] - model.at(np.exp(logs - e)).survival(12)[0]) / (2 * step)
             for e in np.eye(2) * step]  # fmt: skip
    error = float(np.sqrt(slope @ model.log_covariance_ @ np.array(slope)))
    point = model.forecast(12, seed=1, draws=4000)[12].survival
    assert (point.high - point.low) / 2 == pytest.approx(1.96 * error, rel=0.05)


def test_a_forecast_begins_with_everybody_and_grows_less_sure() -> None:
    points = ShiftedBetaGeo().fit(REGULAR).forecast(20, seed=1)
    width = [(point.survival.high - point.survival.low) / point.survival.value for point in points]
    assert (points[0].survival.value, points[0].survival.low, points[0].survival.high) == (1.0, 1.0, 1.0)
    assert isinstance(points[0].retention, NotAvailable)
    assert 0 == width[0] < width[1] < width[20]


def test_standard_errors_shrink_with_the_root_of_the_cohort() -> None:
    small, large = ShiftedBetaGeo().fit(REGULAR), ShiftedBetaGeo().fit([100 * n for n in REGULAR])
    assert large.standard_errors()["alpha"] == pytest.approx(small.standard_errors()["alpha"] / 10, rel=1e-3)


def test_simulated_customers_give_back_the_parameters_they_were_made_with() -> None:
    random = np.random.default_rng(1)
    chance = random.beta(1.5, 6.0, 50_000)
    died = stats.geom.rvs(chance, random_state=random)
    seen = random.integers(0, 13, 50_000)
    table = {"periods": np.minimum(died, seen), "is_churned": died <= seen}
    model = ShiftedBetaGeo().fit(table)
    errors = model.standard_errors()
    assert abs(model.parameters()["alpha"] - 1.5) < 3 * errors["alpha"]
    assert abs(model.parameters()["beta"] - 6.0) < 3 * errors["beta"]


def test_a_cohort_with_one_constant_rate_is_projected_at_that_rate_and_said_to_be_open() -> None:
    model = ShiftedBetaGeo().fit([1000, 900, 810, 729, 656])
    assert model.survival([20])[0] == pytest.approx(0.9**20, rel=0.01)
    assert "do not determine alpha and beta" in model.convergence_.note


@pytest.mark.parametrize("model", MODELS)
def test_a_cohort_of_whom_nobody_left_is_refused_with_what_can_be_said(model) -> None:
    with pytest.raises(InputError, match=r"Not enough churn: none of 40 customers has left in 7 renewals.*0\.011"):
        model().fit([40] * 8)


@pytest.mark.parametrize("survivors", [[100, 0], [100, 0, 0], [100, 63], [100]])
@pytest.mark.parametrize("model", MODELS)
def test_too_few_renewals_are_refused(model, survivors) -> None:
    with pytest.raises(InputError, match="Not enough renewals: "):
        model().fit(survivors)


@pytest.mark.parametrize("survivors", [[100, 1, 0], [100, 1, 1, 1], [1, 1, 1, 0], [10**7, 1, 1, 0]])
def test_nearly_everybody_leaving_at_once_gives_numbers(survivors) -> None:
    model = ShiftedBetaGeo().fit(survivors)
    found = [*model.survival(np.arange(20)), model.discounted_expected_lifetime(0.1)]
    assert np.isfinite(found).all()


@pytest.mark.parametrize("periods", [-1, 0.5, np.nan, np.inf])
def test_a_period_that_is_none_is_refused(periods) -> None:
    with pytest.raises(InputError, match="whole numbers from 0 up"):
        ShiftedBetaGeo().fit(REGULAR).survival(periods)


@pytest.mark.parametrize("rate", [0.0, -0.1, np.nan, np.inf])
def test_a_discount_rate_that_is_none_is_refused(rate) -> None:
    with pytest.raises(InputError, match="discount rate per period cannot be"):
        ShiftedBetaGeo().fit(REGULAR).discounted_expected_lifetime(rate)


def test_a_model_without_data_says_to_fit_it() -> None:
    with pytest.raises(InputError, match="has not been fitted"):
        ShiftedBetaGeo().survival(3)


@pytest.mark.parametrize("model", MODELS)
def test_a_saved_model_comes_back_the_same(model, tmp_path: Path) -> None:
    fitted = model().fit(HIGH_END)
    fitted.save(tmp_path / "model.json")
    again = model.load(tmp_path / "model.json")
    assert again.survival([3, 12]).tolist() == fitted.survival([3, 12]).tolist()


def _cohort(draw_rates: list[float], size: int) -> list[int]:
    counts = [size]
    for rate in draw_rates:
        counts.append(int(counts[-1] * rate))
    return counts


@settings(max_examples=12)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.integers(1, 10**6))
def test_any_cohort_gives_falling_finite_survival_or_a_reason(rates, size) -> None:
    for model in MODELS:
        try:
            fitted = model().fit(_cohort(rates, size))
        except InputError as refusal:
            event(refusal.code)
            continue
        survival = fitted.survival(np.arange(40))
        assert np.isfinite(survival).all()
        assert (np.diff(survival) <= 1e-12).all()
        assert np.isfinite(fitted.discounted_expected_residual_lifetime(3, 0.008))
        assert np.isfinite([point.survival.high for point in fitted.forecast(12, seed=1, draws=100)]).all()


@settings(max_examples=40)
@given(st.floats(0.05, 20), st.floats(0.05, 20), st.integers(0, 20))
def test_who_has_renewed_more_often_stays_longer_under_sbg(alpha, beta, renewed) -> None:
    model = REGULAR_MODEL.at(np.array([alpha, beta]))
    now, later = (model.discounted_expected_residual_lifetime(n, 0.05) for n in (renewed, renewed + 1))
    assert later >= now - 1e-9


REGULAR_MODEL = ShiftedBetaGeo().fit(REGULAR)
