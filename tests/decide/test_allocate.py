"""The plan: what it says of the next unit, the split, the thresholds, and that it does not flatter itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from keepwell.decide.allocate import allocate
from keepwell.decide.constraints import Constraints
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.plan import Return
from keepwell.vocabulary.answer import Lean
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

SPEND = np.linspace(0, 10_000, 21)


def straight(item: str, side: Side, slope: float, spread: float = 0.0, **more) -> MarginCurve:
    """Return a straight line whose slope is normal over 400 draws."""
    slopes = np.random.default_rng(len(item)).normal(slope, spread, (400, 1)) if spread else np.full((400, 1), slope)
    return MarginCurve(item, side, SPEND, slopes * SPEND, Evidence.REGRESSION, **more)


def test_the_next_unit_and_its_probability_are_those_of_the_draws() -> None:
    plan = allocate([straight("ads", Side.WIN, 1.5, 0.5), straight("mails", Side.KEEP, 2.0, 0.5)], Constraints(5000))
    keep, win = plan.next_unit.keeping, plan.next_unit.winning
    assert isinstance(keep, Return)
    assert isinstance(win, Return)
    assert keep.margin.value == pytest.approx(2000, rel=0.05)
    assert win.margin.high - win.margin.low == pytest.approx(2 * 1.2816 * 500, rel=0.15)
    # P(N(2, .5) > N(1.5, .5)) = Φ(0.5 / √0.5)
    assert plan.next_unit.keeping_beats_winning == pytest.approx(0.760, abs=0.05)
    assert plan.lean is Lean.KEEP


def test_the_luck_of_the_best_of_many_equal_items_is_not_counted() -> None:
    curves = []
    for index in range(30):
        noise = np.random.default_rng(index).normal(1.2, 3.0, (60, 1))
        curves.append(MarginCurve(f"c{index}", Side.WIN, SPEND, noise * SPEND, Evidence.STATED))
    plan = allocate(curves, Constraints(3000))
    assert plan.optimism > 0
    assert plan.gain.value == pytest.approx(0.2 * plan.spent, abs=3 * 3000 * 3.0 / np.sqrt(30))


def test_an_offer_that_does_not_pay_leads_to_spending_nothing() -> None:
    plan = allocate([straight("ads", Side.WIN, 0.7), straight("mails", Side.KEEP, 0.9)], Constraints(5000))
    assert plan.lean is Lean.SPEND_LESS
    assert plan.spent == 0
    assert plan.most_worth_spending == 0
    assert plan.headline.startswith("Spend nothing")


def test_spending_more_than_pays_now_leads_to_spending_less() -> None:
    bent = np.minimum(3.0 * SPEND, 6000 + 0.5 * SPEND)
    curve = MarginCurve("ads", Side.WIN, SPEND, np.tile(bent, (50, 1)), Evidence.REGRESSION)
    plan = allocate([curve], Constraints(8000), now={"ads": 8000})
    assert plan.lean is Lean.SPEND_LESS
    assert plan.spent == pytest.approx(2500, abs=500)
    assert plan.items[0].bound_by == "hurdle"


def test_a_side_without_an_item_is_said_to_be_missing() -> None:
    plan = allocate([straight("ads", Side.WIN, 2.0)], Constraints(5000))
    assert isinstance(plan.next_unit.keeping, NotAvailable)
    assert isinstance(plan.next_unit.keeping_beats_winning, NotAvailable)
    assert plan.lean is Lean.WIN


def test_the_thresholds_are_where_the_next_unit_changes_sides() -> None:
    win = straight("ads", Side.WIN, 2.0, per_person=100.0)  # a newcomer worth 100 costs 50
    keep = straight("mails", Side.KEEP, 2.5, per_person=4.0)  # 4 of contact bring 10
    thresholds = {t.name: t.figure for t in allocate([win, keep], Constraints(5000)).thresholds}
    cost, uplift = thresholds["cost of a newcomer: ads"], thresholds["uplift per person: mails"]
    assert isinstance(cost, Estimate)
    assert isinstance(uplift, Estimate)
    assert cost.value == pytest.approx(40.0)
    assert uplift.value == pytest.approx(8.0)


def test_the_range_of_an_item_holds_its_spend_and_grows_with_doubt() -> None:
    sure = allocate([straight("ads", Side.WIN, 2.0, 0.01), straight("mails", Side.KEEP, 1.8, 0.01)], Constraints(5000))
    unsure = allocate([straight("ads", Side.WIN, 2.0, 1.0), straight("mails", Side.KEEP, 1.8, 1.0)], Constraints(5000))
    for plan in (sure, unsure):
        assert all(line.spend_low <= line.spend <= line.spend_high for line in plan.items)
    assert sure.items[0].spend_high - sure.items[0].spend_low < 1
    assert unsure.items[0].spend_high - unsure.items[0].spend_low > 4000


def test_a_holdout_keeps_people_out_of_retention_items_only() -> None:
    plan = allocate(
        [straight("ads", Side.WIN, 2.0), straight("mails", Side.KEEP, 2.5)], Constraints(50_000, holdout=0.1)
    )
    assert {line.item: line.spend for line in plan.items} == pytest.approx({"ads": 10_000, "mails": 9_000})
    assert [line.bound_by for line in plan.items] == ["cap", "cap"]


def test_the_curves_of_both_sides_fall_and_start_with_the_best_item() -> None:
    bent = np.tile(4000 * (1 - np.exp(-SPEND / 2000)), (50, 1))
    win = MarginCurve("ads", Side.WIN, SPEND, bent, Evidence.STATED)
    keep = MarginCurve("mails", Side.KEEP, SPEND, 1.5 * bent, Evidence.STATED)
    plan = allocate([win, keep], Constraints(10_000))
    assert [curve.side for curve in plan.curves] == [Side.WIN, Side.KEEP]
    for curve in plan.curves:
        assert (np.diff(curve.marginal_return) <= 1e-9).all()
        assert len(curve.spend) == len(curve.low) == len(curve.item)


@pytest.mark.parametrize("now", [{"radio": 100.0}, {"ads": -1.0}])
def test_spend_now_on_what_is_not_planned_is_refused(now: dict[str, float]) -> None:
    with pytest.raises(InputError, match="spend now"):
        allocate([straight("ads", Side.WIN, 2.0)], Constraints(5000), now=now)


def test_caution_moves_money_from_the_doubtful_item_to_the_sure_one() -> None:
    items = [straight("ads", Side.WIN, 2.2, 1.5), straight("mails", Side.KEEP, 2.0, 0.05)]
    bold, careful = (allocate(items, Constraints(5000, risk_aversion=rho)) for rho in (0.0, 0.8))
    assert bold.spend_of("ads") == pytest.approx(5000)
    assert careful.spend_of("ads") < 500
    assert careful.worst_fifth > bold.worst_fifth


def test_a_plan_is_plain_values() -> None:
    plan = allocate([straight("ads", Side.WIN, 1.5, 0.5), straight("mails", Side.KEEP, 2.0, 0.5)], Constraints(5000))
    assert json.loads(json.dumps(plan.as_dict()))["budget"] == 5000
