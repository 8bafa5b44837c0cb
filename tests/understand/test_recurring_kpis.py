"""Subscription KPIs of one period: values, intervals, and what is not available."""

from __future__ import annotations

import math
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

from keepwell.understand.facts import Facts
from keepwell.understand.recurring import movements
from keepwell.understand.recurring_kpis import DEFINITIONS_RECURRING, subscription_kpis
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Grain, Period

MakeTable = Callable[[pa.Table], ibis.Table]
FEBRUARY = Period.parse("2024-02")


def facts_with(make: MakeTable, *rows: tuple[Any, ...]) -> Facts:
    """Build facts from (customer, started, ended or None, mrr[, is_trial])."""
    table = pa.table(
        {
            "customer_id": [row[0] for row in rows],
            "started_at": pa.array([datetime.fromisoformat(row[1]) for row in rows], pa.timestamp("us")),
            "ended_at": pa.array([row[2] and datetime.fromisoformat(row[2]) for row in rows], pa.timestamp("us")),
            "mrr": pa.array([Decimal(str(row[3])) for row in rows], pa.decimal128(18, 4)),
            "is_trial": [len(row) > 4 for row in rows],
        }
    )
    made = make(table)
    return Facts(orders=made, business=Business(currency="USD"), subscriptions=made)


def by_key(facts: Facts, period: Period = FEBRUARY, until: date | None = None) -> dict[str, KpiValue]:
    return {kpi.key: kpi for kpi in subscription_kpis(facts, period, until)}


def test_values_of_a_month_counted_by_hand(engine: MakeTable) -> None:
    found = by_key(
        facts_with(
            engine,
            ("grows", "2024-01-01", "2024-02-10", 100),
            ("grows", "2024-02-10", None, 130),
            ("leaves", "2024-01-01", "2024-02-10", 100),
            ("joins", "2024-02-11", None, 500),
        )
    )
    assert {key: kpi.value for key, kpi in found.items() if key != "trial_conversion"} == {
        "mrr": 630.0,
        "arr": 7560.0,
        "arpa": 315.0,
        "gross_revenue_retention": 0.5,
        "net_revenue_retention": 0.65,
        "logo_churn": 0.5,
        "mrr_quick_ratio": 5.3,
    }


def test_every_value_has_a_definition(engine: MakeTable) -> None:
    assert set(by_key(facts_with(engine, ("a", "2024-01-01", None, 10)))) == set(DEFINITIONS_RECURRING)


def test_rates_are_not_available_when_nobody_paid_at_the_start(engine: MakeTable) -> None:
    found = by_key(facts_with(engine, ("a", "2024-02-11", None, 10)))
    keys = ("gross_revenue_retention", "net_revenue_retention", "logo_churn", "mrr_quick_ratio", "trial_conversion")
    assert all(isinstance(found[key].value, NotAvailable) for key in keys)


def test_a_business_that_nobody_ever_paid_has_an_mrr_of_nothing(engine: MakeTable) -> None:
    found = by_key(facts_with(engine, ("a", "2024-02-11", None, 10, "trial")))
    assert found["mrr"].value == 0.0
    assert found["arpa"].value == NotAvailable("nobody pays at the end")


def test_trials_are_judged_when_their_window_has_passed(engine: MakeTable) -> None:
    facts = facts_with(
        engine,
        ("a", "2024-02-02", "2024-02-16", 10, "trial"),
        ("a", "2024-02-16", None, 10),
        ("b", "2024-02-20", None, 10, "trial"),
    )
    soon = by_key(facts, until=date(2024, 4, 10))["trial_conversion"]
    later = by_key(facts, until=date(2024, 6, 1))["trial_conversion"]
    assert (soon.numerator, soon.denominator, soon.note) == (1, 1, "trials begun before 2024-02-11")
    assert (later.value, later.denominator) == (0.5, 2)


def ravenstack_facts(make: MakeTable, folder: Path) -> Facts:
    frame = pd.read_parquet(folder / "subscriptions" / "ravenstack_subscriptions.parquet")
    rows = zip(frame.account_id, frame.start_date, frame.end_date, frame.mrr_amount, frame.is_trial, strict=True)
    return facts_with(
        make, *((a, str(s)[:10], None if pd.isna(e) else str(e)[:10], m, *([1] if t else [])) for a, s, e, m, t in rows)
    )


def test_a_month_agrees_with_the_movements_of_that_month(engine: MakeTable, shared_data: Path) -> None:
    facts = ravenstack_facts(engine, shared_data)
    month = movements(facts, Grain.MONTH, date(2025, 1, 1)).to_pyarrow().to_pylist()[-4]
    found = by_key(facts, Period.parse("2024-09"))
    assert found["mrr"].value == float(month["closing"])
    assert found["gross_revenue_retention"].value == pytest.approx(month["gross_retention"], abs=1e-12)
    assert found["net_revenue_retention"].value == pytest.approx(month["net_retention"], abs=1e-12)
    assert found["logo_churn"].value == pytest.approx(month["logo_churn"], abs=1e-12)


def test_the_interval_of_net_retention_is_that_of_a_bootstrap(duckdb_table: MakeTable) -> None:
    random = np.random.default_rng(4)
    start = random.gamma(2.0, 50.0, 400).round(2)
    end = np.where(random.random(400) < 0.15, 0, start * random.lognormal(0.0, 0.4, 400)).round(2)
    rows = [(str(n), "2024-01-01", "2024-02-10", value) for n, value in enumerate(start)]
    rows += [(str(n), "2024-02-10", None, value) for n, value in enumerate(end) if value > 0]
    found = by_key(facts_with(duckdb_table, *rows))["net_revenue_retention"]
    drawn = random.integers(0, 400, (4000, 400))
    low, high = np.quantile(end[drawn].sum(1) / start[drawn].sum(1), [0.025, 0.975])
    assert found.low is not None
    assert found.high is not None
    assert math.isclose(found.low, low, abs_tol=0.01)
    assert math.isclose(found.high, high, abs_tol=0.01)
