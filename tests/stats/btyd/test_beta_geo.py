"""BG/NBD against the published figures for CDNOW, against integrals, another library, and itself."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifetimes import BetaGeoFitter
from scipy.integrate import quad
from scipy.special import beta, gammaln, hyp2f1

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.beta_geo_likelihood import Tally
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.vocabulary.errors import InputError

NAMES = ("r", "alpha", "a", "b")
PAPER = np.array([0.243, 4.414, 0.793, 2.426])  # Fader, Hardie & Lee (2005), table 2, in weeks
SMALL = {"frequency": [2, 1, 0, 4], "recency": [30.4, 1.7, 0, 32.6], "T": [38.9] * 4, "customers": [9, 9, 60, 9]}


@pytest.fixture(scope="module")
def model(cdnow_days: pd.DataFrame) -> BetaGeo:
    return BetaGeo(unit="week").fit(cdnow_days)


@cache
def any_model() -> BetaGeo:
    """Return a model to put other parameters into."""
    return BetaGeo(unit="week").fit(SMALL)


def one(frequency: float, recency: float, age: float) -> dict[str, list[float]]:
    return {"frequency": [frequency], "recency": [recency], "T": [age]}


def likelihood(parameters: np.ndarray, rfm: pd.DataFrame) -> float:
    """Return the log-likelihood in weeks, written down as equation 6 of the paper has it."""
    r, alpha, a, b = parameters
    x, recency, age = rfm["frequency"].to_numpy(), rfm["recency_days"].to_numpy() / 7, rfm["age_days"].to_numpy() / 7
    first = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    second = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stopped = np.where(x > 0, a / (b + np.maximum(x, 1) - 1) * (alpha + recency) ** -(r + x), 0.0)
    return float((first + second + np.log((alpha + age) ** -(r + x) + stopped)).sum())


# The published figures (Fader, Hardie & Lee 2005; documentation of the R package BTYD)


def test_cdnow_parameters_are_those_published(model: BetaGeo) -> None:
    assert model.parameters() == pytest.approx(dict(zip(NAMES, PAPER, strict=True)), abs=5e-4)


def test_cdnow_log_likelihood_is_the_published(model: BetaGeo) -> None:
    assert model.log_likelihood_ == pytest.approx(-9582.4, abs=0.05)


def test_cdnow_customer_1516_buys_25_76_times_in_a_year_and_is_there_at_97_percent(model: BetaGeo) -> None:
    customer = one(26, 30.857, 31)
    assert model.expected_purchases(customer, 52)[0] == pytest.approx(25.75659, abs=1e-3)
    assert model.probability_alive(customer)[0] == pytest.approx(0.9688523, abs=2e-6)


def test_cdnow_newcomer_makes_1_444_repeat_purchases_in_52_weeks(model: BetaGeo) -> None:
    assert model.expected_purchases_of_newcomer(52) == pytest.approx(1.444004, abs=1e-5)


def test_cdnow_customer_of_two_repeats_makes_1_226_more_in_39_weeks(model: BetaGeo) -> None:
    assert model.expected_purchases(one(2, 30.43, 38.86), 39)[0] == pytest.approx(1.226, abs=5e-4)


def test_cdnow_newcomer_makes_no_repeat_purchase_with_57_percent() -> None:
    assert any_model().at(PAPER).probability_of_purchases(0, 39) == pytest.approx(0.5737864, abs=1e-6)


def test_more_purchases_before_a_long_silence_promise_less(model: BetaGeo) -> None:
    rows = {"frequency": [10, 15, 20, 25], "recency": [20.0] * 4, "T": [39.0] * 4}
    assert model.expected_purchases(rows, 52) == pytest.approx([0.34746, 0.04283, 0.00416, 0.00036], abs=3e-5)


def test_cdnow_holdout_means_by_frequency_are_those_published(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    expected = pd.Series(model.expected_purchases(cdnow_days, 39)).groupby(_bin(cdnow_days)).mean()
    published = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert expected.tolist() == pytest.approx(published, abs=6e-4)


def test_cdnow_holdout_is_read_as_the_paper_reads_it(cdnow_days: pd.DataFrame) -> None:
    groups = pd.Series(cdnow_days["holdout"].to_numpy()).groupby(_bin(cdnow_days))
    assert groups.size().tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert groups.mean().round(3).tolist() == [0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359]


def test_cdnow_holdout_errors_are_those_known(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    expected, actual = model.expected_purchases(cdnow_days, "273d"), cdnow_days["holdout"].to_numpy()
    error = expected - actual
    measures = [np.abs(error).mean(), math.sqrt((error**2).mean()), expected.sum() / actual.sum() - 1]
    assert measures == pytest.approx([0.785, 1.608, -0.121], abs=6e-4)


# The fit


def test_standard_errors_are_those_of_an_independent_hessian(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    top = model.parameters_
    steps = np.diag(top * 2e-4)
    hessian = np.array([
        [
            sum(
                s * t * likelihood(top + s * first + t * second, cdnow_days) for s in (-1, 1) for t in (-1, 1)
            ) / (4 * first.sum() * second.sum())
            for second in steps
        ]
        for first in steps
    ])  # fmt: skip
    errors = np.sqrt(np.diag(np.linalg.inv(-hessian)))
    assert list(model.standard_errors().values()) == pytest.approx(errors, rel=1e-3)


def test_the_log_likelihood_is_that_of_equation_6(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    assert model.log_likelihood_ == pytest.approx(likelihood(model.parameters_, cdnow_days), abs=1e-8)


@given(logs=st.lists(st.floats(-4, 4), min_size=4, max_size=4), chances=st.sampled_from([0, 1]))
def test_the_gradient_is_that_of_finite_differences(logs: list[float], chances: int) -> None:
    rows = {"frequency": [0, 1, 2, 9, 60], "recency_days": [0, 4, 90, 200, 50], "age_days": [0, 30, 91, 270, 60]}
    tally, point = Tally.of(CustomerBase.of(rows), chances), np.array(logs)
    gradient = tally.log_likelihood(point)[1]
    for index, step in enumerate(np.eye(4) * 1e-5):
        slope = (tally.log_likelihood(point + step)[0] - tally.log_likelihood(point - step)[0]) / 2e-5
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_parameters_are_lifetimes_own_to_four_decimals(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    theirs = BetaGeoFitter(penalizer_coef=0.0)
    weeks = cdnow_days["recency_days"] / 7, cdnow_days["age_days"] / 7
    theirs.fit(cdnow_days["frequency"], *weeks, initial_params=np.log(model.parameters_))
    assert model.parameters() == pytest.approx(dict(theirs.params_), rel=1e-4)


def test_scores_are_lifetimes_own_to_four_decimals(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    theirs = BetaGeoFitter(penalizer_coef=0.0)
    theirs.params_ = pd.Series(model.parameters())
    row = cdnow_days["frequency"], cdnow_days["recency_days"] / 7, cdnow_days["age_days"] / 7
    alive, expected, _ = model.scores(cdnow_days, 52, 0.1)
    assert alive == pytest.approx(theirs.conditional_probability_alive(*row), abs=1e-10)
    assert expected == pytest.approx(theirs.conditional_expected_number_of_purchases_up_to_time(52, *row), abs=1e-8)


def test_days_give_the_same_customers_as_weeks(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    days = BetaGeo(unit="day").fit(cdnow_days)
    assert days.parameters()["alpha"] == pytest.approx(7 * model.parameters()["alpha"], rel=1e-5)
    assert days.expected_purchases(cdnow_days, "52w") == pytest.approx(model.expected_purchases(cdnow_days, 52))
    repeats = cdnow_days["frequency"].sum()
    assert days.log_likelihood_ == pytest.approx(model.log_likelihood_ - repeats * math.log(7), abs=1e-6)


def test_times_between_days_fit_as_well_as_whole_days(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    moved = cdnow_days.assign(age_days=cdnow_days["age_days"] + 1e-4)
    assert BetaGeo(unit="week").fit(moved).parameters() == pytest.approx(model.parameters(), rel=1e-4)


def test_grouping_rows_changes_nothing(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    key = ["frequency", "recency_days", "age_days"]
    grouped = cdnow_days.groupby(key).size().rename("customers").reset_index()
    again = BetaGeo(unit="week").fit(grouped)
    assert again.parameters() == pytest.approx(model.parameters(), rel=1e-6)
    assert again.log_likelihood_ == pytest.approx(model.log_likelihood_, abs=1e-6)
    assert again.customers_ == 2357


def test_simulated_customers_give_their_parameters_back() -> None:
    truth = np.array([0.5, 8.0, 0.9, 2.0])
    found = BetaGeo().fit(_simulated(truth, 30_000, 400.0))
    errors = np.array(list(found.standard_errors().values()))
    assert (np.abs(found.parameters_ - truth) < 3.5 * errors).all()
    assert (errors < 0.2 * truth).all()


def test_a_saved_model_scores_the_same(model: BetaGeo, cdnow_days: pd.DataFrame, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    again = BetaGeo.load(tmp_path / "model.json")
    assert again.unit == "week"
    assert (again.expected_purchases(cdnow_days, 39) == model.expected_purchases(cdnow_days, 39)).all()


# Scores against integrals


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b", "t"),
    [(0.243, 4.414, 0.793, 2.426, 52), (3.0, 20.0, 1.4, 0.9, 400), (0.1, 0.5, 6.0, 9.0, 10), (20.0, 9.0, 0.3, 2.0, 30)],
)
def test_expectation_is_the_closed_form_of_equation_9(r: float, alpha: float, a: float, b: float, t: float) -> None:
    closed = (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * hyp2f1(r, b, a + b - 1, t / (alpha + t)))
    model = any_model().at(np.array([r, alpha, a, b]))
    assert model.expected_purchases_of_newcomer(t) == pytest.approx(closed, rel=1e-10)


@given(r=st.floats(0.05, 20), alpha=st.floats(1, 50), a=st.floats(0.05, 20), b=st.floats(0.05, 20), t=st.floats(1, 200))
def test_expectation_is_the_mean_over_the_chances_to_stop(r: float, alpha: float, a: float, b: float, t: float) -> None:
    # given p, the purchases until one of them is the last: (1 − (α / (α + p t))^r) / p
    mean, _ = quad(
        lambda p: -math.expm1(-r * math.log1p(p * t / alpha)) / p if p else r * t / alpha,
        0, 1, weight="alg", wvar=(a - 1, b - 1), epsrel=1e-10, epsabs=0, limit=400,
    )  # fmt: skip
    found = any_model().at(np.array([r, alpha, a, b])).expected_purchases_of_newcomer(t)
    assert found == pytest.approx(mean / beta(a, b), rel=1e-7)


def test_expectation_is_smooth_where_the_closed_form_divides_by_zero() -> None:
    around = [
        any_model().at(np.array([0.3, 5, a, 2.0])).expected_purchases_of_newcomer(52) for a in (1 - 1e-6, 1, 1 + 1e-6)
    ]
    assert around[1] == pytest.approx((around[0] + around[2]) / 2, rel=1e-9)


def test_probabilities_of_all_counts_have_the_expectation_as_mean(model: BetaGeo) -> None:
    chances = np.array([model.probability_of_purchases(count, 52) for count in range(400)])
    assert chances.sum() == pytest.approx(1, abs=1e-9)
    assert chances @ np.arange(400) == pytest.approx(model.expected_purchases_of_newcomer(52), abs=1e-6)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5])
def test_discounted_purchases_are_the_integral_of_their_mean_rate(model: BetaGeo, rate: float) -> None:
    customer, force = one(3, 20.0, 25.0), math.log1p(rate) / 365 * 7
    expected = float(model.expected_purchases(customer, 52)[0])
    inside, _ = quad(
        lambda week: math.exp(-force * week) * float(model.expected_purchases(customer, week)[0]), 0, 52, epsrel=1e-10
    )
    worth = model.expected_discounted_purchases(customer, 52, rate)[0]
    assert worth == pytest.approx(math.exp(-force * 52) * expected + force * inside, rel=1e-9)


def test_the_fast_discounting_is_the_one_that_every_model_has(model: BetaGeo, cdnow_days: pd.DataFrame) -> None:
    fast = model.expected_discounted_purchases(cdnow_days, "365d", 0.1)
    assert BuyTillYouDie.expected_discounted_purchases(model, cdnow_days, "365d", 0.1) == pytest.approx(fast, rel=1e-7)
    newcomer = model.expected_discounted_purchases_of_newcomer("365d", 0.1)
    assert BuyTillYouDie.expected_discounted_purchases_of_newcomer(model, "365d", 0.1) == pytest.approx(newcomer)


def test_half_of_those_still_there_have_bought_again_by_the_median_wait(model: BetaGeo) -> None:
    customer = one(3, 38.0, 38.0)
    wait = float(model.wait_days(customer)[0])
    silent = float(model.probability_of_no_purchase(customer, f"{wait:.9f}d")[0])
    alive = float(model.probability_alive(customer)[0])
    assert (silent - (1 - alive)) / alive == pytest.approx(0.5, abs=1e-9)


# Properties

parameter = st.floats(-3, 3).map(math.exp)
sets = st.tuples(parameter, parameter, parameter, parameter).map(np.array)


@given(parameters=sets, x=st.integers(0, 5000), recency=st.floats(0.01, 60), silence=st.floats(0, 60))
def test_silence_never_raises_the_chance_to_be_there(parameters, x: int, recency: float, silence: float) -> None:
    model = any_model().at(parameters)
    recency = recency if x else 0.0
    sooner, later = (float(model.probability_alive(one(x, recency, recency + s))[0]) for s in (silence, silence + 1))
    assert 0 <= later <= sooner <= 1


@given(parameters=sets, x=st.integers(0, 5000), recency=st.floats(0.01, 60), silence=st.floats(0, 60))
def test_purchases_grow_with_the_horizon_and_shrink_with_discount(
    parameters, x: int, recency: float, silence: float
) -> None:
    model = any_model().at(parameters)
    recency = recency if x else 0.0
    customer = one(x, recency, recency + silence)
    _, year, worth = model.scores(customer, 52, 0.1)
    assert np.isfinite([year, worth]).all()
    assert 0 <= worth[0] <= year[0] <= model.expected_purchases(customer, 104)[0] * (1 + 1e-9)


# Where others break


@pytest.mark.parametrize(
    ("case", "is_open"),
    [
        ("nobody stops", True),
        ("one of 3,000", False),
        ("sixteen", True),
        ("all of one age", False),
        ("new today", False),
    ],
)
def test_hard_bases_end_in_finite_scores_and_a_note(case: str, is_open: bool) -> None:
    base = hard_base(case)
    model = BetaGeo().fit(base)
    for scores in model.scores(base, "365d", 0.1):
        assert np.isfinite(scores).all()
        assert (scores >= 0).all()
    assert ("do not determine" in model.convergence_.note) is is_open


def test_on_a_flat_ridge_the_near_future_goes_on_as_it_was() -> None:
    base = hard_base("nobody stops")
    model = BetaGeo().fit(base)
    expected = model.expected_purchases(base, "30d").sum()
    assert expected == pytest.approx((base["frequency"] / base["age_days"].clip(lower=1)).sum() * 30, rel=0.25)
    assert model.convergence_.gradient < 1e-4


def test_nobody_with_a_repeat_is_said_so() -> None:
    with pytest.raises(InputError, match="Not enough repeat purchases"):
        BetaGeo().fit({"frequency": [0, 0], "recency_days": [0, 0], "age_days": [5, 90]})


def test_a_till_account_is_refused() -> None:
    with pytest.raises(InputError, match="repeat purchases is none"):
        BetaGeo().fit({"frequency": [200_000], "recency_days": [80], "age_days": [90]})


@pytest.mark.parametrize("count", [-1, 0.5])
def test_a_count_that_is_none_is_refused(model: BetaGeo, count: float) -> None:
    with pytest.raises(InputError):
        model.probability_of_purchases(count, 52)


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf])
def test_a_discount_rate_that_is_none_is_refused(model: BetaGeo, rate: float) -> None:
    with pytest.raises(InputError, match="discount rate"):
        model.scores(one(1, 2, 3), 52, rate)


@pytest.mark.parametrize("quantile", [0.0, 1.0, -1.0])
def test_a_quantile_that_is_none_is_refused(model: BetaGeo, quantile: float) -> None:
    with pytest.raises(InputError, match="quantile"):
        model.wait_days(one(1, 2, 3), quantile)


def _bin(rfm: pd.DataFrame) -> np.ndarray:
    return np.minimum(rfm["frequency"].to_numpy(), 7)


def _simulated(parameters: np.ndarray, customers: int, until: float) -> dict[str, np.ndarray]:
    """Let customers buy and stop as the model says, in continuous time."""
    r, alpha, a, b = parameters
    rng = np.random.default_rng(2005)
    rate, stop = rng.gamma(r, 1 / alpha, customers), rng.beta(a, b, customers)
    age = rng.uniform(0.2, 1.0, customers) * until
    frequency, recency, now = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    there = np.ones(customers, dtype=bool)
    while there.any():
        now[there] += rng.exponential(1 / np.maximum(rate[there], 1e-300))
        there &= now < age
        frequency[there] += 1
        recency[there] = now[there]
        there &= rng.random(customers) >= stop
    return {"frequency": frequency, "recency_days": recency, "age_days": age}


def hard_base(case: str) -> pd.DataFrame:
    """Return a base that other programs answer with NaN, or not at all."""
    rng = np.random.default_rng(3)
    if case == "sixteen":
        return _frame(rng.integers(100, 250, 16), 364 - rng.integers(0, 3, 16), np.full(16, 365))
    if case == "nobody stops":
        age = rng.integers(20, 78, 200)
        gaps = rng.exponential(1 / rng.gamma(1.0, 0.05, 200)[:, None], (200, 300))
        days = [np.unique(np.ceil(row)[row <= stop]) for row, stop in zip(gaps.cumsum(axis=1), age, strict=True)]
        return _frame([len(row) for row in days], [row.max(initial=0) for row in days], age)
    rows = _simulated(np.array([0.4, 20.0, 0.8, 2.5]), 2000, 270.0)
    base = _frame(rows["frequency"], np.ceil(rows["recency_days"]), np.ceil(rows["age_days"]))
    extra = {"one of 3,000": [3000, 269, 270], "new today": [0, 0, 0]}
    if case == "all of one age":
        return base.assign(age_days=270.0)
    return pd.concat([base, _frame(*([value] * 50 if case == "new today" else [value] for value in extra[case]))])


def _frame(frequency, recency, age) -> pd.DataFrame:
    return pd.DataFrame({"frequency": frequency, "recency_days": recency, "age_days": age})
