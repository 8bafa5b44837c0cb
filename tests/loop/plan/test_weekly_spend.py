"""Spend and newcomers by week are those of the files, counted apart."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import keepwell as kw
from keepwell.loop.plan.season import season
from keepwell.loop.plan.weekly_spend import BY_CHANNEL, BY_PLATFORM, weekly_spend
from keepwell.understand.facts import Facts
from keepwell.understand.truncation import known_since
from keepwell.vocabulary.period import Period

AS_OF = date(2024, 1, 1)


def with_spend(shop: tuple[pd.DataFrame, pd.DataFrame], spend: pd.DataFrame) -> Facts:
    return kw.facts(shop[0], currency="GBP", spend=spend)


def test_newcomers_are_counted_as_pandas_counts_them(facts: Facts, shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = weekly_spend(facts, AS_OF)
    assert found is not None
    assert found.history is not None
    first = pd.to_datetime(shop[0].groupby("customer")["date"].min())
    counted = first.dt.to_period("W-SUN").dt.start_time.dt.date.value_counts()
    assert found.history.outcome.tolist() == [counted.get(week, 0) for week in found.history.weeks]


def test_weeks_begin_where_first_orders_are_surely_first_and_end_before_the_plan(facts: Facts) -> None:
    found = weekly_spend(facts, date(2023, 12, 20))
    assert found is not None
    assert found.history is not None
    surely_new = known_since(facts, date(2023, 12, 20))
    assert surely_new is not None
    assert found.history.weeks[0] >= surely_new
    assert found.history.weeks[-1] == date(2023, 12, 11)


def test_weekly_spend_adds_up_to_the_file(facts: Facts, shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    found = weekly_spend(facts, AS_OF)
    assert found is not None
    assert found.history is not None
    spend = shop[1].set_index(["channel", "date"])["cost"]
    wanted = [spend["ads"][week] for week in found.history.weeks]
    assert found.history.spend["ads"] == pytest.approx(wanted, abs=0.01)


def test_monthly_sums_are_spread_over_their_days(shop: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    months = pd.date_range("2022-01-01", "2023-12-01", freq="MS")
    spend = pd.DataFrame({"date": months, "channel": "ads", "cost": 31 * 10.0 * np.ones(len(months))})
    found = weekly_spend(with_spend(shop, spend), AS_OF)
    assert found is not None
    assert found.history is not None
    in_july = [
        value
        for week, value in zip(found.history.weeks, found.history.spend["ads"], strict=True)
        if (week.month, (week + timedelta(days=6)).month) == (7, 7)
    ]
    assert in_july == pytest.approx([70.0] * len(in_july))


def test_the_channel_of_first_orders_goes_before_what_the_platform_claims(
    shop: tuple[pd.DataFrame, pd.DataFrame],
) -> None:
    orders, spend = shop
    named = orders.assign(channel=np.where(orders["customer"].str.endswith("7"), "ads", "none"))
    found = weekly_spend(kw.facts(named, spend=spend), AS_OF)
    assert found is not None
    assert (found.channels["ads"].reported_as, found.channels["posters"].reported_as) == (BY_CHANNEL, BY_PLATFORM)


def test_no_spend_before_the_day_is_no_spend(facts: Facts) -> None:
    assert weekly_spend(facts, date(2022, 1, 3)) is None


def test_the_season_of_a_month_with_twice_the_newcomers_is_above_one() -> None:
    days = pd.date_range("2021-01-01", "2023-12-31")
    first = [day for day in days for _ in range(4 if day.month == 6 else 2)]
    log = pd.DataFrame({"customer": [f"c{n}" for n in range(len(first))], "date": first, "total": 10.0})
    again = log.head(50).assign(date=log["date"].head(50) + pd.Timedelta(days=10))
    facts = kw.facts(pd.concat([log, again]).assign(order=lambda table: range(len(table))))
    june = season(facts, Period.parse("2024-06"), AS_OF)
    other = season(facts, Period.parse("2024-03"), AS_OF)
    assert june.factor == pytest.approx(2 / (13 / 12), rel=0.15)
    assert other.factor == pytest.approx(1 / (13 / 12), rel=0.1)
