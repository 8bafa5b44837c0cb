"""From a plan to people: whom to treat, who is held out by lot, and the pilot where nobody is to be treated."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import keepwell as kw
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.loop.allocation import Allocation
from keepwell.loop.plan.keeping import LeverItem, Reach
from keepwell.loop.plan.lever import Lever
from keepwell.loop.plan.lever_effect import LeverEffect
from keepwell.loop.plan.pilot import Pilot, pilot
from keepwell.loop.plan.treatment_list import SCHEMA, TreatmentList, treatment_list
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import NotIdentifiedError
from keepwell.vocabulary.estimate import Evidence, NotAvailable

MAIL = {"contact_cost": 0.3, "effect_low": 0.0, "effect_high": 0.2}
PLAN = {"levers": {"mail": MAIL}}
HARMS = {"contact_cost": 1.0, "effect_low": -0.1, "effect_high": 0.02}


def planned(facts: Facts, plan: dict[str, object], budget: float = 5000, **options: float) -> Allocation:
    return kw.allocate(facts, budget, period="2024-01", plan=plan, draws=200, **options)


def reach_of(people: int, seed: int = 1, **lever: object) -> Reach:
    """Return customers whose uplift is known to be normal with mean 1 and deviation 2, known to within 0.5."""
    uplift = np.random.default_rng(seed).normal(1, 2, people)
    mail = Lever("mail", contact_cost=0.5, **lever)  # type: ignore[arg-type]
    effect = LeverEffect(mail, uplift, np.full(people, 0.5), np.full(people, 0.5), Evidence.EXPERIMENT, "")
    ids = np.array([f"c{number}" for number in range(people)], dtype=object)
    return Reach("mail", "everybody", ids, (effect,), 90, 10.0, 20.0)


def item_of(people: int, **lever: object) -> LeverItem:
    spend = np.array([0.0, 0.5 * people])
    curve = MarginCurve("mail", Side.KEEP, spend, np.array([[0.0, people]]), Evidence.EXPERIMENT, per_person=0.5)
    return LeverItem(reach_of(people, **lever), curve, 0.0)


def listed(item: LeverItem, spend: float, **changes: object) -> TreatmentList:
    limits = {"hurdle": 0.0, "holdout": 0.0, "capacity": {}, "currency": "EUR", **changes}
    return treatment_list([item], {"mail": spend}, **limits)  # type: ignore[arg-type]


def test_those_are_treated_who_bring_most_as_far_as_the_money_goes() -> None:
    item = item_of(2000)
    found = listed(item, 100).frame()
    best = np.sort(item.levers[0].uplift)[::-1][:200]
    assert found["cost"].sum() == pytest.approx(100)
    assert found["uplift"].to_numpy() == pytest.approx(best, abs=1e-4)


def test_nobody_is_treated_whose_uplift_does_not_clear_the_cost_by_its_margin() -> None:
    found = listed(item_of(2000), 1e6, caution=1.0).frame()
    assert found["uplift"].min() >= 0.5 + 1.0 * 0.5 - 1e-4


def test_a_hurdle_asks_for_more_than_the_cost() -> None:
    found = listed(item_of(2000), 1e6, hurdle=1.0, caution=0.0).frame()
    assert found["uplift"].min() >= 1.0 - 1e-4


def test_the_holdout_holds_its_share_of_those_who_would_be_treated() -> None:
    found = listed(item_of(20_000), 1e6, holdout=0.2)
    assert found.held_out / (found.held_out + found.treated) == pytest.approx(0.2, abs=0.02)


def test_those_held_out_cost_nothing_and_are_like_those_treated() -> None:
    rows = listed(item_of(20_000), 1e6, holdout=0.5).frame()
    means = rows.groupby("arm")["uplift"].mean()
    assert (rows.loc[rows["arm"] == "hold out", "cost"] == 0).all()
    assert means["treat"] == pytest.approx(means["hold out"], abs=0.1)


def test_a_capacity_is_kept() -> None:
    item = item_of(2000, uses={"sends": 2.0})
    assert listed(item, 1e6, capacity={"sends": 300}).treated == 150


def test_the_intervals_hold_eight_in_ten_of_the_truth() -> None:
    row = listed(item_of(2000), 100).frame().iloc[0]
    assert row["uplift_high"] - row["uplift_low"] == pytest.approx(2 * 1.2816 * 0.5, abs=1e-3)


def test_the_same_seed_draws_the_same_lots_and_another_seed_others() -> None:
    first, again, other = (
        listed(item_of(500), 1e6, holdout=0.5, seed=seed).table["customer_id"].to_pylist() for seed in (1, 1, 2)
    )
    arms = [listed(item_of(500), 1e6, holdout=0.5, seed=seed).table["arm"].to_pylist() for seed in (1, 2)]
    assert first == again
    assert (arms[0], first) != (arms[1], other)


def test_a_plan_lists_every_customer_once_and_within_its_money(facts: Facts) -> None:
    made = planned(facts, PLAN, holdout=0.1)
    found = made.people()
    rows = found.frame()
    assert rows["customer_id"].is_unique
    assert list(rows.columns) == SCHEMA.names
    assert found.cost == pytest.approx(rows["cost"].sum(), abs=0.01)
    assert 0 < found.cost <= found.planned * (1 + 1e-9)


def test_customers_of_a_segment_get_a_lever_that_is_for_it(facts: Facts) -> None:
    levers = {"mail": MAIL, "call": {**MAIL, "contact_cost": 1.0, "effect_high": 0.5, "segments": ["Champions"]}}
    rows = planned(facts, {"levers": levers}).people().frame()
    scored = kw.rfm(facts).set_index("customer_id")["segment"]
    called = rows.loc[rows["lever"] == "call", "customer_id"]
    assert len(called)
    assert set(scored[called]) == {"Champions"}
    assert rows["customer_id"].is_unique


def test_totals_are_plain_values_for_json(facts: Facts) -> None:
    found = planned(facts, PLAN, holdout=0.1).people()
    shown = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert (shown["treated"], shown["held_out"]) == (found.treated, found.held_out)


def test_without_a_lever_nobody_is_treated_and_the_words_ask_for_one(facts: Facts) -> None:
    with pytest.raises(NotIdentifiedError, match=r"Nobody: .*State one in the plan") as refused:
        planned(facts, {}).people()
    assert refused.value.code == "plan.nobody"


def test_where_no_lever_is_expected_to_bring_more_a_pilot_is_proposed(facts: Facts) -> None:
    with pytest.raises(NotIdentifiedError, match=r"Nobody: no customer.*Run this pilot"):
        planned(facts, {"levers": {"mail": HARMS}}).people()


def test_where_the_plan_gives_levers_nothing_the_reason_is_told(facts: Facts) -> None:
    with pytest.raises(NotIdentifiedError, match="the plan gives nothing to mail"):
        planned(facts, PLAN, hurdle=1000).people()


def test_a_log_in_which_nobody_came_back_says_what_is_not_known(shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    once = kw.facts(shop[0].drop_duplicates("customer"), margin_rate=0.4)
    with pytest.raises(NotIdentifiedError, match="What keeping customers brings"):
        planned(once, PLAN).people()


def test_a_pilot_draws_two_arms_of_the_same_size_from_the_segment(facts: Facts) -> None:
    found = planned(facts, {"levers": {"mail": {**HARMS, "segments": ["Champions", "Loyal"]}}}).pilot()
    assert isinstance(found, Pilot)
    rows = found.frame()
    assert rows["arm"].value_counts().to_dict() == {"treat": found.per_arm, "hold out": found.per_arm}
    assert rows["customer_id"].is_unique
    scored = kw.rfm(facts).set_index("customer_id")["segment"]
    assert set(scored[rows["customer_id"]]) == {found.segment}


def test_a_pilot_costs_no_more_than_the_budget() -> None:
    found = pilot([], [reach_of(2000)], [], budget=100, currency="EUR")
    assert isinstance(found, Pilot)
    assert (found.per_arm, found.cost) == (200, pytest.approx(100))


def test_a_pilot_is_as_large_as_the_effect_from_which_the_lever_pays_asks_for() -> None:
    found = pilot([], [reach_of(200_000)], [], budget=1e6, currency="EUR")
    assert isinstance(found, Pilot)
    # a cost of 0.5 on a mean of 10 is 5 %; n = 16 (CV / lift)², CV = 2
    assert found.per_arm == 16 * (2 / 0.05) ** 2
    assert found.visible == pytest.approx(found.pays_from)


def test_a_pilot_that_cannot_show_so_little_says_to_repeat_it() -> None:
    found = pilot([], [reach_of(2000)], [], budget=100, currency="EUR")
    assert isinstance(found, Pilot)
    assert "repeat it" in found.sentence


@pytest.mark.parametrize(
    ("reaches", "budget", "reason"),
    [
        ([], 100, "no lever is stated"),
        ([reach_of(60)], 100, "no lever reaches 100 customers"),
        ([reach_of(2000)], 10, "treats 50 customers at least, for €25.00"),
    ],
)
def test_where_no_pilot_can_be_run_the_reason_is_told(reaches: list[Reach], budget: float, reason: str) -> None:
    found = pilot([], reaches, [], budget=budget, currency="EUR")
    assert isinstance(found, NotAvailable)
    assert reason in found.reason
