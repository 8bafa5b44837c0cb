"""The market: repeatable, paired, closed to policies, and its account adds up."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from bench_market.market_builders import small

from bench.market.books import observed
from bench.market.carry_out import carry_out
from bench.market.luck import Purpose, poisson, uniform
from bench.market.market import Market
from bench.market.media import Channels, MediaState, expected_newcomers
from bench.market.past import with_past
from bench.market.people import People
from bench.market.plan import Plan, PlanError
from bench.market.play import Contender, play
from bench.market.registry import POLICIES
from bench.market.truth import Truth, newcomer_worths
from bench.market.worth import worth

WORLD = small("mixed")


@pytest.fixture(scope="module")
def market() -> Market:
    return with_past(WORLD, 3)


def test_a_seed_gives_the_same_past_twice(market: Market) -> None:
    pd.testing.assert_frame_equal(observed(market).orders, observed(with_past(WORLD, 3)).orders)


def test_another_seed_gives_another_past(market: Market) -> None:
    assert not observed(market).orders.equals(observed(with_past(WORLD, 4)).orders)


def test_a_policy_plays_the_same_run_twice(market: Market) -> None:
    worths = newcomer_worths(WORLD)
    first, second = (play(market, "mmm_only", POLICIES["mmm_only"], worths).equity for _ in range(2))
    assert first == second


def test_a_branch_leaves_the_market_as_it_was(market: Market) -> None:
    before = (market.month, len(market.base.people), len(market.book), market.equity())
    branch = market.branch()
    carry_out(branch, Plan(spend={"search": 1000.0}, treatments={"email": np.array([1, 2])}))
    assert (market.month, len(market.base.people), len(market.book), market.equity()) == before
    assert branch.month == market.month + 1


def test_two_policies_of_a_seed_meet_the_same_people_in_the_same_order(market: Market) -> None:
    little, much = market.branch(), market.branch()
    carry_out(little, Plan(spend={"search": 400.0}))
    carry_out(much, Plan(spend={"search": 2500.0}))
    keys = [branch.base.people.key[branch.base.people.source == 0] for branch in (little, much)]
    assert len(keys[0]) < len(keys[1])
    assert set(keys[0]) < set(keys[1])


def test_who_is_left_alone_lives_the_same_life_whatever_happens_to_others(market: Market) -> None:
    quiet, busy = market.branch(), market.branch()
    carry_out(quiet, Plan())
    carry_out(busy, Plan(treatments={"call": np.arange(1, 11)}))
    assert np.array_equal(quiet.base.is_customer[10:], busy.base.is_customer[10:])


def test_what_policies_see_holds_no_column_of_the_truth(market: Market) -> None:
    books = observed(market)
    hidden = {field.name for field in dataclasses.fields(People)} - {"country"}
    frames = (books.orders, books.customers, books.spend, books.campaigns)
    assert not hidden & {str(column) for frame in frames for column in frame.columns}
    state = {"is_customer", "phase", "prospects", "pressure", "source"}
    assert all(state.isdisjoint(frame.columns) for frame in frames)
    assert {type(getattr(books, field.name)).__module__.split(".")[0] for field in dataclasses.fields(books)} <= {
        "builtins", "pandas", "datetime", "bench",
    }  # fmt: skip
    assert all(
        dataclasses.fields(lever) and set(vars(lever)) == {"name", "cost", "discount"}
        for lever in books.levers.values()
    )


def test_books_and_orders_agree_with_each_other(market: Market) -> None:
    books = observed(market)
    assert books.orders["customer_id"].isin(books.customers["customer_id"]).all()
    assert int(books.spend["new_customers"].sum()) == len(books.customers)
    assert books.orders["month"].max() == -1
    credited = books.spend.groupby("channel", observed=True)["new_customers"].sum()
    counted = books.customers["channel"].value_counts()
    assert credited.to_dict() == counted.reindex(credited.index).to_dict()


def test_campaign_outcomes_are_what_the_orders_say(market: Market) -> None:
    books = observed(market)
    campaign = books.campaigns[books.campaigns["campaign_id"] == 1]
    month = int(campaign["month"].iloc[0])
    window = books.orders[books.orders["month"].between(month, month + books.outcome_months - 1)]
    repeat = window.merge(books.customers, on="customer_id")
    spent = repeat.groupby("customer_id")["revenue"].sum().reindex(campaign["customer_id"]).fillna(0.0)
    assert campaign["revenue_after"].sum() == pytest.approx(spent.sum(), abs=0.01 * len(window))


def test_a_lot_drawn_campaign_has_untreated_members_and_another_has_none(market: Market) -> None:
    campaigns = observed(market).campaigns
    untreated = campaigns[~campaigns["is_treated"]]
    assert len(untreated) > 0
    assert untreated["has_control"].all()
    assert not campaigns[~campaigns["has_control"]].empty


def test_last_click_credits_search_with_organic_newcomers_it_did_not_win() -> None:
    market = with_past(small("mixed", size=0.3), 5)
    base = market.base
    assert (base.credited == 0).sum() > 1.2 * (base.people.source == 0).sum()


def test_own_campaigns_come_back_with_their_holdout(market: Market) -> None:
    branch = market.branch()
    carry_out(branch, Plan(treatments={"email": np.array([1, 2, 3])}, holdout={"email": np.array([4, 5])}))
    campaigns = observed(branch).campaigns
    last = campaigns[campaigns["month"] == 0]
    assert last["is_treated"].tolist() == [True, True, True, False, False]
    assert last["has_control"].all()
    assert not last["is_complete"].any()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (Plan(spend={"search": 1e9}), "budget"),
        (Plan(spend={"search": -1.0}), "below zero"),
        (Plan(spend={"search": float("nan")}), "finite"),
        (Plan(spend={"tv": 1.0}), "tv"),
        (Plan(treatments={"email": np.array([1]), "call": np.array([1])}), "another lever"),
        (Plan(treatments={"email": np.array([1, 1])}), "twice"),
        (Plan(treatments={"email": np.array([10**9])}), "no such customer"),
        (Plan(treatments={"email": np.array([1])}, holdout={"email": np.array([1])}), "holdout"),
    ],
)
def test_a_plan_that_cannot_be_carried_out_is_refused(market: Market, plan: Plan, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        carry_out(market.branch(), plan)


def test_equity_is_the_accounts_and_what_is_left(market: Market) -> None:
    branch = market.branch()
    left_before = branch.equity()
    account = carry_out(branch, Plan(spend={"search": 1500.0}))
    assert account.media == 1500.0
    assert account.margin > 0
    rest = (branch.equity() - account.net) / branch.conditions.monthly_factor
    assert 0.5 * left_before < rest < 2 * left_before


def test_newcomers_fall_when_prospects_run_out_and_come_back_when_refilled() -> None:
    world = small("saturated", size=1.0)
    channels, conditions = Channels.of(world), Market(world, 1).conditions
    full, empty = (MediaState(np.zeros(4), channels.prospects * share) for share in (1.0, 0.3))
    spends = np.full((1, 8, 4), 20_000.0)
    from_full, from_empty = (
        expected_newcomers(world, channels, conditions, state, 0, spends)[0].sum(axis=1) for state in (full, empty)
    )
    assert from_empty[0] < 0.5 * from_full[0]
    assert from_full[-1] / conditions.season[7] < from_full[0] / conditions.season[0] * 1.2


def test_the_shock_raises_prices_and_dropout_from_its_month_on(market: Market) -> None:
    conditions = market.conditions
    at = conditions.start + WORLD.time.shock_month
    assert conditions.price[at - 1] == 1.0
    assert conditions.price[at] == conditions.churn[at] == 1.35


def test_true_uplift_is_what_contacted_and_uncontacted_twins_differ_by() -> None:
    world = small("all_retention", size=1.0, months=3)
    market = with_past(world, 2)
    persuadable = market.base.is_customer & (market.base.people.type == 0)
    rows = np.flatnonzero(persuadable)
    truth = Truth(market, newcomer_worths(world))
    with_contact, without = market.branch(), market.branch()
    carry_out(with_contact, Plan(treatments={"email": rows + 1}))
    carry_out(without, Plan())
    for branch in (with_contact, without):
        while branch.month < branch.conditions.end:
            carry_out(branch, Plan())
    simulated = with_contact.equity() - without.equity() + len(rows) * float(market.contact_costs()[0])
    claimed = truth.uplift("email", rows + 1)
    # the only luck left in equity: each person stays more with chance |claimed| / worth, and then wins that worth
    value = worth(world, market.conditions, market.base.people.at(rows), market.base.entry[rows], market.month + 1)
    luck = float(np.sqrt((np.abs(claimed) * value).sum()))
    assert claimed.sum() > 5 * luck
    assert simulated == pytest.approx(claimed.sum(), abs=3.5 * luck)


def test_luck_is_uniform_and_poisson_counts_have_their_mean() -> None:
    keys = np.arange(20_000, dtype=np.uint64)
    drawn = uniform(keys, 5, Purpose.ORDERS)
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    assert abs(np.corrcoef(drawn, uniform(keys, 6, Purpose.ORDERS))[0, 1]) < 0.03
    for mean in (0.3, 4.0, 80.0):
        counts = poisson(np.full(20_000, mean), drawn)
        assert counts.mean() == pytest.approx(mean, rel=0.03)
        assert counts.var() == pytest.approx(mean, rel=0.05)


def test_a_policy_without_a_right_to_the_truth_is_not_given_it(market: Market) -> None:
    seen: list[int] = []

    def policy(*given: object) -> Plan:
        seen.append(len(given))
        return Plan()

    play(market, "mine", Contender(lambda: policy), newcomer_worths(WORLD))
    assert set(seen) == {2}
