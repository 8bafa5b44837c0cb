"""Survival of subscribers and conversion of trials."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from keepwell.understand.facts import Facts
from keepwell.understand.recurring_survival import survival, trial_conversion
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.period import Grain

MakeTable = Callable[[pa.Table], ibis.Table]


def facts_with(make: MakeTable, *rows: tuple[Any, ...]) -> Facts:
    """Build facts from (customer, started, ended or None[, is_trial])."""
    table = pa.table(
        {
            "customer_id": [row[0] for row in rows],
            "started_at": pa.array([datetime.fromisoformat(row[1]) for row in rows], pa.timestamp("us")),
            "ended_at": pa.array([row[2] and datetime.fromisoformat(row[2]) for row in rows], pa.timestamp("us")),
            "mrr": pa.array([Decimal(10)] * len(rows), pa.decimal128(18, 4)),
            "is_trial": [len(row) > 3 for row in rows],
        }
    )
    made = make(table)
    return Facts(orders=made, business=Business(), subscriptions=made)


def curve(facts: Facts, until: date) -> list[tuple[int, int]]:
    rows = survival(facts, Grain.MONTH, until).to_pyarrow().to_pylist()
    return [(row["age"], row["survivors"]) for row in rows]


@pytest.mark.parametrize(
    ("cohort", "survivors"),
    [("regular", [631, 468, 382, 326, 289, 262, 241]), ("highend", [869, 743, 653, 593, 551, 517, 491])],
)
def test_survivors_of_the_published_cohorts_per_thousand(
    engine: MakeTable, shared_data: Path, cohort: str, survivors: list[int]
) -> None:
    frame = pd.read_csv(shared_data / "subscriptions" / "sbg_cohorts.csv").query("cohort == @cohort")
    start = pd.Timestamp("2020-01-15")
    ends = [start + pd.DateOffset(months=n) if n < t else None for n, t in zip(frame.recency, frame["T"], strict=True)]
    rows = [
        (str(customer), start.isoformat(), None if end is None else end.isoformat())
        for customer, end in zip(frame.customer_id, ends, strict=True)
    ]
    found = curve(facts_with(engine, *rows), date(2020, 8, 16))
    assert found == list(enumerate([1000, *survivors]))


def test_adjacent_and_overlapping_terms_are_one_life(engine: MakeTable) -> None:
    facts = facts_with(
        engine,
        ("a", "2024-01-10", "2024-02-10"),
        ("a", "2024-02-10", "2024-04-10"),
        ("a", "2024-01-20", "2024-03-01"),
    )
    assert curve(facts, date(2024, 5, 11)) == [(0, 1), (1, 1), (2, 1), (3, 0), (4, 0)]


def test_who_comes_back_after_a_break_is_no_survivor(engine: MakeTable) -> None:
    facts = facts_with(engine, ("a", "2024-01-10", "2024-02-20"), ("a", "2024-02-21", None))
    assert curve(facts, date(2024, 4, 11)) == [(0, 1), (1, 1), (2, 0), (3, 0)]


def test_ages_that_the_youngest_member_has_not_reached_are_absent(engine: MakeTable) -> None:
    facts = facts_with(engine, ("a", "2024-01-01", None), ("b", "2024-01-31", None))
    assert curve(facts, date(2024, 3, 15)) == [(0, 2), (1, 2)]


def test_a_trial_counts_as_converted_only_within_its_window(engine: MakeTable) -> None:
    facts = facts_with(
        engine,
        ("in time", "2024-01-01", "2024-01-15", "trial"),
        ("in time", "2024-01-15", None),
        ("too late", "2024-01-01", "2024-01-15", "trial"),
        ("too late", "2024-06-15", None),
        ("never", "2024-01-01", "2024-01-15", "trial"),
    )
    row = trial_conversion(facts, Grain.MONTH, date(2024, 12, 1)).to_pyarrow().to_pylist()[0]
    assert (row["trials"], row["converted"]) == (3, 1)


def test_a_trial_of_a_paying_customer_is_no_trial(engine: MakeTable) -> None:
    facts = facts_with(engine, ("a", "2023-01-01", None), ("a", "2024-01-01", "2024-01-15", "trial"))
    assert trial_conversion(facts, Grain.MONTH, date(2024, 12, 1)).to_pyarrow().to_pylist() == []


def test_a_trial_whose_window_is_still_open_is_left_out(engine: MakeTable) -> None:
    facts = facts_with(engine, ("a", "2024-01-01", None, "trial"), ("b", "2024-02-20", None, "trial"))
    rows = trial_conversion(facts, Grain.MONTH, date(2024, 3, 15), window_days=60).to_pyarrow().to_pylist()
    assert [(row["period"], row["trials"]) for row in rows] == [(date(2024, 1, 1), 1)]
