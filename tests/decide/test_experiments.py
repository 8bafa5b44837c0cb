"""Which experiment to run next, how large and how long."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from keepwell.decide.candidate import Candidate, holdout_candidate, region_candidate
from keepwell.decide.constraints import Constraints
from keepwell.decide.experiments import ExperimentValue, experiment_values, next_experiment
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence, NotAvailable

SPEND = np.array([0.0, 500.0, 1000.0])


def line(item: str, slope: float, spread: float, seed: int, side: Side = Side.WIN, draws: int = 8000) -> MarginCurve:
    slopes = slope + spread * np.random.default_rng(seed).standard_normal((draws, 1))
    return MarginCurve(item, side, SPEND, slopes * SPEND, Evidence.PLATFORM, per_person=2.0)


def test_one_uncertain_item_against_nothing_has_the_closed_form_value() -> None:
    curve, error = line("ads", 1.0, 0.6, 1), 400.0
    (found,) = experiment_values([curve], Constraints(1000), [Candidate("test", "ads", 0, 1000, error, 0, 30)])
    # spend 1000 or nothing: the gain of spending is Normal(0, 600²), its measurement errs by 400
    foreseen = 600**2 / np.hypot(600, 400)
    assert found.information == pytest.approx(foreseen * norm.pdf(0), rel=0.07)
    assert found.at_most == pytest.approx(600 * norm.pdf(0), rel=0.07)


def test_the_item_that_could_change_the_plan_is_worth_testing_and_the_sure_one_is_not() -> None:
    curves = [line("ads", 1.5, 0.8, 1), line("mail", 1.6, 0.01, 2, Side.KEEP)]
    tests = [Candidate("a", "ads", 0, 1000, 200, 10, 30), Candidate("m", "mail", 0, 1000, 200, 10, 30)]
    values = experiment_values(curves, Constraints(1000), tests, decisions=12)
    assert [value.candidate.item for value in values] == ["ads", "mail"]
    best = next_experiment(values)
    assert isinstance(best, ExperimentValue)
    assert best.candidate.item == "ads"
    assert values[1].net < 0


def test_a_sharper_experiment_is_worth_more_and_never_more_than_knowing() -> None:
    curves = [line("ads", 1.0, 0.6, 1)]
    tests = [Candidate(f"{error}", "ads", 0, 1000, error, 0, 30) for error in (100.0, 500.0, 2500.0)]
    values = {value.candidate.standard_error: value for value in experiment_values(curves, Constraints(1000), tests)}
    assert values[100.0].information > values[500.0].information > values[2500.0].information
    assert all(value.information <= value.at_most for value in values.values())


def test_where_no_result_would_change_the_plan_no_experiment_is_proposed() -> None:
    values = experiment_values(
        [line("ads", 3.0, 0.1, 1)], Constraints(1000), [Candidate("a", "ads", 0, 1000, 50, 5, 30)]
    )
    assert isinstance(next_experiment(values), NotAvailable)
    assert isinstance(next_experiment([]), NotAvailable)


@pytest.mark.parametrize(("correlation", "per_arm"), [(0.0, 57_600), (0.6, 36_864)])
def test_a_holdout_has_the_size_of_the_published_formula(correlation: float, per_arm: int) -> None:
    # margin CV 3, uplift 5 % of a mean of 40: 2 per person at a cost of 2
    curve = MarginCurve("mail", Side.KEEP, SPEND, np.array([[0.0, 500, 1000]]), Evidence.PRIOR, per_person=2.0)
    found = holdout_candidate(
        curve,
        spend=1000,
        eligible=200_000,
        outcome_mean=40,
        outcome_deviation=120,
        window_days=90,
        correlation=correlation,
    )
    assert found.per_arm == per_arm
    assert found.days == 90
    expected = 500 * 120 * np.sqrt(2 * (1 - correlation**2) / per_arm)
    assert found.standard_error == pytest.approx(expected)
    assert found.cost == pytest.approx(0.0)


def test_people_who_are_still_to_come_lengthen_a_holdout() -> None:
    curve = MarginCurve("mail", Side.KEEP, SPEND, np.array([[0.0, 1000, 2000]]), Evidence.PRIOR, per_person=2.0)
    found = holdout_candidate(
        curve, spend=1000, eligible=20_000, outcome_mean=40, outcome_deviation=120, window_days=90, joining_per_day=200
    )
    assert found.per_arm == 14_400
    assert found.days == 90 + 44  # 8,800 people at 200 a day
    assert found.cost == pytest.approx(14_400 * 2)


def test_a_blackout_lasts_until_the_expected_effect_shows() -> None:
    curve = MarginCurve("ads", Side.WIN, SPEND, np.array([[0.0, 1000, 1600]]), Evidence.PLATFORM)
    found = region_candidate(curve, spend_now=1000, spend_test=0, period_weeks=4, weekly_deviation=200, share=0.5)
    # 400 a week; noise 200 × 2 / √w; 2.8 of these from w = 7.84
    assert found.days == 56
    assert found.standard_error == pytest.approx(4 * 400 / np.sqrt(8))
    assert found.cost == pytest.approx((1600 - 1000) * 0.5 * 8 / 4)
    assert found.name.startswith("pause ads in 50%")


def test_an_experiment_on_an_item_that_is_not_planned_is_refused() -> None:
    with pytest.raises(InputError, match="no item 'radio'"):
        experiment_values([line("ads", 1, 1, 1)], Constraints(10), [Candidate("r", "radio", 0, 10, 1, 1, 1)])


@pytest.mark.parametrize(("low", "error", "cost"), [(5, 1, 1), (0, 0, 1), (0, 1, -1)])
def test_a_candidate_that_cannot_be_is_refused(low: float, error: float, cost: float) -> None:
    with pytest.raises(InputError):
        Candidate("c", "ads", low, 5, error, cost, 1)
