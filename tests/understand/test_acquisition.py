"""Acquisition by channel: hand-made cases, an independent count of real orders, and the notes that a reader needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from keepwell.understand.acquisition import Acquisition, acquisition, channels
from keepwell.understand.acquisition_trend import cac_trend
from keepwell.understand.channel_kpis import ChannelKpis
from keepwell.understand.facts import Facts
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain, Period

MakeTable = Callable[[pa.Table], ibis.Table]
AMOUNT = pa.decimal128(18, 4)
JANUARY = Period.parse("2024-01")
UNTIL = date(2025, 6, 1)
SHOP = Business(currency="EUR", margin_rate=0.5, discount_rate=0.10)


def order_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Build orders from (customer, when, amount, channel)."""
    return pa.table(
        {
            "customer_id": [row[0] for row in rows],
            "order_id": [f"o{number}" for number, _ in enumerate(rows)],
            "ordered_at": pa.array([datetime.fromisoformat(row[1]) for row in rows], pa.timestamp("us")),
            "revenue": pa.array([Decimal(str(row[2])) for row in rows], AMOUNT),
            "channel": pa.array([row[3] for row in rows], pa.string()),
        }
    )


def spend_table(rows: list[tuple[Any, ...]]) -> pa.Table:
    """Build spend from (day, channel, amount[, conversions])."""
    conversions = [Decimal(row[3]) if len(row) > 3 else None for row in rows]
    return pa.table(
        {
            "spent_on": pa.array([date.fromisoformat(row[0]) for row in rows], pa.date32()),
            "channel": pa.array([row[1] for row in rows], pa.string()),
            "amount": pa.array([Decimal(str(row[2])) for row in rows], AMOUNT),
            "conversions": pa.array(conversions, AMOUNT),
        }
    )


ORDERS = [
    ("a", "2024-01-05", 100, "ads"),
    ("a", "2024-03-05", 60, "ads"),
    ("b", "2024-01-20", 40, "ads"),
    ("c", "2024-01-20", 80, None),
    ("old", "2023-06-01", 70, "ads"),
    ("old", "2024-01-10", 70, "ads"),
]
SPEND = [("2024-01-03", "ads", 120, 4), ("2024-01-04", "radio", 30), ("2023-12-31", "ads", 999)]


def facts_with(make: MakeTable, orders: list[Any] = ORDERS, spend: list[Any] = SPEND, **tables: pa.Table) -> Facts:
    further = {name: make(table) for name, table in tables.items()}
    return Facts(orders=make(order_table(orders)), business=SHOP, spend=make(spend_table(spend)), **further)


def found(make: MakeTable, **options: Any) -> Acquisition:
    return acquisition(facts_with(make), JANUARY, until=UNTIL, **options)


def by_channel(rows: list[ChannelKpis]) -> dict[str, ChannelKpis]:
    return {row.channel: row for row in rows}


def test_a_new_customer_is_one_whose_first_order_lies_in_the_period(engine: MakeTable) -> None:
    ads = by_channel(found(engine).channels)["ads"]
    assert (ads.new_customers, ads.first_order_revenue, ads.first_order_aov, ads.cac) == (2, 140.0, 70.0, 60.0)


def test_platform_conversions_give_the_cpa_and_are_not_customers(engine: MakeTable) -> None:
    ads = by_channel(found(engine).channels)["ads"]
    assert (ads.platform_conversions, ads.cpa) == (4.0, 30.0)


def test_spend_without_customers_and_customers_without_spend_are_both_shown(engine: MakeTable) -> None:
    rows = by_channel(found(engine).channels)
    assert (rows["radio"].spend, rows["radio"].new_customers) == (30.0, 0)
    assert rows["radio"].cac == NotAvailable("no new customers in the period")
    assert (rows["(unknown)"].new_customers, rows["(unknown)"].cac) == (1, NotAvailable("no spend on this channel"))


def test_blended_cost_counts_everyone_and_paid_cost_the_paid_channels(engine: MakeTable) -> None:
    result = found(engine)
    assert (result.blended.cac, result.paid.cac, result.unattributed) == (50.0, 75.0, 1)


def test_spend_is_taken_from_as_many_days_earlier_as_the_lag_says(engine: MakeTable) -> None:
    assert by_channel(found(engine, spend_lag_days=1).channels)["ads"].spend == 1119.0


def test_the_customers_own_channel_comes_before_that_of_the_first_order(engine: MakeTable) -> None:
    table = pa.table(
        {
            "customer_id": ["a"],
            "created_at": pa.array([None], pa.timestamp("us")),
            "country": pa.array([None], pa.string()),
            "channel": ["radio"],
        }
    )
    rows = by_channel(channels(facts_with(engine, customers=table), JANUARY, until=UNTIL))
    assert (rows["radio"].new_customers, rows["ads"].new_customers) == (1, 1)


def test_margin_within_the_horizon_is_discounted_to_the_first_order(engine: MakeTable) -> None:
    ads = by_channel(found(engine).channels)["ads"]
    assert ads.margin_per_customer == pytest.approx((50 + 30 + 20) / 2)
    assert ads.ltv == pytest.approx((50 + 30 * 1.1 ** (-60 / 365) + 20) / 2)


def test_payback_is_the_first_month_whose_mean_margin_reaches_the_cost(engine: MakeTable) -> None:
    facts = facts_with(engine, spend=[("2024-01-03", "ads", 90)])
    assert by_channel(channels(facts, JANUARY, until=UNTIL))["ads"].payback_months == 2


