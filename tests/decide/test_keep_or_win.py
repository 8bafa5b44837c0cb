"""The answer as a whole: real data, properties, and input that holds too little."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.decide.allowable_cac import allowable_cac
from keepwell.decide.channels import channel_verdicts
from keepwell.decide.keep_or_win import answer
from keepwell.decide.last_year import last_year, sample
from keepwell.decide.next_year import next_year
from keepwell.decide.order_log import GapDays, OrderLog, ProductTrial, RevenueShares, ValueGroup
from keepwell.decide.retention_point import retention_points
from keepwell.decide.stated_split import Range, StatedRanges, assumed_ranges, stated_split
from keepwell.decide.what_if import simulate, total
from keepwell.decide.what_if_changes import (
    Leavers,
    budget_cut,
    cac_rises,
    customers_leave,
    discount_for_all,
    new_product,
    retention_changes,
)
from keepwell.vocabulary.answer import Holdout, Lean, Status
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable, SampleMean
from keepwell.vocabulary.kpi import Unit
from keepwell.vocabulary.period import Period

AS_OF = date(2012, 1, 1)
GBP = Business(currency="GBP", margin_rate=0.4)


def shop(customers: int = 400, days: int = 800, seed: int = 1, factor: float = 1.0) -> OrderLog:
    """Build an order log of so many customers with skewed revenue, over so many days."""
    rng = np.random.default_rng(seed)
    revenue = rng.lognormal(4, 1, customers) * factor
    tenure = rng.integers(1, days + 1, customers).astype(float)
    before = np.where(tenure > 365, rng.integers(0, 4, customers), 0).astype(float)
    orders = rng.integers(0, 5, customers).astype(float) if customers > 1 else np.ones(1)
    frame = pd.DataFrame(
        {
            "segment": np.where(orders > 2, "loyal", "others"),
            "tenure_days": tenure,
            "recency_days": np.minimum(tenure, rng.integers(1, 400, customers)),
            "orders_year": orders,
            "revenue_year": revenue * orders,
            "revenue_90_days": revenue * (orders > 3),
            "orders_year_before": before,
            "revenue_year_before": revenue * before,
        }
    )
    values = (ValueGroup("all", "all", sample(revenue * 2), sample(revenue)),) if days > 365 else ()
    half = customers // 2
    if values and half:
        parts = (("2010-Q1", revenue[:half]), ("2010-Q2", revenue[half:]))
        values += tuple(ValueGroup("cohort", name, sample(part * 2), sample(part)) for name, part in parts)
    return OrderLog(
        as_of=AS_OF,
        period=Period(AS_OF - timedelta(days=days), AS_OF),
        horizon_days=365,
        values=values,
        customers=frame,
        growth=months(26),
        revenue=revenues(26),
        gaps=GapDays(median=40, p90=120, mean=55, n=900),
        shares=RevenueShares(0.1, 0.5, 0.7, 0.6),
    )


def months(count: int) -> pd.DataFrame:
    """Build growth accounting with more customers going than coming."""
    periods = [date(2009 + (10 + i) // 12, (10 + i) % 12 + 1, 1) for i in range(count)]
    row = {"active": 100, "new": 10, "retained": 60, "resurrected": 20, "churned": 40, "is_complete": True}
    return pd.DataFrame([{"period": period, **row} for period in periods])


def revenues(count: int) -> pd.DataFrame:
    """Build new and returning revenue: a first order is worth 50, a later one 65.5."""
    rows = months(count)[["period"]].assign(new_revenue=500.0, returning_revenue=1310.0, new_customers=10, orders=30)
    return rows.assign(is_truncated=False)


def with_channels(log: OrderLog, spend: float, won: int) -> OrderLog:
    """Give the log one paid channel and one without spend."""
    rows = [("ads", spend, won), ("direct", 0.0, 20)]
    return replace(log, channels=pd.DataFrame(rows, columns=["channel", "spend", "new_customers"]))


def outcome(log: OrderLog, *changes: object) -> float:
    """Return the change of next year's margin under a scenario."""
    last = last_year(log, GBP)
    result = simulate(next_year(log, GBP, last), [list(changes)], seed=3, draws=60)[0]
    assert isinstance(result.change, Estimate)
    return result.change.value


def test_the_answer_holds_two_sentences_and_is_plain_json() -> None:
    found = answer(shop(), GBP, seed=5)
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert found.headline.endswith(".")
    assert found.caveat.endswith(".")
    assert '"lean"' in text


