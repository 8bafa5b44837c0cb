"""The decision on what a model of lifetime value foretells."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from keepwell.decide.allowable_cac import allowable_cac
from keepwell.decide.foretold import Foretold, NewcomerForecast
from keepwell.decide.keep_or_win import answer
from keepwell.decide.last_year import last_year, sample
from keepwell.decide.next_year import next_year
from keepwell.decide.order_log import OrderLog, ValueGroup
from keepwell.decide.retention_point import retention_points
from keepwell.decide.what_if import simulate, total
from keepwell.decide.what_if_changes import customers_leave
from keepwell.vocabulary.answer import BaseValue
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.period import Period

AS_OF = date(2012, 1, 1)
GBP = Business(currency="GBP", margin_rate=0.4, margin_is_assumed=False)
SIZE = 120


def log() -> OrderLog:
    """Build a log of 120 customers, the last 40 of whom did not order in the last year, with a forecast of each."""
    revenue = np.random.default_rng(4).lognormal(4, 1, SIZE)
    is_active = np.arange(SIZE) < 80
    alive = np.where(is_active, 0.8, 0.1)
    margin = revenue * 0.4 * alive
    customers = pd.DataFrame(
        {
            "segment": np.where(np.arange(SIZE) < 30, "loyal", "others"),
            "tenure_days": 500.0,
            "recency_days": np.where(is_active, 40.0, 400.0),
            "orders_year": is_active * 2.0,
            "revenue_year": is_active * revenue,
            "revenue_90_days": 0.0,
            "orders_year_before": 1.0,
            "revenue_year_before": revenue,
            "probability_alive": alive,
            "expected_margin": margin,
            "expected_margin_low": margin * 0.9,
            "expected_margin_high": margin * 1.2,
        }
    )
    months = pd.DataFrame([{"period": date(2011, 12, 1), "active": 80, "new": 5, "retained": 70, "resurrected": 5,
                            "churned": 9, "is_complete": True}])  # fmt: skip
    revenue_rows = pd.DataFrame([{"period": date(2011, 12, 1), "new_revenue": 500.0, "returning_revenue": 900.0,
                                  "new_customers": 5, "orders": 30, "is_truncated": False}])  # fmt: skip
    return OrderLog(
        as_of=AS_OF,
        period=Period(AS_OF - timedelta(days=800), AS_OF),
        horizon_days=365,
        values=(ValueGroup("all", "all", sample(revenue * 2), sample(revenue)),),
        customers=customers,
        growth=months,
        revenue=revenue_rows,
        foretold=foretold(float(margin.sum())),
    )


def foretold(margin: float) -> Foretold:
    """Build what a model says: newcomers of the base and of a young cohort."""
    return Foretold(
        model="Pareto/NBD",
        why="it missed the last half year's orders by −3%.",
        days=365,
        customers=SIZE,
        alive=Estimate(68.0, 60.0, 75.0),
        orders=Estimate(150.0, 130.0, 170.0),
        margin=Estimate(margin, margin * 0.9, margin * 1.1),
        discounted_margin=Estimate(margin * 0.95, margin * 0.85, margin * 1.05),
        newcomers=(
            NewcomerForecast("all", "all", SIZE, Estimate(200.0, 180.0, 220.0), Estimate(60.0, 55.0, 65.0), 0.0),
            NewcomerForecast("cohort", "2011-Q4", 12, Estimate(150.0, 90.0, 210.0), Estimate(50.0, 30.0, 70.0), 0.7),
        ),
    )


def test_the_most_one_may_pay_is_the_margin_that_the_model_foretells() -> None:
    found = allowable_cac(log(), GBP)[0]
    assert (found.within_horizon.value, found.within_horizon.low) == (pytest.approx(80.0), pytest.approx(72.0))
    assert found.on_first_order.value == pytest.approx(24.0)


def test_what_was_counted_stands_beside_what_is_foretold() -> None:
    counted = allowable_cac(replace(log(), foretold=NotAvailable("none")), GBP)[0]
    assert allowable_cac(log(), GBP)[0].as_measured == counted.as_measured


def test_a_cohort_too_young_to_count_has_a_forecast_and_says_so() -> None:
    young = allowable_cac(log(), GBP)[1]
    assert young.within_horizon.value == pytest.approx(60.0)
    assert "nobody of this group" in young.as_measured.reason
    assert young.is_thin
    assert young.shrinkage == 0.7


def test_a_point_of_retention_is_worth_what_customers_bring_who_stay() -> None:
    facts = log()
    customers = facts.customers[facts.customers["orders_year"] > 0]
    by_hand = 0.01 * (customers["expected_margin"] / customers["probability_alive"]).sum()
    point = retention_points(facts, GBP)[0]
    assert point.worth.value == pytest.approx(by_hand)
    assert point.worth.low == pytest.approx(by_hand * (1 - np.hypot(0.1, 0.1)))  # customer by customer, and the base
    assert point.worth.high == pytest.approx(by_hand * (1 + np.hypot(0.2, 0.1)))
    assert point.not_active == 40


def test_next_year_is_the_forecast_of_every_customer_and_the_newcomers() -> None:
    facts = log()
    year = next_year(facts, GBP, last_year(facts, GBP))
    assert total(year) == pytest.approx(facts.customers["expected_margin"].sum() + year.newcomers * 80.0)


def test_the_interval_of_a_what_if_holds_the_error_of_the_forecast() -> None:
    facts = log()
    sure = replace(facts, foretold=replace(facts.foretold, margin=Estimate(facts.foretold.margin.value)))
    widths = []
    for chosen in (facts, sure):
        year = next_year(chosen, GBP, last_year(chosen, GBP))
        after = simulate(year, [[customers_leave(0.25)]], seed=3, draws=300)[0].after
        widths.append(after.high - after.low)
    assert widths[0] > widths[1]


def test_the_answer_tells_what_today_s_customers_are_expected_to_bring() -> None:
    found = answer(log(), GBP, seed=1)
    assert isinstance(found.base_value, BaseValue)
    assert any("expected to be still there" in reason.sentence for reason in found.reasons)
    assert any("Pareto/NBD" in line for line in found.assumptions)
    json.dumps(found.as_dict(), allow_nan=False)


def test_without_a_model_the_answer_says_why_there_is_none() -> None:
    found = answer(replace(log(), foretold=NotAvailable("only 3 customers bought twice")), GBP, seed=1)
    assert found.base_value == NotAvailable("only 3 customers bought twice")
    assert any("only 3 customers bought twice" in item.needs for item in found.not_identified)


def test_a_forecast_without_its_columns_is_refused() -> None:
    with pytest.raises(InputError, match="probability_alive"):
        replace(log(), customers=log().customers.drop(columns="probability_alive"))
