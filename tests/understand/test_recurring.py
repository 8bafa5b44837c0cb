"""MRR movements: the identity, hand-made cases, and an independent count of a published file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.understand.facts import Facts
from keepwell.understand.recurring import movements
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain

MakeTable = Callable[[pa.Table], ibis.Table]
TERMS = pa.schema(
    [
        ("subscription_id", pa.string()),
        ("customer_id", pa.string()),
        ("plan", pa.string()),
        ("started_at", pa.timestamp("us")),
        ("ended_at", pa.timestamp("us")),
        ("mrr", pa.decimal128(18, 4)),
        ("is_trial", pa.bool_()),
    ]
)
UNTIL = date(2024, 7, 1)
MONEY = ["opening", "new", "expansion", "contraction", "churned", "reactivation", "closing"]


def terms(*rows: tuple[Any, ...]) -> pa.Table:
    """Build terms from (customer, started, ended or None, mrr[, is_trial])."""
    columns: dict[str, list[Any]] = {name: [] for name in TERMS.names}
    for number, (customer, started, ended, mrr, *trial) in enumerate(rows):
        columns["subscription_id"].append(f"s{number}")
        columns["customer_id"].append(customer)
        columns["plan"].append("basic")
        columns["started_at"].append(datetime.fromisoformat(started))
        columns["ended_at"].append(None if ended is None else datetime.fromisoformat(ended))
        columns["mrr"].append(Decimal(str(mrr)))
        columns["is_trial"].append(trial[0] if trial else False)
    return pa.table(columns, schema=TERMS)


def facts_with(table: ibis.Table) -> Facts:
    return Facts(orders=table, business=Business(currency="USD"), subscriptions=table)


def months(make: MakeTable, *rows: tuple[Any, ...], until: date = UNTIL) -> list[dict[str, Any]]:
    return movements(facts_with(make(terms(*rows))), Grain.MONTH, until).to_pyarrow().to_pylist()


def money(row: dict[str, Any]) -> dict[str, int]:
    return {name: int(row[name]) for name in MONEY if row[name]}


def test_a_price_rise_at_the_end_of_a_term_is_expansion_without_a_gap(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", "2024-02-05", 10), ("a", "2024-02-05", None, 15), until=date(2024, 3, 1))
    assert [money(row) for row in rows] == [{"new": 10, "closing": 10}, {"opening": 10, "expansion": 5, "closing": 15}]


def test_a_term_that_ends_at_midnight_is_lost_in_the_period_which_begins_then(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-01", "2024-02-01", 10), until=date(2024, 3, 1))
    assert [money(row) for row in rows] == [{"new": 10, "closing": 10}, {"opening": 10, "churned": 10}]


def test_a_customer_who_returns_after_a_gap_is_a_reactivation(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", "2024-02-05", 10), ("a", "2024-04-05", None, 7), until=date(2024, 5, 1))
    assert money(rows[3]) == {"reactivation": 7, "closing": 7}
    assert (rows[3]["customers_new"], rows[3]["customers_reactivated"]) == (0, 1)


def test_ending_one_of_two_overlapping_subscriptions_is_contraction_not_churn(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", None, 10), ("a", "2024-01-09", "2024-02-09", 5), until=date(2024, 3, 1))
    assert money(rows[1]) == {"opening": 15, "contraction": 5, "closing": 10}
    assert rows[1]["customers_churned"] == 0


def test_trials_bring_no_recurring_revenue(engine: MakeTable) -> None:
    rows = months(
        engine, ("a", "2024-01-05", "2024-02-05", 99, True), ("a", "2024-02-05", None, 10), until=date(2024, 3, 1)
    )
    assert [row["period"] for row in rows] == [date(2024, 2, 1)]


def test_a_quiet_month_still_has_its_row(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", None, 10), until=date(2024, 4, 1))
    assert [money(row) for row in rows[1:]] == [{"opening": 10, "closing": 10}] * 2


def test_retention_is_null_when_nobody_paid_at_the_start(engine: MakeTable) -> None:
    first = months(engine, ("a", "2024-01-05", None, 10), until=date(2024, 2, 1))[0]
    assert (first["gross_retention"], first["net_retention"], first["logo_churn"]) == (None, None, None)


def test_retention_compares_the_customers_of_the_start_only(engine: MakeTable) -> None:
    rows = months(
        engine,
        ("grows", "2024-01-01", "2024-02-10", 100),
        ("grows", "2024-02-10", None, 130),
        ("leaves", "2024-01-01", "2024-02-10", 100),
        ("joins", "2024-02-11", None, 500),
        until=date(2024, 3, 1),
    )
    assert (rows[1]["gross_retention"], rows[1]["net_retention"], rows[1]["logo_churn"]) == (0.5, 0.65, 0.5)


def test_a_period_that_the_facts_do_not_cover_is_marked_incomplete(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", None, 10), until=date(2024, 2, 10))
    assert [row["is_complete"] for row in rows] == [True, False]


def test_an_end_that_falls_due_after_the_last_day_has_not_happened(engine: MakeTable) -> None:
    rows = months(engine, ("a", "2024-01-05", "2024-02-20", 10), until=date(2024, 2, 10))
    assert money(rows[1]) == {"opening": 10, "closing": 10}


def test_facts_without_subscriptions_are_refused() -> None:
    orders = ibis.memtable({"customer_id": ["a"]})
    with pytest.raises(InputError, match="no subscription facts"):
        movements(Facts(orders=orders, business=Business()), Grain.MONTH, UNTIL)


DAYS = st.integers(0, 200).map(lambda day: f"{date(2024, 1, 1) + timedelta(days=day)}T00:00:00")
TERM_ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        DAYS,
        st.none() | DAYS,
        st.decimals(min_value=0, max_value=1000, places=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TERM_ROWS)
def test_closing_is_opening_plus_every_movement_exactly(rows: list[Any], duckdb_table: MakeTable) -> None:
    previous, got = Decimal(0), months(duckdb_table, *rows)
    for row in got:
        won = row["new"] + row["expansion"] + row["reactivation"]
        assert row["opening"] == previous
        assert row["closing"] == row["opening"] + won - row["contraction"] - row["churned"]
        assert row["gross_retention"] is None or 0 <= row["gross_retention"] <= 1
        previous = row["closing"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=TERM_ROWS)
def test_closing_is_the_sum_of_the_terms_in_force(rows: list[Any], duckdb_table: MakeTable) -> None:
    for row in months(duckdb_table, *rows):
        after = Grain.MONTH.start(Grain.MONTH.step(row["period"]) + 1)
        moment = datetime.combine(min(after, UNTIL), time.min)
        in_force = [
            mrr
            for _, started, ended, mrr, is_trial in rows
            if not is_trial
            and datetime.fromisoformat(started) < moment
            and (ended is None or datetime.fromisoformat(ended) >= moment)
            and (ended is None or ended > started)
        ]
        assert row["closing"] == sum(in_force, Decimal(0))


def ravenstack(folder: Path) -> pd.DataFrame:
    frame = pd.read_parquet(folder / "subscriptions" / "ravenstack_subscriptions.parquet")
    return pd.DataFrame(
        {
            "subscription_id": frame.subscription_id,
            "customer_id": frame.account_id,
            "plan": frame.plan_tier,
            "started_at": pd.to_datetime(frame.start_date),
            "ended_at": pd.to_datetime(frame.end_date),
            "mrr": frame.mrr_amount.map(Decimal),
            "is_trial": frame.is_trial,
        }
    )


def snapshot(frame: pd.DataFrame, moment: pd.Timestamp) -> pd.Series:
    in_force = (frame.started_at < moment) & (frame.ended_at.isna() | (frame.ended_at >= moment))
    return frame[in_force].groupby("customer_id").mrr.sum().astype(int)


def pandas_movements(frame: pd.DataFrame, boundaries: list[pd.Timestamp]) -> list[dict[str, int]]:
    paid = frame[~frame.is_trial & (frame.ended_at.isna() | (frame.ended_at > frame.started_at))]
    first_paid = paid.groupby("customer_id").started_at.min()
    found = []
    for start, end in pairwise(boundaries):
        both = pd.concat({"a": snapshot(paid, start), "b": snapshot(paid, end)}, axis=1).fillna(0).astype(int)
        is_old = first_paid.reindex(both.index) < start
        a, b = both.a, both.b
        found.append(
            {
                "opening": a.sum(),
                "new": b[(a == 0) & ~is_old].sum(),
                "expansion": (b - a)[(a > 0) & (b > a)].sum(),
                "contraction": (a - b)[(b > 0) & (b < a)].sum(),
                "churned": a[b == 0].sum(),
                "reactivation": b[(a == 0) & is_old].sum(),
                "closing": b.sum(),
                "customers_opening": (a > 0).sum(),
                "customers_churned": ((a > 0) & (b == 0)).sum(),
            }
        )
    return found


def test_published_subscriptions_move_as_an_independent_count_says(engine: MakeTable, shared_data: Path) -> None:
    frame = ravenstack(shared_data)
    boundaries = list(pd.date_range("2023-01-01", "2025-01-01", freq="MS"))
    expected = pandas_movements(frame, boundaries)
    facts = facts_with(engine(pa.Table.from_pandas(frame, schema=TERMS, preserve_index=False)))
    rows = movements(facts, Grain.MONTH, date(2025, 1, 1)).to_pyarrow().to_pylist()
    assert [{name: int(row[name]) for name in expected[0]} for row in rows] == expected


def test_published_open_subscriptions_sum_to_the_published_closing_mrr(engine: MakeTable, shared_data: Path) -> None:
    facts = facts_with(engine(pa.Table.from_pandas(ravenstack(shared_data), schema=TERMS, preserve_index=False)))
    last = movements(facts, Grain.YEAR, date(2025, 1, 1)).to_pyarrow().to_pylist()[-1]
    assert (last["closing"], last["arr"]) == (10_159_608, 12 * 10_159_608)
