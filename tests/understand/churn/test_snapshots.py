"""Snapshots: nothing that happens later changes a feature, windows are whole, and both engines agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.understand.churn.churn_report import held_out
from keepwell.understand.churn.snapshots import Snapshots, features_on, snapshots
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, NotIdentifiedError

DAY = date(2024, 4, 1)
AMOUNT = pa.decimal128(18, 4)
Log = Callable[..., Facts]
PAST = [("a", "2024-01-10", 10), ("a", "2024-03-01T23:30", 20), ("b", "2024-02-01", 5), ("c", "2024-03-31T23:59", 7)]


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def terms(rows: list[tuple[str, str, str, str, str | None, float]]) -> pa.Table:
    """Build subscriptions from (subscription, customer, plan, start, end, mrr)."""
    schema = pa.schema(
        [
            ("subscription_id", pa.string()),
            ("customer_id", pa.string()),
            ("plan", pa.string()),
            ("started_at", pa.timestamp("us")),
            ("ended_at", pa.timestamp("us")),
            ("mrr", AMOUNT),
            ("is_trial", pa.bool_()),
        ]
    )
    columns = [
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [moment(row[3]) for row in rows],
        [moment(row[4]) for row in rows],
        [Decimal(str(row[5])) for row in rows],
        [False for _ in rows],
    ]
    return pa.table(columns, schema=schema)


def events(rows: list[tuple[str, str, str]]) -> pa.Table:
    """Build events from (customer, when, name)."""
    return pa.table(
        {
            "event_id": [str(number) for number in range(len(rows))],
            "occurred_at": pa.array([moment(row[1]) for row in rows], pa.timestamp("us")),
            "customer_id": [row[0] for row in rows],
            "name": [row[2] for row in rows],
        }
    )


def frame(table: ibis.Table, *keys: str) -> pd.DataFrame:
    return table.execute().sort_values(list(keys or ("customer_id",))).reset_index(drop=True)


LATER = st.lists(
    st.tuples(st.sampled_from("abcz"), st.integers(0, 400), st.integers(1, 900), st.sampled_from(["visit", "ticket"])),
    max_size=6,
)


@settings(max_examples=8)  # each runs four queries of some size
@given(LATER, st.one_of(st.none(), st.integers(0, 300)))
def test_nothing_that_happens_on_the_day_or_later_changes_a_feature(
    duckdb_log_of: Log, later: list[tuple[str, int, int, str]], ends: int | None
) -> None:
    def at(days: int) -> str:
        return (datetime.combine(DAY, datetime.min.time()) + timedelta(days=days)).isoformat()

    def built(more: list[tuple[str, int, int, str]], end: str | None) -> pd.DataFrame:
        facts = duckdb_log_of(
            [*PAST, *((who, at(days), amount) for who, days, amount, _ in more)],
            refunds=[("a", "2024-03-05", 4), *((who, at(days), 1) for who, days, _, _ in more)],
            events=events([("a", "2024-03-20", "visit"), *((who, at(days), name) for who, days, _, name in more)]),
            subscriptions=terms(
                [
                    ("s1", "a", "L", "2024-01-01", end, 20),
                    ("s2", "b", "S", "2024-01-05", "2024-03-01", 5),
                    *((f"n{place}", row[0], "XL", at(row[1]), None, 9) for place, row in enumerate(more)),
                ]
            ),
        )
        each = {"kinds": ["visit", "ticket"]}
        both = [features_on(facts, DAY, **each), features_on(facts, DAY, each="customer", **each)]
        return pd.concat([frame(table).astype(object) for table in both])

    plain = built([], None)
    changed = built(later, None if ends is None else at(ends))
    pd.testing.assert_frame_equal(plain, changed)


def test_features_are_what_one_counts_by_hand(log: Log) -> None:
    facts = log(PAST, refunds=[("a", "2024-03-05", 6)], events=events([("a", "2024-03-20", "visit")]))
    row = frame(features_on(facts, DAY, kinds=["visit"])).iloc[0]
    found = {
        name: float(row[name])
        for name in ("orders", "revenue", "recency_days", "tenure_days", "usual_gap_days", "longest_gap_days")
    }
    assert found == {
        "orders": 2.0, "revenue": 24.0, "recency_days": 31.0, "tenure_days": 82.0, "usual_gap_days": 51.0,
        "longest_gap_days": 51.0,
    }  # fmt: skip
    assert float(row.overdue) == pytest.approx(31 / 51)
    assert (float(row.days_since_refund), float(row.days_since_visit), float(row.visit_90_days)) == (27.0, 12.0, 1.0)


def test_a_window_is_open_from_its_first_midnight_to_the_one_after_its_last_day(log: Log) -> None:
    later = [
        ("a", "2024-04-07T23:59", 1),
        ("b", "2024-04-08T00:00", 1),
        ("c", "2024-05-08T00:00", 1),
        ("b", "2024-06-01", 1),
    ]
    found = snapshots(log([*PAST, *later]), 30, gap_days=7, days=[DAY])
    assert frame(found.table).set_index("customer_id").churned.to_dict() == {"a": True, "b": False, "c": True}


def test_snapshots_whose_window_is_not_closed_by_the_end_are_dropped(log: Log) -> None:
    facts = log([*PAST, ("a", "2024-05-20", 1)])
    found = snapshots(facts, 30, days=[DAY, date(2024, 4, 21), date(2024, 4, 22)])
    assert found.days == (DAY, date(2024, 4, 21))
    assert found.notes == ("1 of 3 snapshots are dropped: their window does not lie within the log.",)


def test_training_windows_close_before_the_day_that_is_judged(duckdb_log: Log) -> None:
    facts = duckdb_log([*PAST, ("a", "2024-12-31", 1)])
    found = snapshots(facts, 60, gap_days=10, days=[date(2024, month, 1) for month in range(3, 11)])
    last = max(frame(found.train, "as_of").as_of).date()
    assert last + timedelta(days=70) <= found.days[-1]
    assert {day.date() for day in frame(found.test).as_of} == {found.days[-1]}


def test_one_snapshot_cannot_be_split_by_time(duckdb_log: Log) -> None:
    with pytest.raises(NotIdentifiedError, match="Not enough snapshots"):
        _ = snapshots(duckdb_log([*PAST, ("a", "2024-06-01", 1)]), 30, days=[DAY]).train


def test_a_log_shorter_than_the_window_is_refused(duckdb_log: Log) -> None:
    with pytest.raises(NotIdentifiedError, match="Not enough history: the log runs from 2024-01-10 to 2024-04-01"):
        snapshots(duckdb_log(PAST), 365)


def test_a_window_of_no_days_is_refused(duckdb_log: Log) -> None:
    with pytest.raises(InputError, match="window of 0 days"):
        snapshots(duckdb_log(PAST), 0)


CONTRACTS = terms(
    [
        ("s1", "a", "L", "2024-01-01", "2024-04-20", 30),
        ("s2", "a", "S", "2024-02-01", None, 10),
        ("s3", "b", "S", "2024-01-05", "2024-04-10", 10),
        ("s4", "b", "L", "2024-04-10", None, 30),
        ("s5", "c", "S", "2024-01-05", "2024-04-12", 10),
        ("s6", "d", "S", "2024-01-05", "2024-03-12", 10),
        ("s7", "e", "S", "2024-01-05", None, 10),
        ("s8", "e", "S", "2024-07-01", None, 10),
    ]
)


def test_a_subscription_is_cancelled_when_it_ends_and_nothing_takes_its_place(log: Log) -> None:
    found = snapshots(log(PAST, subscriptions=CONTRACTS), 30, days=[DAY], each="subscription")
    labels = frame(found.table, "subscription_id").set_index("subscription_id").churned.to_dict()
    assert labels == {"s1": True, "s2": False, "s3": False, "s5": True, "s7": False}


def test_a_customer_has_left_when_no_subscription_runs_any_more(log: Log) -> None:
    found = snapshots(log(PAST, subscriptions=CONTRACTS), 30, days=[DAY], each="customer")
    rows = frame(found.table).set_index("customer_id")
    assert rows.churned.to_dict() == {"a": False, "b": False, "c": True, "e": False}
    assert (rows.mrr["a"], rows.subscriptions["a"], rows.plan["a"]) == (40.0, 2.0, "L")
    assert rows.subscription_age_days["a"] == 91.0


def test_who_cancels_in_the_gap_is_in_no_row(duckdb_log: Log) -> None:
    facts = duckdb_log(PAST, subscriptions=CONTRACTS)
    found = snapshots(facts, 30, gap_days=12, days=[DAY], each="customer")
    assert sorted(frame(found.table).customer_id) == ["a", "b", "e"]


@pytest.fixture(scope="module")
def shop(shared_data: Path) -> Facts:
    lines = pl.read_parquet(shared_data / "online_retail_ii.parquet")
    is_copy = (pl.col("sheet") == "Year 2009-2010") & (pl.col("InvoiceDate") >= datetime.fromisoformat("2010-12-01"))
    is_sale = (pl.col("Quantity") > 0) & (pl.col("Price") > 0) & ~pl.col("Invoice").str.starts_with("C")
    sold = lines.filter(~is_copy & is_sale & pl.col("Customer ID").is_not_null()).drop("sheet")
    table = ibis.duckdb.connect().create_table("lines", sold.to_arrow())
    return facts_from_tables(table, business=Business(currency="GBP", time_zone="Europe/London"))


@pytest.fixture(scope="module")
def shots(shop: Facts) -> Snapshots:
    return snapshots(shop, 90)


def test_labels_of_a_real_shop_equal_those_counted_in_pandas(shop: Facts, shots: Snapshots) -> None:
    orders = shop.orders.select("customer_id", "ordered_at").execute()
    split = pd.Timestamp(shots.days[-1])
    before = set(orders[orders.ordered_at < split].customer_id)
    window = orders[(orders.ordered_at >= split) & (orders.ordered_at < split + pd.Timedelta(days=90))]
    rows = shots.test.execute()
    assert set(rows.customer_id) == before
    assert set(rows[~rows.churned].customer_id) == before & set(window.customer_id)


def test_a_model_of_earlier_snapshots_tells_who_stays_away_later(shots: Snapshots) -> None:
    train, test = shots.train.to_pyarrow(), shots.test.to_pyarrow()
    model = ChurnModel().fit(train, drop=["as_of"], group="customer_id")
    report = held_out(model, train, test)
    area: Any = report.model.area
    assert area.low > 0.78
    assert "no order for long" in [reason.reason for reason in report.reasons]
    # the shop's autumn keeps more people than its spring: the report says that the chances are off by as much
    assert any("57% left in the window that is judged and 68% in those before" in note for note in report.notes)


def test_subscriptions_that_nothing_foretells_are_called_so(shared_data: Path) -> None:
    table = pl.read_parquet(shared_data / "subscriptions" / "ravenstack_subscriptions.parquet")
    connection = ibis.duckdb.connect()
    orders = {"customer_id": ["x"], "order_id": ["1"], "ordered_at": [datetime.fromisoformat("2023-01-01")]}
    facts = facts_from_tables(
        connection.create_table("orders", pa.table(orders | {"revenue": [1.0]})),
        business=Business(currency="USD"),
        subscriptions=connection.create_table("terms", table.to_arrow()),
        columns={"subscriptions.seats": "seats", "subscriptions.billing": "billing_frequency"},
    )
    found = snapshots(facts, 60, each="subscription", attributes=["seats", "billing"])
    train, test = found.train.to_pyarrow(), found.test.to_pyarrow()
    model = ChurnModel().fit(train, drop=["as_of", "subscription_id"], group="customer_id")
    assert held_out(model, train, test).verdict.startswith("No better than giving everybody the average")
    customers = snapshots(facts, 60, each="customer").train
    with pytest.raises(NotIdentifiedError, match="Not enough customers who left: 0 of"):
        ChurnModel().fit(customers, drop=["as_of"], group="customer_id")


def test_todays_rows_have_the_columns_of_the_rows_it_was_fitted_to(duckdb_log: Log) -> None:
    facts = duckdb_log(
        [*PAST, ("a", "2024-06-01", 1)],
        events=events([("a", "2024-03-20", "visit"), ("a", "2024-05-20", "ticket")]),
        subscriptions=CONTRACTS,
    )
    found = snapshots(facts, 30, days=[DAY], each="customer")
    today = features_on(facts, date(2024, 6, 2), each="customer", kinds=found.kinds, attributes=found.attributes)
    assert found.kinds == ("visit",)
    assert set(today.columns) == set(found.table.columns) - {"churned"}
