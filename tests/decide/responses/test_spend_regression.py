"""The regression on spend history: a known truth, one Markov chain, and public data."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.special import expit

from keepwell.decide.responses.regression import SpendRegression, fit_spend
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "spend" / "pymc_mmm_example.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def fitted(rows: list[dict[str, str]]) -> SpendRegression:
    history = SpendHistory(
        [date.fromisoformat(row["date_week"]) for row in rows],
        {"x1": column(rows, "x1"), "x2": column(rows, "x2")},
        column(rows, "y"),
        controls={"event 1": column(rows, "event_1"), "event 2": column(rows, "event_2")},
    )
    return fit_spend(history, ["x1", "x2"], 1000, np.random.default_rng(1))


def logistic(spend: np.ndarray, steepness: float) -> np.ndarray:
    return (1 - np.exp(-steepness * spend)) / (1 + np.exp(-steepness * spend))


def carried(spend: np.ndarray, decay: float, longest: int = 8) -> np.ndarray:
    weights = decay ** np.arange(longest)
    return np.convolve(spend, weights / weights.sum())[: spend.size]


def true_sizes(rows: list[dict[str, str]]) -> np.ndarray:
    """Return the sizes of both channels' effects by least squares on the shapes that made the data."""
    week, day = np.arange(len(rows)), 2 * np.pi * column(rows, "dayofyear") / 365.5
    beside = [np.ones(week.size), (week + 50) ** 0.25, np.sin(2 * day), np.cos(day)]
    events = [column(rows, "event_1"), column(rows, "event_2")]
    media = [logistic(carried(column(rows, "x1"), 0.4), 4), logistic(carried(column(rows, "x2"), 0.2), 3)]
    return np.linalg.lstsq(np.column_stack([*beside, *events, *media]), column(rows, "y"), rcond=None)[0][-2:]


@pytest.mark.parametrize(("index", "steepness", "decay"), [(0, 4.0, 0.4), (1, 3.0, 0.2)])
def test_the_curves_that_made_the_data_lie_in_the_intervals(
    rows: list[dict[str, str]], fitted: SpendRegression, index: int, steepness: float, decay: float
) -> None:
    response = fitted.responses[index]
    spend = response.reference * np.array([0.5, 1.0, 2.0])
    truth = true_sizes(rows)[index] * logistic(spend, steepness)
    low, high = np.quantile(response.at(spend), [0.025, 0.975], axis=0)
    assert ((low < truth) & (truth < high)).all()
    assert np.quantile(expit(fitted.logs[:, 4 * index + 2]), [0.01, 0.99]) == pytest.approx([decay] * 2, abs=0.16)
    assert response.evidence is Evidence.REGRESSION