def test_the_same_seed_gives_the_same_answer() -> None:
    assert answer(shop(), GBP, seed=5).as_dict() == answer(shop(), GBP, seed=5).as_dict()


def test_allowable_cac_equals_a_computation_by_hand() -> None:
    # Revenue 100 + 0 later and 100 + 100 later: first margin 40, later 20 on average, discounted over the year.
    group = ValueGroup("all", "all", SampleMean(2, 300, 100**2 + 200**2), SampleMean(2, 200, 20000))
    found = allowable_cac(replace(shop(), values=(group,)), GBP)[0].within_horizon
    factor = (1 - 1 / 1.1) / np.log(1.1)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(40 + 20 * factor)


@given(st.floats(0.05, 0.9), st.floats(1.01, 1.1))
@settings(max_examples=20, deadline=None)
def test_a_higher_margin_allows_a_higher_cac(margin: float, times: float) -> None:
    log = shop(60)
    low = allowable_cac(log, Business(margin_rate=margin))
    high = allowable_cac(log, Business(margin_rate=margin * times))
    assert all(a.within_horizon.value < b.within_horizon.value for a, b in zip(low, high, strict=True))


def test_a_truncated_base_is_replaced_by_its_whole_cohorts() -> None:
    whole = ValueGroup("all", "all", SampleMean(40, 8000, 2e6), SampleMean(40, 4000, 5e5), is_truncated=True)
    old = ValueGroup("cohort", "2009-Q4", SampleMean(20, 7000, 1.9e6), SampleMean(20, 2000, 2e5), is_truncated=True)
    new = ValueGroup("cohort", "2010-Q1", SampleMean(20, 1000, 1e5), SampleMean(20, 500, 2e4))
    assert replace(shop(), values=(whole, old, new)).everyone.value.mean == 50


def test_a_retention_point_is_a_hundredth_of_the_active_customers_margin() -> None:
    log = shop()
    active = log.customers[log.customers.orders_year > 0]
    by_segment = active.groupby("segment").revenue_year.sum() * 0.4 * 0.01
    found = {point.segment: point.worth.value for point in retention_points(log, GBP)[1:]}
    assert found == pytest.approx(by_segment.to_dict())


@pytest.mark.parametrize(
    "nothing",
    [customers_leave(0, who) for who in Leavers] + [new_product(0), retention_changes(0), discount_for_all(0)],
    ids=lambda what_if: what_if.name,
)
def test_a_what_if_of_nothing_changes_nothing(nothing) -> None:
    log = shop()
    last = last_year(log, GBP)
    result = simulate(next_year(log, GBP, last), [[nothing]], seed=3, draws=60)[0]
    assert (result.change.value, result.change.low, result.change.high) == pytest.approx((0, 0, 0), abs=1e-6)