def test_payback_beyond_the_horizon_is_not_available(engine: MakeTable) -> None:
    ads = by_channel(found(engine).channels)["ads"]
    assert ads.payback_months == NotAvailable("not within the horizon of 365 days")


def test_return_is_margin_won_less_spend_per_unit_of_spend(engine: MakeTable) -> None:
    rows = by_channel(found(engine).channels)
    assert (rows["ads"].roi, rows["radio"].roi) == (pytest.approx((100 - 120) / 120), -1.0)


def test_customers_not_yet_watched_for_the_horizon_have_no_value(engine: MakeTable) -> None:
    ads = by_channel(channels(facts_with(engine), JANUARY, until=date(2024, 6, 1)))["ads"]
    assert (ads.mature_customers, isinstance(ads.ltv, NotAvailable)) == (0, True)


def test_value_may_come_from_customers_won_earlier(engine: MakeTable) -> None:
    facts = facts_with(engine)
    rows = channels(facts, JANUARY, until=date(2024, 6, 1), value_period=Period.parse("2023"))
    assert by_channel(rows)["ads"].margin_per_customer == 70.0


def test_refunds_reduce_margin(engine: MakeTable) -> None:
    refunds = pa.table(
        {
            "customer_id": ["a"],
            "order_id": pa.array([None], pa.string()),
            "refunded_at": pa.array([datetime.fromisoformat("2024-02-01")], pa.timestamp("us")),
            "amount": pa.array([Decimal(20)], AMOUNT),
        }
    )
    rows = by_channel(channels(facts_with(engine, refunds=refunds), JANUARY, until=UNTIL))
    assert rows["ads"].margin_per_customer == pytest.approx((50 + 30 - 10 + 20) / 2)


def test_known_costs_replace_the_assumed_margin(engine: MakeTable) -> None:
    orders = order_table(ORDERS[:1])
    costs = orders.append_column("cost", pa.array([Decimal(30)], AMOUNT))
    costs = costs.append_column("payment_fee", pa.array([Decimal(2)], AMOUNT))
    facts = Facts(orders=engine(costs), business=SHOP, spend=engine(spend_table(SPEND)))
    assert by_channel(channels(facts, JANUARY, until=UNTIL))["ads"].margin_per_customer == pytest.approx(68.0)


def test_one_name_may_stand_for_the_same_channel_in_orders_and_spend(engine: MakeTable) -> None:
    rows = by_channel(found(engine, same_channel={"radio": "ads"}).channels)
    assert (rows["ads"].spend, rows["ads"].new_customers) == (150.0, 2)


def test_a_log_that_has_just_begun_says_that_new_customers_may_be_old(duckdb_table: MakeTable) -> None:
    orders = [row for row in ORDERS if row[0] != "old"]
    notes = acquisition(facts_with(duckdb_table, orders), JANUARY, until=UNTIL).notes
    assert any("may be old ones" in note for note in notes)


def test_facts_without_spend_are_refused(duckdb_table: MakeTable) -> None:
    facts = Facts(orders=duckdb_table(order_table(ORDERS)), business=SHOP)
    with pytest.raises(InputError, match="no spend"):
        channels(facts, JANUARY)


def test_cost_per_month_sets_all_spend_against_all_new_customers(engine: MakeTable) -> None:
    rows = cac_trend(facts_with(engine), Grain.MONTH, date(2024, 3, 1)).to_pyarrow().to_pylist()
    assert [(row["period"].isoformat(), row["new_customers"], row["cac"]) for row in rows] == [
        ("2023-06-01", 1, None),
        ("2023-12-01", 0, None),
        ("2024-01-01", 3, 50.0),
    ]


def test_real_orders_give_the_values_of_an_independent_count(engine: MakeTable, shared_data: Path) -> None:
    frame = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    frame["day"] = pd.to_datetime(frame.date)
    frame["group"] = np.where(frame.customer_id.astype(str).str[-1].isin(list("01234")), "ads", "mail")
    lines = zip(frame.customer_id.astype(str), frame.day.astype(str), frame.dollar_value, frame.group, strict=True)
    rows = [(customer, day, round(amount, 2), group) for customer, day, amount, group in lines]
    period = Period(date(1997, 1, 1), date(1997, 4, 1))
    facts = facts_with(engine, rows, [("1997-02-01", "ads", 24000), ("1997-02-01", "mail", 60000)])
    got = by_channel(channels(facts, period, until=date(1998, 7, 1)))
    frame["age"] = (frame.day - frame.groupby("customer_id").day.transform("min")).dt.days
    inside = frame[frame.age < 365].assign(margin=lambda table: table.dollar_value * 0.5)
    inside["ltv"] = inside.margin * 1.1 ** (-inside.age / 365)
    for group, spend in (("ads", 24000), ("mail", 60000)):
        own = inside[inside.group == group]
        each = own.groupby("customer_id").ltv.sum()
        cac = spend / len(each)
        by_age = own.groupby(np.ceil(own.age / (365 / 12))).margin.sum().cumsum() / len(each)
        half = 1.959963984540054 * each.std(ddof=1) / np.sqrt(len(each))
        expected = (len(each), cac, each.mean(), each.mean() - half, each.mean() / cac)
        row = got[group]
        values = (row.new_customers, row.cac, row.ltv, row.ltv_low, row.ltv_to_cac)
        assert values == pytest.approx(expected, rel=1e-9)
        reached = by_age[by_age >= cac]
        months = None if isinstance(row.payback_months, NotAvailable) else row.payback_months
        assert months == (int(reached.index[0]) if len(reached) else None)
