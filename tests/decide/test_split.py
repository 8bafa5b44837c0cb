"""The split of a budget against brute force and general-purpose optimisers, and its properties."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from keepwell.decide.constraints import Cash, Constraints
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.ranges import spends_if_known
from keepwell.decide.risk import objective, worst_mean
from keepwell.decide.split import best_split
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence


def saturating(
    count: int, seed: int, *, draws: int = 60, points: int = 41, most: float = 1000.0, steep: float = 1.0, **more
) -> list[MarginCurve]:
    """Return Hill curves: concave where ``steep`` is 1, S-shaped above."""
    rng = np.random.default_rng(seed)
    spend = np.linspace(0, most, points)
    found = []
    for index in range(count):
        top = rng.uniform(500, 4000) * np.exp(rng.normal(0, 0.4, (draws, 1)))
        half = rng.uniform(100, 900) * np.exp(rng.normal(0, 0.3, (draws, 1)))
        margin = top * spend**steep / (spend**steep + half**steep)
        side = Side.WIN if index % 2 else Side.KEEP
        found.append(MarginCurve(f"item {index}", side, spend, margin, Evidence.STATED, **more))
    return found


def brute_force(curves: list[MarginCurve], limits: Constraints, step: float = 25.0) -> float:
    """Return the best value over a grid of all splits."""
    axes = [np.arange(curve.floor, curve.most + 1e-9, step) for curve in curves]
    table = [[curve.at(x) for x in axis] for curve, axis in zip(curves, axes, strict=True)]
    best = -np.inf
    for chosen in product(*(range(axis.size) for axis in axes)):
        spent = sum(axes[i][k] for i, k in enumerate(chosen))
        if spent > limits.budget + 1e-9:
            continue
        margin = sum(table[i][k] for i, k in enumerate(chosen))
        tail = worst_mean(margin) if limits.risk_aversion else 0.0
        value = (1 - limits.risk_aversion) * margin.mean() + limits.risk_aversion * tail
        best = max(best, value - (1 + limits.hurdle) * spent)
    return best


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("budget", [300.0, 1100.0, 5000.0])
def test_concave_curves_are_split_at_least_as_well_as_by_brute_force(seed: int, budget: float) -> None:
    curves, limits = saturating(3, seed), Constraints(budget)
    found = best_split(curves, limits)
    assert found.value >= brute_force(curves, limits) * (1 - 1e-9)
    assert found.value == pytest.approx(found.bound, rel=1e-9)


def test_s_shaped_curves_lie_within_a_thousandth_of_brute_force_on_average_and_near_it_at_worst() -> None:
    gaps = []
    for seed in range(12):
        for budget in (400.0, 900.0, 1500.0):
            curves = saturating(3, seed, steep=3.0)
            best = brute_force(curves, Constraints(budget))
            if best > 0:
                gaps.append(1 - best_split(curves, Constraints(budget)).value / best)
    assert np.mean(np.maximum(gaps, 0)) <= 0.001
    assert max(gaps) <= 0.007


@pytest.mark.parametrize("aversion", [0.3, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_risk_averse_split_lies_within_a_thousandth_of_brute_force(seed: int, aversion: float) -> None:
    curves, limits = saturating(3, seed), Constraints(900.0, risk_aversion=aversion)
    assert best_split(curves, limits).value >= brute_force(curves, limits) * (1 - 1e-3)


def test_many_items_are_split_no_worse_than_by_sequential_quadratic_programming() -> None:
    curves, limits = saturating(8, 3), Constraints(2500.0)
    means = [curve.mean for curve in curves]

    def loss(x: np.ndarray) -> float:
        return -sum(float(np.interp(v, c.spend, m)) for v, c, m in zip(x, curves, means, strict=True)) + x.sum()

    room = {"type": "ineq", "fun": lambda x: limits.budget - x.sum()}
    by_slsqp = minimize(loss, np.full(8, 300.0), bounds=[(0, 1000)] * 8, constraints=[room], method="SLSQP")
    assert best_split(curves, limits).value >= -by_slsqp.fun * (1 - 1e-9)


def test_a_capacity_is_kept_and_used_up_where_it_pays() -> None:
    curves = saturating(4, 5, uses={"sends": 2.0})
    free = best_split(curves, Constraints(1500.0))
    bound = best_split(curves, Constraints(1500.0, capacity={"sends": 1000.0}))
    assert bound.spends.sum() == pytest.approx(500.0)
    assert bound.value < free.value


def test_cash_never_falls_below_the_overdraft() -> None:
    curves = saturating(4, 6)
    cash = Cash(overdraft=200.0, without=np.array([0.0, 100.0, 300.0]))
    found = best_split(curves, Constraints(3000.0, cash=cash))
    margin = sum(float(c.at(x).mean()) for c, x in zip(curves, found.spends, strict=True))
    balance = cash.without - found.spends.sum() + margin * np.array([1, 2, 3]) / 3
    assert balance.min() == pytest.approx(-200.0, abs=1e-6)


def test_a_hurdle_stops_the_spending_where_the_next_unit_returns_less() -> None:
    spend = np.array([0.0, 100, 200, 300])
    curve = MarginCurve("a", Side.WIN, spend, np.array([[0.0, 200, 350, 460]]), Evidence.STATED)
    assert best_split([curve], Constraints(1000, hurdle=0.2)).spends.tolist() == [200.0]
    assert best_split([curve], Constraints(1000, hurdle=1.5)).spends.tolist() == [0.0]


def test_floors_are_paid_even_when_they_lose_money_and_caps_are_never_exceeded() -> None:
    losing = MarginCurve("a", Side.WIN, np.array([0.0, 100, 200]), np.array([[0.0, 10, 20]]), Evidence.STATED, floor=50)
    good = MarginCurve("b", Side.KEEP, np.array([0.0, 100]), np.array([[0.0, 500]]), Evidence.STATED, cap=80.0)
    assert best_split([losing, good], Constraints(500)).spends.tolist() == [50.0, 80.0]


def test_floors_above_the_budget_are_refused() -> None:
    with pytest.raises(InputError, match="exceed the budget"):
        best_split(saturating(3, 1, floor=200.0), Constraints(500.0))


SHAPES = st.tuples(st.integers(1, 5), st.integers(0, 10_000), st.sampled_from([1.0, 2.5]))


@given(SHAPES, st.floats(0, 4000), st.floats(0, 1500))
@settings(max_examples=40)
def test_more_budget_never_lowers_the_value_of_concave_curves(shape, budget: float, more: float) -> None:
    curves = saturating(shape[0], shape[1], draws=8)
    assert best_split(curves, Constraints(budget + more)).value >= best_split(curves, Constraints(budget)).value - 1e-6


@given(SHAPES, st.floats(0, 4000), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_the_order_of_the_items_changes_nothing(shape, budget: float, shuffle) -> None:
    curves = saturating(shape[0], shape[1], draws=8, steep=shape[2])
    shuffled = list(curves)
    shuffle.shuffle(shuffled)
    one, other = best_split(curves, Constraints(budget)), best_split(shuffled, Constraints(budget))
    by_name = {curve.item: spend for curve, spend in zip(shuffled, other.spends, strict=True)}
    assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-6)
    assert [by_name[curve.item] for curve in curves] == pytest.approx(one.spends.tolist(), rel=1e-6, abs=1e-6)


@given(SHAPES, st.floats(0, 4000), st.sampled_from([0.0, 0.5]))
@settings(max_examples=40)
def test_the_budget_the_floors_and_the_caps_are_respected(shape, budget: float, aversion: float) -> None:
    curves = saturating(shape[0], shape[1], draws=8, steep=shape[2], cap=700.0)
    found = best_split(curves, Constraints(budget, risk_aversion=aversion))
    assert found.spends.sum() <= budget + 1e-6
    assert (found.spends >= 0).all()
    assert (found.spends <= 700.0 + 1e-6).all()
    assert found.value >= -1e-6  # doing nothing is always possible
    assert found.value == pytest.approx(objective(curves, found.spends, aversion), rel=1e-9, abs=1e-6)


def test_the_split_if_a_draw_were_known_is_the_split_of_that_draw() -> None:
    curves, limits = saturating(4, 9, draws=20), Constraints(1500.0)
    known = spends_if_known(curves, limits)
    for draw in range(20):
        alone = [curve.of(slice(draw, draw + 1)) for curve in curves]
        value = objective(alone, known[draw], 0.0)
        assert value == pytest.approx(best_split(alone, limits).value, rel=0.02)
        assert known[draw].sum() <= limits.budget + 1e-6