@given(st.integers(30, 300), st.integers(0, 50), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_losing_the_most_valuable_costs_at_least_a_random_loss(customers: int, seed: int, share: float) -> None:
    log = shop(customers, seed=seed)
    worst = outcome(log, customers_leave(share, Leavers.MOST_VALUABLE))
    assert worst <= outcome(log, customers_leave(share, Leavers.RANDOM)) + 1e-6


def test_losing_everyone_leaves_only_the_newcomers() -> None:
    log = shop()
    year = next_year(log, GBP, last_year(log, GBP))
    assert total(year) + outcome(log, customers_leave(1.0)) == pytest.approx(year.rest)


def test_scenarios_apply_in_order() -> None:
    log = shop()
    together = outcome(log, customers_leave(0.25), discount_for_all(0.1))
    year = next_year(log, GBP, last_year(log, GBP))
    by_hand = (year.margin.sum() * 0.75 + year.rest) * 0.75 - total(year)
    assert together == pytest.approx(by_hand)


def test_the_interval_of_a_large_base_does_not_depend_on_the_sample_drawn() -> None:
    log = shop(40_000)
    last = last_year(log, GBP)
    result = simulate(next_year(log, GBP, last), [[customers_leave(0.25)]], seed=3, draws=300)[0]
    margins = log.column("revenue_year") * GBP.margin_rate * last.carried
    # Variance of a sum of resampled, randomly thinned customers: n·(E[(b·m)²] − E[b·m]²) with b ~ Bernoulli(.25).
    active = margins[log.column("orders_year") > 0]
    exact = np.sqrt(active.size * (0.25 * (active**2).mean() - (0.25 * active.mean()) ** 2))
    assert (result.change.high - result.change.low) / 3.92 == pytest.approx(exact, rel=0.2)


def test_questions_about_spend_say_what_they_need_when_there_is_none() -> None:
    log = shop()
    last = last_year(log, GBP)
    for result in simulate(next_year(log, GBP, last), [[cac_rises()], [budget_cut()]], seed=1, draws=50):
        assert isinstance(result.change, NotAvailable)
        assert "spend" in result.change.reason


def test_cutting_a_budget_that_buys_nobody_saves_it() -> None:
    log = with_channels(shop(), spend=1000.0, won=0)
    assert outcome(log, budget_cut(0.5)) == pytest.approx(500)


def test_a_rising_cac_costs_newcomers_as_a_prior_says() -> None:
    log = with_channels(shop(), spend=1000.0, won=50)
    last = last_year(log, GBP)
    result = simulate(next_year(log, GBP, last), [[cac_rises(0.2)]], seed=1, draws=50)[0]
    assert result.change.value < 0
    assert result.evidence is Evidence.PRIOR


def test_a_channel_dearer_than_its_customers_earn_should_get_less() -> None:
    log = with_channels(shop(), spend=100_000.0, won=100)
    verdict = channel_verdicts(log, GBP, allowable_cac(log, GBP))[0]
    assert (verdict.lean, verdict.cac.value) == (Lean.SPEND_LESS, 1000.0)
    assert answer(log, GBP, seed=1).lean is Lean.SPEND_LESS


def test_a_cheap_channel_leans_to_winning_and_says_that_it_is_only_observed() -> None:
    log = with_channels(shop(), spend=1000.0, won=100)
    found = answer(log, GBP, seed=1)
    assert found.lean is Lean.WIN
    assert "ads" in found.headline
    assert found.channels[0].evidence is Evidence.OBSERVED


def test_a_channel_with_spend_and_no_customers_has_no_cac() -> None:
    log = with_channels(shop(), spend=1000.0, won=0)
    assert isinstance(channel_verdicts(log, GBP, allowable_cac(log, GBP))[0].cac, NotAvailable)


def test_every_share_among_the_reasons_has_an_interval_around_it() -> None:
    shares = [reason.figure for reason in answer(shop(), GBP, seed=1).reasons if reason.unit is Unit.RATE]
    assert len(shares) == 3
    assert all(0 <= share.low < share.value < share.high <= 1 for share in shares)
    assert {share.evidence for share in shares} == {Evidence.COUNTED}


def test_without_spend_no_sentence_names_a_channel_as_good() -> None:
    found = answer(shop(), GBP, seed=1)
    assert found.channels == ()
    assert any("channel" in gap.question for gap in found.not_identified)


def test_every_criterion_of_practice_is_listed_with_a_status() -> None:
    statuses = {criterion.name: criterion.status for criterion in answer(shop(), GBP, seed=1).criteria}
    assert len(statuses) == 11
    assert statuses["attrition runs ahead of new customers"] is Status.MET
    assert statuses["advocates are wanted"] is Status.NOT_KNOWN


def test_a_claim_stands_next_to_the_shops_own_figure() -> None:
    log = replace(shop(), product_trial=ProductTrial(100, 30, 100, 20))
    claims = {claim.claim: claim.measured for claim in answer(log, GBP, seed=1).claims}
    assert claims["Customers you have spend 31% more than new ones."].value == pytest.approx(0.31)
    assert claims["Customers you have are 50% likelier to try a new product."].value == pytest.approx(0.5)


def test_the_holdout_follows_the_rule_of_sixteen() -> None:
    log = shop(2000)
    found = answer(log, GBP, seed=1).holdout
    known = (log.column("orders_year") > 0) & (log.column("tenure_days") >= 90)
    outcomes = log.column("revenue_90_days")[known]
    assert isinstance(found, Holdout)
    assert found.per_arm == pytest.approx(16 * (outcomes.std(ddof=1) / outcomes.mean() / 0.1) ** 2, abs=1)


def test_a_base_too_small_for_one_campaign_is_told_so() -> None:
    found = answer(shop(80), GBP, seed=1)
    assert "too few" in found.next_step
    assert not found.holdout.is_feasible


def test_a_split_over_points_equals_the_published_optimum() -> None:
    # Blattberg & Deighton's example, with every stated range narrowed to a point.
    ranges = StatedRanges(
        cac=Range(24, 24),
        acquisition_rate=Range(0.25, 0.25),
        acquisition_room=Range(1.8, 1.8),
        retention_spend=Range(10, 10),
        retention_rate=Range(0.5, 0.5),
        retention_room=Range(0.6, 0.6),
    )
    last = replace(last_year(shop(), GBP), margin=SampleMean(1, 60.0, 3600.0))
    found = stated_split(last, GBP, ranges, seed=1, draws=3)
    assert found.acquisition_spend.value == pytest.approx(14.2037, abs=1e-4)
    assert found.retention_spend.value == pytest.approx(22.1696, abs=1e-4)
    assert found.retention_share.evidence is Evidence.STATED


def test_a_split_is_held_against_todays_spend_where_it_is_stated() -> None:
    last = last_year(shop(), GBP)
    ranges = replace(assumed_ranges(last, allowable=200.0), retention_spend=Range(1.0, 1.0), cac=Range(50.0, 90.0))
    found = stated_split(last, GBP, ranges, seed=1, draws=20)
    assert isinstance(found.more_on_keeping, float)
    assert isinstance(found.more_on_winning, float)
    assert "left out" not in found.note


def test_a_split_is_not_held_against_a_spend_that_is_only_assumed() -> None:
    found = answer(shop(), GBP, seed=1).split
    assert isinstance(found.more_on_keeping, NotAvailable)
    assert isinstance(found.more_on_winning, NotAvailable)
    assert "whether keeping or winning should get more than today is left out" in found.note


def test_measured_acquisition_spend_alone_tells_of_winning_alone() -> None:
    found = answer(with_channels(shop(), spend=1000.0, won=50), GBP, seed=1).split
    assert isinstance(found.more_on_winning, float)
    assert "whether keeping should get more than today is left out, for what is spent on it today" in found.note


DEGENERATE = {
    "one customer": shop(1),
    "one day": shop(50, days=1),
    "a fortnight": shop(50, days=14),
    "no revenue": shop(factor=0.0),
    "more refunds than sales": shop(factor=-1.0),
    "nobody came back": replace(shop(), gaps=None),
    "no customers": replace(shop(), customers=shop().customers.iloc[:0], values=(), shares=None),
    "no months": replace(shop(), growth=months(1).iloc[:0], revenue=revenues(1).iloc[:0]),
    "nobody last year": replace(shop(), customers=shop().customers.assign(orders_year=0.0, revenue_year=0.0)),
    "margin below the discount": shop(80),
}


@pytest.mark.parametrize("name", DEGENERATE)
def test_too_little_input_gives_a_clear_sentence_and_never_nan(name: str) -> None:
    found = answer(DEGENERATE[name], Business(currency="GBP", margin_rate=0.05), seed=1)
    text = json.dumps(found.as_dict(), allow_nan=False)
    assert "None" not in found.headline + found.caveat + found.next_step
    assert "nan" not in text.lower().replace("finan", "")


@pytest.mark.parametrize("name", ["one customer", "one day", "no customers", "nobody last year", "no revenue"])
def test_too_little_input_is_not_answered(name: str) -> None:
    assert answer(DEGENERATE[name], GBP, seed=1).lean in (Lean.CANNOT_TELL, Lean.SPEND_LESS)


def test_a_missing_column_is_named() -> None:
    log = shop()
    with pytest.raises(InputError, match="revenue_year"):
        replace(log, customers=log.customers.drop(columns="revenue_year"))


def test_a_number_that_is_none_is_refused_with_its_row() -> None:
    log = shop()
    broken = log.customers.assign(revenue_year=log.customers.revenue_year.where(log.customers.index != 2))
    with pytest.raises(InputError) as caught:
        replace(log, customers=broken)
    assert caught.value.where == "row 3"


def test_spend_beside_orders_that_name_no_channel_condemns_no_channel() -> None:
    silent = with_channels(shop(), 5000.0, 0)
    nobody = replace(silent, channels=silent.channels.assign(new_customers=0))
    found = answer(nobody, GBP, seed=5)
    assert found.lean is not Lean.SPEND_LESS
    assert all("No order names the channel" in verdict.verdict for verdict in found.channels)
