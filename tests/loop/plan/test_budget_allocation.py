"""A budget goes where the facts and what is stated say it brings the most, and nowhere that nothing is known of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import keepwell as kw
from keepwell.decide.experiments import ExperimentValue
from keepwell.decide.plan import Plan
from keepwell.loop.allocation import Allocation
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.page import render
from keepwell.understand.facts import Facts
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence, NotAvailable
from keepwell.vocabulary.period import Period

MAIL = {"contact_cost": 0.3, "effect_low": 0.0, "effect_high": 0.2}
PLAN = {"levers": {"mail": MAIL}}


def planned(made: Allocation) -> Plan:
    assert isinstance(made.plan, Plan)
    return made.plan


def line(made: Allocation, item: str) -> object:
    return next(one for one in planned(made).items if one.item == item)


@pytest.fixture(scope="module")
def made(facts: Facts) -> Allocation:
    return kw.allocate(facts, 5000, period="2024-01", plan=PLAN, draws=400)


def test_every_item_carries_the_grade_of_its_evidence(made: Allocation) -> None:
    grades = {one.item: one.evidence for one in planned(made).items}
    assert grades == {"ads": Evidence.REGRESSION, "posters": Evidence.REGRESSION, "mail": Evidence.STATED}


def test_the_channel_that_brings_customers_gets_more_than_the_one_that_does_not(made: Allocation) -> None:
    plan = planned(made)
    assert plan.spend_of("ads") > 2 * plan.spend_of("posters")


def test_the_gain_of_the_channel_covers_the_truth(made: Allocation) -> None:
    channel = next(one for one in made.winning if one.curve.item == "ads")
    weeks, spend = 31 / 7, planned(made).spend_of("ads")
    won = weeks * channel.season.factor * 16 * (spend / weeks) / (spend / weeks + 600)
    low, high = np.quantile(channel.curve.at(spend), (0.02, 0.98))
    assert low < won * channel.worth.value.value < high


def test_the_split_does_not_exceed_the_budget_and_sums_to_what_is_spent(made: Allocation) -> None:
    plan = planned(made)
    assert sum(one.spend for one in plan.items) == pytest.approx(plan.spent)
    assert plan.spent + plan.unspent == pytest.approx(5000)


def test_the_next_experiment_comes_with_its_length(made: Allocation) -> None:
    assert made.experiments
    assert all(one.candidate.days > 0 for one in made.experiments)
    best = made.next_experiment
    assert isinstance(best, (ExperimentValue, NotAvailable))
    if isinstance(best, ExperimentValue):
        assert best.net == max(one.net for one in made.experiments)


def test_the_same_seed_gives_the_same_plan(facts: Facts, made: Allocation) -> None:
    again = kw.allocate(facts, 5000, period="2024-01", plan=PLAN, draws=400)
    # the engine adds up in no fixed order, so the last digits may differ
    assert [one.spend for one in planned(again).items] == pytest.approx([one.spend for one in planned(made).items])
    assert planned(again).gain.value == pytest.approx(planned(made).gain.value)


def test_a_plan_can_be_written_as_json(made: Allocation) -> None:
    shown = json.loads(json.dumps(made.as_dict(), allow_nan=False))
    assert [one["item"] for one in shown["plan"]["items"]] == ["ads", "posters", "mail"]


def test_only_an_order_log_gives_no_curve_but_what_is_missing(shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = kw.allocate(kw.facts(shop[0]), 5000, period="2024-01")
    assert isinstance(found.plan, NotAvailable)
    assert not found.winning
    assert not found.keeping
    assert any("keepwell import spend.csv" in one.needs for one in found.not_identified)
    assert any("[levers.name]" in one.needs for one in found.not_identified)


def test_a_plan_of_one_side_says_so_with_the_return_that_the_other_would_need(facts: Facts) -> None:
    found = kw.allocate(facts, 5000, period="2024-01", draws=200)
    following = planned(found).next_unit.winning
    assert not isinstance(following, NotAvailable)
    assert f"{following.margin.value / 1000:.2f}" in found.caveat


def test_a_hurdle_that_nothing_clears_spends_nothing(facts: Facts) -> None:
    found = kw.allocate(facts, 5000, period="2024-01", hurdle=1000, draws=200)
    assert planned(found).spent == 0
    assert planned(found).lean == "spend less"


def test_a_floor_and_a_cap_are_kept(facts: Facts) -> None:
    limits = {"channels": {"posters": {"floor": 300}, "ads": {"cap": 700}}}
    plan = planned(kw.allocate(facts, 5000, period="2024-01", plan=limits, draws=200))
    assert plan.spend_of("posters") >= 300 - 1e-6
    assert plan.spend_of("ads") <= 700 + 1e-6


def test_a_cap_of_a_lever_holds_for_all_its_segments_together(facts: Facts) -> None:
    lever = {**MAIL, "segments": ["Champions", "Loyal"], "cap": 20}
    found = kw.allocate(facts, 5000, period="2024-01", plan={"levers": {"mail": lever}}, draws=200)
    on_mail = [one.spend for one in planned(found).items if one.item.startswith("mail")]
    assert len(on_mail) == 2
    assert sum(on_mail) <= 20 + 1e-6


def test_a_capacity_limits_how_many_are_called(facts: Facts) -> None:
    call = {"contact_cost": 2.0, "effect_low": 0.1, "effect_high": 0.5, "uses": {"calls": 1}}
    stated = {"levers": {"call": call}, "capacity": {"calls": 30}}
    plan = planned(kw.allocate(facts, 5000, period="2024-01", plan=stated, draws=200))
    assert plan.spend_of("call") <= 60 + 1e-6


def test_cash_that_is_not_there_is_not_spent(facts: Facts) -> None:
    stated = {"cash": {"overdraft": 0, "without_plan": [300.0] * 12}}
    plan = planned(kw.allocate(facts, 5000, period="2024-01", plan=stated, draws=200))
    assert plan.spent < planned(kw.allocate(facts, 5000, period="2024-01", draws=200)).spent


def test_two_levers_share_the_customers_of_a_segment(facts: Facts) -> None:
    both = {"levers": {"mail": MAIL, "call": {**MAIL, "contact_cost": 0.6}}}
    items = [one.item for one in planned(kw.allocate(facts, 5000, period="2024-01", plan=both, draws=200)).items]
    assert "mail or call" in items


def test_a_lever_that_gives_away_more_than_it_brings_is_left_out_with_the_reason(facts: Facts) -> None:
    costly = {"levers": {"coupon": {**MAIL, "incentive": 500}}}
    found = kw.allocate(facts, 5000, period="2024-01", plan=costly, draws=200)
    assert not found.keeping
    assert any("nobody is expected to bring more" in one.question for one in found.not_identified)


def test_a_lever_without_a_stated_effect_rests_on_the_prior(facts: Facts) -> None:
    found = kw.allocate(facts, 5000, period="2024-01", plan={"levers": {"mail": {"contact_cost": 0.3}}}, draws=200)
    assert line(found, "mail").evidence is Evidence.PRIOR  # type: ignore[attr-defined]


def test_an_experiment_takes_the_place_of_the_regression(facts: Facts) -> None:
    nothing = {"channel": "ads", "spend_control": 0, "spend_test": 600, "lift": 0.0, "standard_error": 0.3}
    found = kw.allocate(facts, 5000, period="2024-01", plan={"experiments": [nothing]}, draws=400)
    before = kw.allocate(facts, 5000, period="2024-01", draws=400)
    assert line(found, "ads").evidence is Evidence.EXPERIMENT  # type: ignore[attr-defined]
    assert planned(found).spend_of("ads") < planned(before).spend_of("ads")


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "plan.budget"),
        ({"budget": 100, "period": "2022-05"}, "plan.period"),
        ({"budget": -1.0, "period": "2024-01"}, "constraints.budget"),
        ({"budget": 100, "plan": {"channels": {"radio": {"cap": 10}}}}, "plan.channel"),
        ({"budget": 100, "plan": {"levers": {"mail": {**MAIL, "segments": ["Nobody"]}}}}, "lever.segment"),
        ({"budget": 100, "plan": {"channels": {"ads": {"floor": 500}}}}, "plan.infeasible"),
    ],
)
def test_what_cannot_be_planned_is_refused(facts: Facts, options: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as refused:
        kw.allocate(facts, draws=100, **options)
    assert refused.value.code == code


def test_the_default_period_is_the_next_month(facts: Facts) -> None:
    found = kw.allocate(facts, 100, as_of=date(2023, 11, 15), draws=100)
    assert (found.period.start, found.period.end) == (date(2023, 12, 1), date(2024, 1, 1))


def test_past_actions_by_lot_measure_a_lever(shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    orders, _ = shop
    sent = date(2023, 9, 1)
    known = sorted(orders.loc[orders["date"] < sent, "customer"].unique())
    rng = np.random.default_rng(4)
    treated = rng.integers(0, 2, len(known)).astype(bool)
    more = pd.DataFrame({"customer": np.array(known)[treated], "total": 150.0, "date": sent + timedelta(days=9)})
    more["order"] = [f"won-{number}" for number in range(len(more))]
    actions = pd.DataFrame(
        {"customer_id": known, "campaign": "September", "lever": "mail", "treated_at": sent, "is_treated": treated}
    ).assign(has_control=True)
    facts = kw.facts(pd.concat([orders, more]), margin_rate=0.4)
    found = kw.allocate(facts, 5000, period="2024-01", plan=PLAN, actions=actions, draws=200)
    assert line(found, "mail").evidence is Evidence.EXPERIMENT  # type: ignore[attr-defined]
    uplift = found.keeping[0].levers[0].uplift
    # 150 of revenue at a margin of 40 %, within what 1,500 customers can show
    assert float(uplift.mean()) == pytest.approx(60, rel=0.25)


def test_past_actions_without_anybody_left_out_teach_nothing(facts: Facts) -> None:
    actions = pd.DataFrame(
        {"customer_id": ["c1", "c2"], "campaign": "May", "lever": "mail", "treated_at": "2023-05-01"}
    ).assign(is_treated=True, has_control=False)
    found = kw.allocate(facts, 5000, period="2024-01", plan=PLAN, actions=actions, draws=200)
    assert line(found, "mail").evidence is Evidence.STATED  # type: ignore[attr-defined]
    assert any("Everybody in it was addressed" in one.needs for one in found.not_identified)


def test_an_explanation_opens_a_channel_down_to_rows_and_posterior(made: Allocation) -> None:
    told = made.explain("ads")
    assert told.evidence == "regression on history"
    assert any("104 rows" in one.source for one in told.rows)
    assert any("newcomers a week gained" in one.what for one in told.posterior)
    assert any("Regression on" in one for one in told.assumptions)


def test_an_explanation_opens_a_lever_down_to_its_customers(made: Allocation) -> None:
    told = made.explain("mail")
    assert told.side == "keeping"
    assert f"{made.keeping[0].reach.people:,}" in [one.figure for one in told.rows]


def test_an_item_that_is_not_there_is_refused_with_those_that_are(made: Allocation) -> None:
    with pytest.raises(InputError, match="posters"):
        made.explain("television")


def test_a_plan_that_is_not_known_has_nothing_to_explain(made: Allocation) -> None:
    with pytest.raises(InputError, match="no plan"):
        replace(made, plan=NotAvailable("nothing is known")).explain("ads")


def test_the_report_begins_with_the_plan(made: Allocation) -> None:
    content = ReportContent(Business(currency="GBP"), Period.parse("2023"), date(2024, 1, 1), plan=made)
    page = render(content)
    assert page.index("Where the budget goes") < page.index("Not in this report")
    assert made.plan.headline[:20] in page  # type: ignore[union-attr]
    assert page.count("What the next unit of money brings") >= 1
    assert all(one.item in page for one in planned(made).items)


def test_the_report_says_why_a_budget_cannot_be_split(made: Allocation) -> None:
    unknown = replace(made, plan=NotAvailable("nothing is known"))
    page = render(ReportContent(Business(currency="GBP"), Period.parse("2023"), date(2024, 1, 1), plan=unknown))
    assert "cannot be split: nothing is known" in page
