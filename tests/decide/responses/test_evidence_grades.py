"""Stated, reported and measured curves, and how a better grade replaces a weaker one."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.decide.responses.channel_response import ChannelResponse
from keepwell.decide.responses.experiment import ChannelExperiment, with_experiments
from keepwell.decide.responses.platform import Reported, platform_response
from keepwell.decide.responses.stated import Stated, stated_response
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

DRAWS = 4000


def rng(seed: int = 11) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_the_incrementality_of_reported_newcomers_has_the_prior_of_the_specification() -> None:
    found = platform_response("ads", Reported(10_000, 1_000_000, 1), DRAWS, rng())
    share = np.log(found.gained / 1_000_000)
    assert share.mean() == pytest.approx(np.log(0.5), abs=0.03)
    assert share.std() == pytest.approx(0.6, abs=0.02)


def test_few_reported_newcomers_leave_more_doubt_than_many() -> None:
    few, many = (platform_response("ads", Reported(1000, n, 1), DRAWS, rng()) for n in (4, 4000))
    assert np.log(few.gained).std() == pytest.approx(np.sqrt(0.36 + 0.25), rel=0.05)
    assert np.log(many.gained).std() < np.log(few.gained).std()


def test_a_statement_and_a_report_join_as_normal_logarithms_do() -> None:
    stated = stated_response("ads", Stated(1000, 30, 90, spread=0.6), DRAWS, rng())
    joined = platform_response("ads", Reported(10_000, 100_000, 10), DRAWS, rng(12), prior=stated)
    # ln 30 and ln 5000 with equal spread meet half-way, the spread falls by √2
    assert np.log(joined.gained).mean() == pytest.approx((np.log(30) + np.log(5000)) / 2, abs=0.12)
    assert np.log(joined.gained).std() == pytest.approx(0.6 / np.sqrt(2), rel=0.15)
    assert joined.evidence is Evidence.PLATFORM


def test_a_holdout_overrules_the_platform() -> None:
    weak = platform_response("ads", Reported(10_000, 1000, 10), DRAWS, rng())  # 50 a week at 1000, by the prior
    result = ChannelExperiment("ads", spend_control=0, spend_test=1000, lift=20, standard_error=2)
    (found,) = with_experiments([weak], [result], rng(12))
    precision = 1 / 0.61**2 + (20 / 2) ** 2
    assert found.gained.mean() == pytest.approx(20, abs=1.5)
    assert np.log(found.gained).std() == pytest.approx(1 / np.sqrt(precision), rel=0.25)
    assert found.evidence is Evidence.EXPERIMENT


def test_an_experiment_without_effect_brings_the_curve_close_to_zero() -> None:
    weak = platform_response("ads", Reported(10_000, 1000, 10), DRAWS, rng())
    (found,) = with_experiments([weak], [ChannelExperiment("ads", 0, 1000, lift=-1, standard_error=2)], rng(12))
    assert np.median(found.gained) < 5


def test_a_threshold_is_found_where_experiments_show_one_and_not_before() -> None:
    weak = platform_response("ads", Reported(10_000, 1000, 10), DRAWS, rng())
    low = ChannelExperiment("ads", 0, 250, lift=1, standard_error=1)
    high = ChannelExperiment("ads", 0, 1000, lift=50, standard_error=2)
    (one,) = with_experiments([weak], [high], rng(12))
    (both,) = with_experiments([weak], [low, high], rng(12))
    assert (one.shape == 1).all()
    assert np.median(both.shape) > 1.5
    assert (both.shape >= 1).all()
    assert both.at(np.array([250.0])).mean() < 5


def test_an_experiment_on_one_channel_tells_apart_what_was_joined_to_another() -> None:
    shares = np.random.default_rng(5).beta(2, 2, DRAWS)
    ones = np.full(DRAWS, 1.5)
    half = 1.5 * np.exp(0.1 * np.random.default_rng(6).standard_normal(DRAWS))
    pair = [
        ChannelResponse("ads", 1000.0, 100 * shares, half, np.ones(DRAWS), Evidence.REGRESSION),
        ChannelResponse("twin", 1000.0, 100 * (1 - shares) + 1, ones, np.ones(DRAWS), Evidence.REGRESSION),
    ]
    _, twin = with_experiments(pair, [ChannelExperiment("ads", 0, 1000, lift=30, standard_error=3)], rng(12))
    assert twin.gained.mean() == pytest.approx(70, abs=6)
    assert twin.gained.std() < 10
    assert twin.evidence is Evidence.REGRESSION


def test_an_experiment_on_an_unknown_channel_is_refused() -> None:
    weak = platform_response("ads", Reported(10_000, 1000, 10), 100, rng())
    with pytest.raises(InputError, match="cannot be 'radio'"):
        with_experiments([weak], [ChannelExperiment("radio", 0, 10, 1, 1)], rng(12))


def test_a_curve_written_about_another_spend_is_the_same_curve() -> None:
    found = stated_response("radio", Stated(500, 10, 25), 50, rng())
    spend = np.array([0.0, 100, 700])
    assert found.rebased(900.0).at(spend) == pytest.approx(found.at(spend))


def test_a_market_that_runs_out_bounds_what_can_be_won() -> None:
    found = stated_response("radio", Stated(500, 10, 250), 50, rng())
    curve = found.margin_curve(10.0, weeks=50, most=1e6, prospects=200)
    assert curve.margin.max() <= 2000
    assert curve.per_person == 10.0


def test_draws_of_the_value_that_do_not_match_are_refused() -> None:
    found = stated_response("radio", Stated(500, 10, 25), 50, rng())
    with pytest.raises(InputError, match="one for each of the 50 draws"):
        found.margin_curve(np.ones(49), weeks=4, most=1000)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stated(0, 10, 20),
        lambda: Stated(10, 20, 20),
        lambda: Reported(10, 0, 5),
        lambda: ChannelExperiment("ads", 100, 100, 1, 1),
        lambda: ChannelExperiment("ads", 0, 100, 1, 0),
    ],
)
def test_figures_that_cannot_be_are_refused(make) -> None:
    with pytest.raises(InputError):
        make()
