"""How answers are compared."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import duckdb

SAME = ("frequency", "recency_days", "age_days")


def compare_repeats(folders: Sequence[Path]) -> list[str]:
    """Return where the customers of other contenders differ from the first's."""
    first, *others = (f"read_parquet('{folder / 'repeats.parquet'}')" for folder in folders)
    differs = " OR ".join(f"a.{name} IS DISTINCT FROM b.{name}" for name in SAME)
    money = "abs(coalesce(a.monetary_value, 0) - coalesce(b.monetary_value, 0)) > 1e-6"
    found = []
    for folder, other in zip(folders[1:], others, strict=True):
        query = f"SELECT count(*) FROM {first} a FULL JOIN {other} b USING (customer_id) WHERE {differs} OR {money}"
        if count := duckdb.sql(query).fetchall()[0][0]:
            found.append(f"{folder.name}: {count} customers differ")
    return found


def check_values(folders: Sequence[Path]) -> list[str]:
    """Return what is wrong with the values: rows that are missing, numbers that are none, sums that do not agree."""
    folder = folders[0]
    answer = json.loads((folder / "totals.json").read_text(encoding="utf-8"))
    rows, orders, value, broken = duckdb.sql(
        "SELECT count(*), sum(expected_orders), sum(value), count(*) FILTER (NOT isfinite(value_high) OR value_low < 0)"
        f" FROM read_parquet('{folder / 'values.parquet'}')"
    ).fetchall()[0]
    found = [] if rows == answer["customers"] else [f"{rows} rows for {answer['customers']} customers"]
    for name, total in (("orders", orders), ("value", value)):
        expected = answer["totals"][name]["value"]
        if not math.isclose(total, expected, rel_tol=1e-6):
            found.append(f"the {name} of all customers come to {total}, not {expected}")
    return [*found, f"{broken} rows without a number"] if broken else found
