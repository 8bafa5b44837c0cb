"""Facts that cannot tell who may leave: a reason in their place, never a failure and never a guess."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
from shops import orders, subscriptions

import keepwell as kw
from keepwell.loop.churn import churn_of_contracts, churn_of_orders, churn_with_features
from keepwell.loop.own_tables import subscribed_facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

ONE_DAY = pd.DataFrame({"order_id": [1, 2], "customer_id": ["a", "b"], "ordered_at": pd.Timestamp("2024-01-05"),
                        "revenue": 5.0})  # fmt: skip


@pytest.mark.parametrize("log", [ONE_DAY, orders().drop_duplicates("customer"), orders().head(40)])
def test_orders_that_cannot_tell_give_a_reason(log: pd.DataFrame) -> None:
    facts = kw.facts(log)
    for found in (churn_of_orders(facts, date(2025, 1, 1)), churn_with_features(facts, date(2025, 1, 1))):
        assert isinstance(found, NotAvailable)
        assert found.reason[0].islower()


def test_orders_that_all_came_to_nothing_give_a_reason() -> None:
    found = churn_of_orders(kw.facts(orders().assign(amount=0.0)), date(2025, 1, 1))
    assert isinstance(found, NotAvailable)
    assert found.reason.startswith("not enough customers")


def test_a_shop_without_subscriptions_has_nothing_to_say_of_them() -> None:
    assert churn_of_contracts(kw.facts(ONE_DAY), date(2024, 2, 1)) is None


@pytest.mark.parametrize("day", [date(2021, 1, 1), date(2022, 1, 20)])
def test_a_day_before_anybody_renewed_gives_a_reason(day: date) -> None:
    assert isinstance(churn_of_contracts(subscribed_facts(subscriptions()), day), NotAvailable)


def test_trials_alone_give_a_reason() -> None:
    trials = subscriptions().assign(is_trial=True)
    assert isinstance(churn_of_contracts(subscribed_facts(trials), date(2024, 1, 1)), NotAvailable)


def test_an_unknown_group_is_the_callers_slip() -> None:
    with pytest.raises(InputError, match="plan"):
        churn_of_contracts(subscribed_facts(subscriptions()), date(2024, 1, 1), by="luck")
