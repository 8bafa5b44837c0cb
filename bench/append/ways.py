"""The lake's own append, and a plain Delta append."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from bench.append import APPENDS
from bench.benchmark import Task
from keepwell.lake.lake import Lake
from keepwell.lake.ledger import Entry, State
from keepwell.lake.staging import Settled, Staging
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.tables import ORDERS

NOW = datetime(2025, 1, 1, tzinfo=UTC)


def keepwell(task: Task) -> dict[str, float]:
    lake = Lake.create(task.results / "lake", Business(currency="GBP"))

    def append(rows: pa.Table) -> None:
        with lake.staging() as staging:
            staging.write({"orders": rows})
            staging.fold(folds_orders=False)
            lake.append(staging, lambda settled: _entry(staging, settled))

    figures = _timed(task.rows, append)
    with lake.snapshot() as facts:
        orders = facts.tables["orders"]
        _answer(task, int(orders.count().execute()), Decimal(orders["items"].sum().execute()))
    return figures


def plain_delta(task: Task) -> dict[str, float]:
    folder = task.results / "table"
    figures = _timed(task.rows, lambda rows: write_deltalake(folder, rows, mode="append"))
    rows = DeltaTable(folder).to_pyarrow_table(columns=["items"])
    _answer(task, rows.num_rows, sum(rows["items"].to_pylist(), Decimal(0)))
    return figures


def compare(folders: list[Path]) -> list[str]:
    """Return whose rows or sum are not Keepwell's."""
    first, *others = [(folder.name, (folder / "answer").read_text(encoding="utf-8")) for folder in folders]
    return [f"{name} holds {answer}, not {first[1]}" for name, answer in others if answer != first[1]]


def _timed(rows: int, append: Callable[[pa.Table], None]) -> dict[str, float]:
    taken = []
    for number in range(APPENDS):
        table = orders(rows, number * rows)
        begin = time.perf_counter()
        append(table)
        taken.append((time.perf_counter() - begin) * 1000)
    return {"milliseconds": statistics.median(taken)}


def orders(rows: int, first: int) -> pa.Table:
    """Return ``rows`` orders in the lake's schema, without the import's id, numbered from ``first``."""
    numbers = range(first, first + rows)
    given = {
        "source": ["shop"] * rows,
        "order_id": [f"o{number:09d}" for number in numbers],
        "customer_id": [f"c{number % 701:06d}" for number in numbers],
        "ordered_at": [NOW] * rows,
        "currency": ["GBP"] * rows,
        "items": [Decimal(number % 97) for number in numbers],
        **{name: [Decimal(0)] * rows for name in ("discount", "shipping", "other", "tax")},
        "source_row": list(numbers),
    }
    schema = pa.schema([field for field in ORDERS.schema if field.name != "import_id"])
    return pa.table([pa.array(given.get(field.name, [None] * rows), field.type) for field in schema], schema=schema)


def _entry(staging: Staging, settled: Settled) -> Entry:
    return Entry(staging.import_id, State.COMMITTED, NOW, file_name="batch", importer="bench", tables=settled.rows)


def _answer(task: Task, rows: int, total: Decimal) -> None:
    (task.results / "answer").write_text(f"{rows} rows of {total:.2f}", encoding="utf-8")
