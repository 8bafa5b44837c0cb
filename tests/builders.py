"""Builders of facts for tests: say only what the test is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import Entry, State
from keepwell.lake.staging import Settled
from keepwell.vocabulary.tables import FACTS

DAY_ONE = datetime(2024, 1, 1, 12, tzinfo=UTC)

DEFAULTS: dict[str, dict[str, Any]] = {
    "orders": {"source": "shop", "currency": "GBP", "discount": 0, "shipping": 0, "other": 0, "tax": 0, "items": 10},
    "order_lines": {
        "source": "shop",
        "currency": "GBP",
        "kind": "product",
        "quantity": 1,
        "unit_price": 10,
        "amount": 10,
    },
    "refunds": {"source": "shop", "currency": "GBP", "items": 5, "shipping": 0, "other": 0, "tax": 0},
    "customers": {"source": "shop", "seen_at": DAY_ONE},
    "events": {"source": "shop", "occurred_at": DAY_ONE, "name": "Product Viewed"},
    "spend": {"source": "ads", "currency": "GBP", "campaign": ""},
}


def rows(table: str, facts: list[Mapping[str, Any]]) -> pa.Table:
    """Return facts as a staged table would have them; every row is of its own source row unless it says which."""
    schema = pa.schema([field for field in FACTS[table].schema if field.name != "import_id"])
    filled = []
    for number, fact in enumerate(facts, 1):
        row = {"source_row": number, **DEFAULTS.get(table, {}), **fact}
        for field in schema:
            if pa.types.is_decimal(field.type) and row.get(field.name) is not None:
                row[field.name] = Decimal(str(row[field.name]))
        filled.append(row)
    return pa.Table.from_pylist(filled, schema=schema)


def orders(count: int, *, first: int = 0, customer: str = "c", amount: object = 10) -> pa.Table:
    """Return ``count`` orders with ids from ``first`` on, one a day."""
    facts = [
        {
            "order_id": f"o{number}",
            "customer_id": f"{customer}{number % 7}",
            "ordered_at": DAY_ONE + timedelta(days=number),
            "items": amount,
        }
        for number in range(first, first + count)
    ]
    return rows("orders", facts)


def lines(count: int, *, first: int = 0, per_order: int = 2, customer: str = "c", order: str = "o") -> pa.Table:
    """Return order lines, ``per_order`` to an order."""
    facts = [
        {
            "order_id": f"{order}{first + number // per_order}",
            "line_number": number % per_order + 1,
            "customer_id": f"{customer}{(first + number // per_order) % 7}",
            "ordered_at": DAY_ONE + timedelta(days=first + number // per_order),
            "product_id": f"p{number}",
        }
        for number in range(count)
    ]
    return rows("order_lines", facts)


def append(
    lake: Lake, tables: Mapping[str, pa.Table], *, folds: bool = False, content: str = ""
) -> tuple[Entry, Settled]:
    """Bring tables into the lake as one import."""
    with lake.staging() as staging:
        staging.write(tables)
        staging.fold(folds_orders=folds)
        rows_in = max(table.num_rows for table in tables.values())

        def describe(settled: Settled) -> Entry:
            return Entry(
                staging.import_id,
                State.COMMITTED,
                datetime.now(UTC),
                content_id=content or staging.import_id,
                source="shop",
                file_name="built.csv",
                rows_in=rows_in,
                rows_kept=settled.source_rows,
                tables=settled.rows,
            )

        return lake.append(staging, describe)
