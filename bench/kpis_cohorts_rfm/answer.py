"""The question that every contender answers, the files that an answer is made of, and how answers are compared."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

START, END = date(2024, 1, 1), date(2025, 1, 1)  # the KPIs' period; nothing from its end on is counted
REPEAT_DAYS = 90
SHORTEST_WINDOW_DAYS = 30
TOLERANCE = 1e-9  # relative: sums of floats against exact decimals

KPIS = (
    "ordering_customers", "new_customers", "returning_customers", "active_customers_at_start", "active_customers",
    "churned_customers", "resurrected_customers", "customer_retention_rate", "kept_rate", "churn_rate", "quick_ratio",
    "repeat_purchase_rate", "repeat_customer_share", "purchase_frequency", "time_between_orders",
    "customer_time_between_orders", "orders", "revenue", "new_revenue", "returning_revenue", "average_order_value",
    "historic_lifetime_value",
)  # fmt: skip
TABLES = {
    "growth": ("period", "active", "new", "retained", "resurrected", "churned", "net_change"),
    "revenue": (
        "period", "new_revenue", "returning_revenue", "new_customers", "returning_customers", "orders",
    ),
    "cohorts": ("cohort", "age", "size", "active", "retention", "orders", "revenue", "cumulative_revenue", "ltv"),
}  # fmt: skip
RFM = ("customer_id", "recency_days", "frequency", "monetary", "r", "f", "m", "segment")


def write_kpis(folder: Path, values: dict[str, float]) -> None:
    """Write the KPIs of an answer."""
    (folder / "kpis.json").write_text(json.dumps({key: float(values[key]) for key in KPIS}), encoding="utf-8")


def compare(folders: Sequence[Path]) -> list[str]:
    """Return where answers differ from the first one."""
    first, *others = folders
    found = []
    for other in others:
        found += [
            f"{other.name}: {text}" for text in (*_kpis(first, other), *_tables(first, other), *_rfm(first, other))
        ]
    return found


def _kpis(first: Path, other: Path) -> list[str]:
    expected, given = (json.loads((folder / "kpis.json").read_text(encoding="utf-8")) for folder in (first, other))
    return [
        f"{key} is {given.get(key)}, not {value}"
        for key, value in expected.items()
        if not math.isclose(value, given.get(key, math.nan), rel_tol=TOLERANCE)
    ]


def _tables(first: Path, other: Path) -> list[str]:
    found = []
    for name, columns in TABLES.items():
        keys = ["cohort", "age"] if name == "cohorts" else ["period"]
        pair = [_sorted(folder / f"{name}.parquet", columns, keys) for folder in (first, other)]
        try:
            pd.testing.assert_frame_equal(*pair, check_dtype=False, rtol=TOLERANCE, atol=1e-6)
        except AssertionError as error:
            found.append(f"{name}: {' '.join(str(error).split())[:300]}")
    return found


def _sorted(path: Path, columns: Sequence[str], keys: list[str]) -> pd.DataFrame:
    table = pd.read_parquet(path, columns=list(columns))
    for name in columns:
        table[name] = pd.to_datetime(table[name]) if name in ("cohort", "period") else table[name].astype(float)
    table[keys[0]] = table[keys[0]].astype("datetime64[us]")
    return table.sort_values(keys, ignore_index=True)[list(columns)]


def _rfm(first: Path, other: Path) -> list[str]:
    """Compare every customer: scores and segments must be the same, money within half a cent."""
    columns = ", ".join(RFM)
    with duckdb.connect() as connection:
        connection.execute("SET memory_limit = '4GB'")
        connection.execute(f"SET temp_directory = '{first.parent / 'spill'}'")
        unequal = " OR ".join(
            "abs(a.monetary - b.monetary) > 0.005" if name == "monetary" else f"a.{name} IS DISTINCT FROM b.{name}"
            for name in RFM
        )
        (count, example) = connection.execute(
            f"""SELECT count(*), any_value(row(a, b)::text)
                FROM (SELECT {columns} FROM read_parquet('{first / "rfm.parquet"}')) a
                FULL JOIN (SELECT {columns} FROM read_parquet('{other / "rfm.parquet"}')) b USING (customer_id)
                WHERE {unequal}"""
        ).fetchone() or (0, None)
    return [f"rfm: {count} customers differ, such as {example}"] if count else []
