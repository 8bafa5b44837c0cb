"""The assignment of people to levers: its distance to the dual bound, its limits, and its supply curves."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.decide.assign import NOBODY, assign
from keepwell.decide.offers import Offers, TreatmentLimits
from keepwell.decide.supply import joint_supply_curve, supply_curve
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

LEVERS = ("mail", "push", "coupon", "call", "gift")
COST = np.array([0.2, 0.5, 1.0, 3.0, 6.0])


def offers(people: int, levers: int = 5, seed: int = 1, **more) -> Offers:
    rng = np.random.default_rng(seed)
    size = rng.gamma(1, 6, (people, 1))
    uplift = size * rng.normal(0.3, 0.6, (people, levers)) + rng.normal(0, 1, (people, levers))
    uses = {"sends": np.array([1.0, 1, 1, 0, 0])[:levers], "calls": np.array([0.0, 0, 0, 1, 1])[:levers]}
    return Offers(LEVERS[:levers], uplift, COST[:levers], uses=uses, **more)


@pytest.mark.parametrize("budget", [200.0, 2000.0, 5000.0, 1e6])
def test_ten_thousand_people_are_assigned_within_a_thousandth_of_the_dual_bound(budget: float) -> None:
    found = assign(offers(10_000), TreatmentLimits(budget))
    assert found.gap <= 0.001
    assert found.cost <= budget * (1 + 1e-9)


def test_capacities_and_caps_are_kept_within_a_thousandth_of_the_bound() -> None:
    limits = TreatmentLimits(5000, capacity={"sends": 3000, "calls": 150}, caps={"mail": 400})
    found = assign(offers(10_000), limits)
    counts = found.counts
    assert counts["mail"] + counts["push"] + counts["coupon"] <= 3000
    assert counts["call"] + counts["gift"] <= 150
    assert counts["mail"] <= 400
    assert found.gap <= 0.001
    assert found.prices["calls"] > found.prices["sends"] > 0


def test_a_sample_finds_the_neighbourhood_for_many_people_without_losing_the_bound() -> None:
    assert assign(offers(70_000), TreatmentLimits(30_000)).gap <= 0.001


def test_people_who_are_all_alike_are_treated_in_part() -> None:
    same = Offers(("mail", "call"), np.tile([3.0, 7.0], (1000, 1)), np.array([1.0, 3.0]))
    found = assign(same, TreatmentLimits(1600.0))
    # each mail gains 2 for 1; upgrading to a call gains 2 more for 2
    assert found.value == pytest.approx(2000 + 600)
    assert found.gap <= 0.001


def brute_force(few: Offers, budget: float) -> float:
    best = 0.0
    for lever in product(range(-1, len(few.levers)), repeat=few.people):
        chosen = [(i, k) for i, k in enumerate(lever) if k >= 0]
        cost = sum(few.cost[i, k] for i, k in chosen)
        if cost <= budget:
            best = max(best, sum(few.uplift[i, k] - few.cost[i, k] for i, k in chosen))
    return best


@given(st.integers(0, 1000), st.floats(0.1, 12))
@settings(max_examples=25)
def test_few_people_lie_between_brute_force_and_the_bound(seed: int, budget: float) -> None:
    few = offers(5, 3, seed)
    found, best = assign(few, TreatmentLimits(budget)), brute_force(few, budget)
    assert found.bound >= best - 1e-9
    assert found.value <= best + 1e-9
    # with few people what is lost is at most about one person
    assert found.value >= best - (few.uplift - few.cost).max() - 1e-9


@given(st.integers(0, 1000), st.floats(0, 300), st.floats(0, 300))
@settings(max_examples=25)
def test_the_budget_is_kept_and_more_of_it_never_lowers_the_bound(seed: int, budget: float, more: float) -> None:
    some = offers(150, 4, seed)
    less, rich = assign(some, TreatmentLimits(budget)), assign(some, TreatmentLimits(budget + more))
    assert less.cost <= budget * (1 + 1e-9)
    assert rich.bound >= less.bound * (1 - 1e-3) - 1e-9
    assert (less.lever < 4).all()


def test_nobody_is_treated_whose_uplift_does_not_clear_its_cost_with_caution() -> None:
    unsure = offers(2000, error=np.full((2000, 5), 2.0))
    found = assign(unsure, TreatmentLimits(1e6, hurdle=0.5, caution=1.28))
    treated = np.flatnonzero(found.lever != NOBODY)
    cleared = unsure.uplift[treated, found.lever[treated]] - 1.28 * 2.0
    assert (cleared >= 1.5 * unsure.cost[treated, found.lever[treated]]).all()
    assert found.price_of_money == pytest.approx(1.5)


def test_sleeping_dogs_the_tired_and_those_not_eligible_are_left_alone() -> None:
    uplift = np.array([[-5.0], [5.0], [5.0], [5.0]])
    eligible = np.array([[True], [False], [True], [True]])
    some = Offers(("mail",), uplift, np.array([1.0]), is_eligible=eligible, contacts=np.array([0, 0, 3, 1]))
    found = assign(some, TreatmentLimits(100, most_contacts=3))
    assert found.lever.tolist() == [NOBODY, NOBODY, NOBODY, 0]
    assert assign(some, TreatmentLimits(100, most_contacts=3, wear=0.9)).lever.tolist() == [NOBODY] * 4


def test_the_control_group_is_drawn_by_lot_from_those_who_would_be_treated() -> None:
    many = offers(10_000)
    found = assign(many, TreatmentLimits(2000, holdout=0.2), seed=3)
    is_control = found.control != NOBODY
    assert not (is_control & (found.lever != NOBODY)).any()
    share = is_control.sum() / (is_control.sum() + (found.lever != NOBODY).sum())
    assert share == pytest.approx(0.2, abs=0.02)
    treated = np.flatnonzero(found.lever != NOBODY)
    control = np.flatnonzero(is_control)
    ratio = [many.uplift[p, lever[p]].mean() for p, lever in ((treated, found.lever), (control, found.control))]
    assert ratio[0] == pytest.approx(ratio[1], rel=0.1)


def test_a_budget_or_capacity_of_nothing_treats_nobody() -> None:
    assert (assign(offers(100), TreatmentLimits(0.0)).lever == NOBODY).all()
    found = assign(offers(100), TreatmentLimits(1000.0, capacity={"calls": 0.0}))
    assert found.counts["call"] == found.counts["gift"] == 0
    assert found.counts["mail"] > 0


@pytest.mark.parametrize(
    "changed",
    [
        {"uplift": np.ones((3, 1))},
        {"cost": np.array([1.0, 0.0])},
        {"cost": np.ones(3)},
        {"error": np.ones((3, 1))},
        {"uplift": np.full((3, 2), np.nan)},
        {"uses": {"sends": np.ones(3)}},
        {"contacts": np.zeros(2)},
    ],
)
def test_offers_that_cannot_be_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Offers(**({"levers": ("a", "b"), "uplift": np.ones((3, 2)), "cost": np.ones(2)} | changed))


def test_the_supply_curve_of_draws_cumulates_each_draw_in_one_order() -> None:
    draws = np.random.default_rng(1).normal(1.0, 1.0, (50, 300))
    cost = np.linspace(0.5, 2.0, 300)
    curve = supply_curve("mail", draws, cost, evidence=Evidence.EXPERIMENT)
    order = np.argsort(-draws.mean(axis=0) / cost, kind="stable")[: (draws.mean(axis=0) > 0).sum()]
    assert curve.spend[-1] == pytest.approx(cost[order].sum())
    assert curve.margin[:, -1] == pytest.approx(draws[:, order].sum(axis=1))
    assert (np.diff(np.diff(curve.mean) / np.diff(curve.spend)) < 0.2).all()


def test_errors_that_people_share_do_not_average_out() -> None:
    mean, error = np.full(400, 1.0), np.full(400, 0.5)
    shared = supply_curve("mail", mean, 1.0, evidence=Evidence.PRIOR, error=error, correlation=1.0, draws=4000)
    apart = supply_curve("mail", mean, 1.0, evidence=Evidence.PRIOR, error=error, correlation=0.0, draws=4000)
    assert shared.margin[:, -1].std() == pytest.approx(200, rel=0.05)
    assert apart.margin[:, -1].std() == pytest.approx(10, rel=0.05)


def test_a_lever_that_helps_nobody_has_no_supply_curve() -> None:
    with pytest.raises(InputError, match="cannot be drawn"):
        supply_curve("mail", np.array([-1.0, -2.0]), 1.0, evidence=Evidence.EXPERIMENT)


def test_levers_that_reach_the_same_people_are_not_counted_twice() -> None:
    some = offers(3000, 3)
    joint = joint_supply_curve("all", some, TreatmentLimits(0.0), evidence=Evidence.EXPERIMENT, draws=2)
    apart = sum(
        supply_curve(name, some.uplift[:, k], some.cost[:, k], evidence=Evidence.EXPERIMENT, draws=2).mean[-1]
        for k, name in enumerate(some.levers)
    )
    assert joint.mean[-1] == pytest.approx(np.maximum(some.uplift, 0).max(axis=1).sum(), rel=1e-6)
    assert joint.mean[-1] < apart
    budget = 800.0
    assert float(joint.at(budget)[0]) == pytest.approx(assign(some, TreatmentLimits(budget)).uplift, rel=0.02)
