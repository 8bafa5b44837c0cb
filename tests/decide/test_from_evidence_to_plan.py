"""From what is known of channels and people to a plan, an assignment and the next experiment."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from keepwell.decide.allocate import allocate
from keepwell.decide.assign import assign
from keepwell.decide.candidate import holdout_candidate, region_candidate
from keepwell.decide.constraints import Constraints
from keepwell.decide.experiments import ExperimentValue, experiment_values, next_experiment
from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.offers import Offers, TreatmentLimits
from keepwell.decide.plan import Return
from keepwell.decide.responses.experiment import ChannelExperiment
from keepwell.decide.responses.grades import channel_responses
from keepwell.decide.responses.platform import Reported
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.decide.responses.stated import Stated
from keepwell.decide.supply import supply_curve
from keepwell.vocabulary.estimate import Evidence

DRAWS, WEEKS = 600, 104
REPORTED = {"search": Reported(104_000, 5200, 104), "social": Reported(52_000, 4000, 104)}


def history() -> SpendHistory:
    """Return two years in which search brings 30 (1 − e^{−(x/1200)^1.2}) a week and social next to nothing."""
    rng = np.random.default_rng(8)
    search = 1000 * np.exp(rng.normal(0, 0.5, WEEKS))
    social = 500 * np.exp(rng.normal(0, 0.5, WEEKS))
    season = 15 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    won = rng.poisson(90 + season + 30 * (1 - np.exp(-((search / 1200) ** 1.2))) + 1.5 * social / (social + 300))
    weeks = [date(2023, 1, 2) + timedelta(days=7 * week) for week in range(WEEKS)]
    return SpendHistory(weeks, {"search": search, "social": social}, won)


def curves(experiments: tuple[ChannelExperiment, ...] = ()) -> list[MarginCurve]:
    known = channel_responses(
        ["search", "social", "radio"],
        draws=DRAWS,
        seed=1,
        stated={"radio": Stated(500, 8, 20)},
        reported=REPORTED,
        history=history(),
        experiments=experiments,
    )
    value = 60 * np.exp(0.1 * np.random.default_rng(2).standard_normal(DRAWS))
    won = [response.margin_curve(value, weeks=52 / 12, most=15_000) for response in known.responses]
    rng = np.random.default_rng(3)
    uplift = rng.gamma(1, 3, 2000) - 1.5
    mail = supply_curve("win-back", uplift, 1.5, evidence=Evidence.EXPERIMENT, draws=DRAWS, error=np.full(2000, 0.6))
    return [*won, mail]


def test_each_channel_carries_its_grade_into_the_plan() -> None:
    plan = allocate(curves(), Constraints(10_000), now={"search": 4300, "social": 2150, "radio": 2150})
    grades = {line.item: line.evidence for line in plan.items}
    assert grades == {
        "search": Evidence.REGRESSION,
        "social": Evidence.REGRESSION,
        "radio": Evidence.STATED,
        "win-back": Evidence.EXPERIMENT,
    }
    assert isinstance(plan.next_unit.winning, Return)
    assert plan.spent <= 10_000 + 1e-6


def test_a_channel_that_brings_little_whatever_its_platform_says_gets_little() -> None:
    plan = allocate(curves(), Constraints(10_000))
    # the platform's claim alone, halved, would be 19 newcomers a week at 500: the history knows of one
    assert plan.spend_of("social") < 0.5 * plan.spend_of("search")


def test_the_next_unit_in_search_covers_the_truth() -> None:
    plan = allocate(curves(), Constraints(10_000), now={"search": 4300, "radio": 15_000, "social": 15_000})
    best = plan.next_unit.winning
    weeks = 52 / 12
    rate = [30 * (1 - np.exp(-((x / weeks / 1200) ** 1.2))) for x in (4300, 5300)]
    assert isinstance(best, Return)
    assert best.item == "search"
    assert best.margin.low < weeks * (rate[1] - rate[0]) * 60 < best.margin.high


def test_a_holdout_that_shows_nothing_takes_the_money_from_a_channel() -> None:
    nothing = ChannelExperiment("radio", spend_control=0, spend_test=500, lift=0.0, standard_error=0.4)
    before, after = allocate(curves(), Constraints(10_000)), allocate(curves((nothing,)), Constraints(10_000))
    assert after.spend_of("radio") < before.spend_of("radio") / 2
    radio = next(line for line in after.items if line.item == "radio")
    assert radio.evidence is Evidence.EXPERIMENT


def test_the_next_experiment_is_where_no_experiment_was_and_a_stated_channel_earns_one() -> None:
    items = {curve.item: curve for curve in curves()}
    tests = [
        region_candidate(items[name], spend_now=2000, spend_test=0, period_weeks=52 / 12, weekly_deviation=300)
        for name in ("search", "social", "radio")
    ]
    tests.append(
        holdout_candidate(
            items["win-back"],
            spend=1500,
            eligible=2000,
            outcome_mean=10,
            outcome_deviation=30,
            window_days=60,
        )
    )
    values = experiment_values(list(items.values()), Constraints(6000), tests, decisions=24)
    best = next_experiment(values)
    assert isinstance(best, ExperimentValue)
    worth = {value.candidate.item: value.net for value in values}
    assert best.candidate.item != "win-back"
    assert worth["radio"] > max(0, worth["win-back"], worth["social"])


def test_the_money_for_keeping_goes_to_the_people_behind_the_supply_curve() -> None:
    plan = allocate(curves(), Constraints(10_000))
    rng = np.random.default_rng(3)
    uplift = (rng.gamma(1, 3, 2000) - 1.5)[:, None]
    found = assign(Offers(("win-back",), uplift, np.array([1.5])), TreatmentLimits(plan.spend_of("win-back")))
    line = next(line for line in plan.items if line.item == "win-back")
    assert found.cost == pytest.approx(plan.spend_of("win-back"), abs=2)
    assert line.margin.low < found.uplift < line.margin.high