def chain(rows: list[dict[str, str]], fitted: SpendRegression, steps: int = 40_000) -> np.ndarray:
    """Return a random-walk Metropolis chain over the same model, written anew, shape (steps / 2, 8)."""
    spends = [column(rows, response.channel) / response.reference for response in fitted.responses]
    outcome, size = column(rows, "y"), len(rows)
    along = np.arange(size) / (size - 1)
    day = np.array([date.fromisoformat(row["date_week"]).timetuple().tm_yday for row in rows]) * 2 * np.pi / 365.25
    terms = [np.ones(size), along, along**2, np.sin(day), np.cos(day), np.sin(2 * day), np.cos(2 * day)]
    terms = np.column_stack([*terms, column(rows, "event_1"), column(rows, "event_2")])
    centre = np.array([np.log(0.05 * outcome.mean()), np.log(1.75) / 2, np.log(0.3 / 0.7), 0.0] * 2)
    spread = np.array([1.2, 0.5, 1.0, 0.4] * 2)
    noise = 1.4826 * np.median(np.abs(np.diff(outcome))) / np.sqrt(2)
    years = size / 52
    allowed = np.array([np.inf, 0.15 * years, 0.15 * years, *[0.15] * 4, np.inf, np.inf]) * outcome.mean()
    rows = np.vstack([terms, np.diag(noise / allowed)])

    def log_density(theta: np.ndarray) -> float:
        left = outcome.copy()
        for index, spend in enumerate(spends):
            size_, half, shape = np.exp(theta[[4 * index, 4 * index + 1, 4 * index + 3]])
            decay = expit(theta[4 * index + 2])
            state = lfilter([1 - decay], [1, -decay], spend, zi=[decay * spend[:4].mean()])[0]
            won = state**shape / np.sqrt(3 * half ** (2 * shape) + state ** (2 * shape))
            left = left - size_ * won * np.sqrt(3 * half ** (2 * shape) + 1)
        padded = np.append(left, np.zeros(terms.shape[1]))
        coefficients = np.linalg.lstsq(rows, padded, rcond=None)[0]
        squares = float(((padded - rows @ coefficients) ** 2).sum())
        prior = -0.5 * (((theta - centre) / spread) ** 2).sum()
        return prior - fitted.temper * (size - terms.shape[1]) / 2 * np.log(squares)

    rng = np.random.default_rng(7)
    root = np.linalg.cholesky(fitted.mode.covariance) * 2.4 / np.sqrt(8)
    here, visited = fitted.mode.at.copy(), []
    density = log_density(here)
    for _ in range(steps):
        there = here + root @ rng.standard_normal(8)
        proposed = log_density(there)
        if np.log(rng.random()) < proposed - density:
            here, density = there, proposed
        visited.append(here)
    return np.array(visited[steps // 2 :])


def test_the_draws_agree_with_a_markov_chain(rows: list[dict[str, str]], fitted: SpendRegression) -> None:
    low, middle, high = np.quantile(chain(rows, fitted), [0.16, 0.5, 0.84], axis=0)
    drawn_low, drawn_middle, drawn_high = np.quantile(fitted.logs, [0.16, 0.5, 0.84], axis=0)
    assert np.abs(2 * (drawn_middle - middle) / (high - low)).max() < 0.25
    assert (drawn_high - drawn_low) / (high - low) == pytest.approx(np.ones(8), abs=0.25)
    assert fitted.effective > 300


def test_on_the_public_weekly_sample_every_return_is_positive_and_surer_than_before(shared_data: Path) -> None:
    with (shared_data / "spend" / "robyn_dt_simulated_weekly.csv").open(encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    channels = ["tv_S", "ooh_S", "print_S", "facebook_S", "search_S"]
    history = SpendHistory(
        [date.fromisoformat(row["DATE"]) for row in listed],
        {name: column(listed, name) for name in channels},
        column(listed, "revenue"),
        controls={"competitor": column(listed, "competitor_sales_B")},
    )
    found = fit_spend(history, channels, 400, np.random.default_rng(2))
    assert found.explained > 0.8
    assert found.effective > 100
    tv = found.responses[0]
    assert np.log(tv.gained).std() < 0.5 < 1.2  # the prior's spread is 1.2
    assert all((response.gained > 0).all() for response in found.responses)


def simulated(weeks: int = 120, seed: int = 1, noise: float = 6.0) -> tuple[SpendHistory, float]:
    """Return a history in which 1,000 a week brings 20 newcomers, with a lag of two weeks."""
    rng = np.random.default_rng(seed)
    spend = 1000 * rng.gamma(2, 0.5, weeks)
    effect = 40 * spend / (spend + 1000)
    outcome = 100 + np.concatenate(([20, 20], effect[:-2])) + noise * rng.standard_normal(weeks)
    first = date(2023, 1, 2)
    return SpendHistory([first + timedelta(days=7 * week) for week in range(weeks)], {"ads": spend}, outcome), 20.0


def test_a_lag_is_found_and_the_size_of_the_effect_with_it() -> None:
    history, truth = simulated()
    found = fit_spend(history, ["ads"], 500, np.random.default_rng(3))
    assert found.lags == (2,)
    low, high = np.quantile(found.responses[0].at(np.array([1000.0]))[:, 0], [0.025, 0.975])
    assert low < truth < high


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    inside = 0
    for seed in range(20):
        history, truth = simulated(weeks=80, seed=seed, noise=10.0)
        found = fit_spend(history, ["ads"], 300, np.random.default_rng(seed))
        low, high = np.quantile(found.responses[0].at(np.array([1000.0]))[:, 0], [0.1, 0.9])
        inside += low < truth < high
    assert 13 <= inside <= 20


def test_more_terms_than_weeks_are_refused() -> None:
    history, _ = simulated(weeks=5)
    with pytest.raises(InputError, match="do not carry"):
        fit_spend(history, ["ads"], 100, np.random.default_rng(1))


def threshold_history(pulses: bool, seed: int = 4) -> SpendHistory:
    """Return a channel that brings next to nothing below a threshold of about 1,000 a week."""
    rng = np.random.default_rng(seed)
    weeks = 104
    spend = 1000 * np.exp((0.8 if pulses else 0.15) * rng.standard_normal(weeks))
    outcome = 50 + 40 * spend**4 / (1000**4 + spend**4) + 3 * rng.standard_normal(weeks)
    first = date(2023, 1, 2)
    return SpendHistory([first + timedelta(days=7 * week) for week in range(weeks)], {"ads": spend}, outcome)


def test_a_threshold_is_seen_where_the_history_has_pulses_and_pauses() -> None:
    found = fit_spend(threshold_history(True), ["ads"], 500, np.random.default_rng(1)).responses[0]
    assert np.quantile(found.shape, 0.1) > 1.3


def test_without_pulses_the_draws_allow_for_a_threshold_but_do_not_claim_one() -> None:
    found = fit_spend(threshold_history(False), ["ads"], 500, np.random.default_rng(1)).responses[0]
    assert np.quantile(found.shape, 0.1) < 1.1
    assert np.quantile(found.shape, 0.9) > 1.3


def test_a_lasting_rise_of_spend_gets_the_credit_that_a_trend_would_take() -> None:
    rng = np.random.default_rng(5)
    weeks = 80
    spend = 1000 * np.exp(0.2 * rng.standard_normal(weeks)) * np.where(np.arange(weeks) < 60, 1.0, 3.0)
    outcome = 60 + 80 * spend / (spend + 3000) + 6 * rng.standard_normal(weeks)
    first = date(2023, 1, 2)
    history = SpendHistory([first + timedelta(days=7 * week) for week in range(weeks)], {"ads": spend}, outcome)
    low, high = np.quantile(
        np.diff(fit_spend(history, ["ads"], 500, rng).responses[0].at(np.array([1000.0, 3000.0])))[:, 0], [0.1, 0.9]
    )
    assert low < 20 < high  # what 3,000 a week brings above 1,000
