"""One row a customer with everything that lists and pages say about them, written as a file that is read in no time."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from keepwell.loop.churn import churn_of_orders, churn_with_features
from keepwell.loop.facts import OpenFacts
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.understand.attributes import attributes, customer_groups
from keepwell.understand.facts import Facts
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.estimate import NotAvailable

Progress = Callable[[str, float], None]

FILE = "customers.parquet"
MONEY = pa.decimal128(18, 4)
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("first_order_on", pa.date32()),
        ("last_order_on", pa.date32()),
        ("orders", pa.int64()),
        ("revenue", MONEY),  # net of refunds
        ("segment", pa.string()),
        ("r", pa.int64()),
        ("f", pa.int64()),
        ("m", pa.int64()),
        ("value", pa.float64()),  # expected contribution margin within a year, with its 95 % interval
        ("value_low", pa.float64()),
        ("value_high", pa.float64()),
        ("p_alive", pa.float64()),
        ("no_order_probability", pa.float64()),  # within the next 90 days
        ("risk", pa.string()),
        ("reasons", pa.string()),
        ("next_order_on", pa.date32()),
        ("country", pa.string()),
        ("channel", pa.string()),
    ]
)
VALUES = ("value", "value_low", "value_high", "probability_alive", "next_order_on")


def customer_table(opened: OpenFacts, as_of: date | None = None, tell: Progress | None = None) -> pa.Table:
    """Return one row for everybody who ordered; what a model cannot say is null.

    Args:
        opened: the facts of a data folder.
        as_of: first day not counted; the day after the last order where not given.
        tell: called with what is being done and the fraction done.

    Returns:
        An Arrow table of ``SCHEMA``, most valuable first; empty where there is no order.

    """
    say = tell or (lambda _stage, _fraction: None)
    if not opened.has_orders:
        return SCHEMA.empty_table()
    day, facts = opened.as_of(as_of), opened.facts
    say("Scoring customers", 0.05)
    names = {"first_ordered_on": "first_order_on", "last_ordered_on": "last_order_on"}
    table = rfm(facts, day).drop("recency_days").to_pyarrow()
    table = table.rename_columns([names.get(name, name) for name in table.column_names])
    table = table.rename_columns({"frequency": "orders", "monetary": "revenue"})
    for name in ("country", "channel"):
        table = _joined(table, _groups(facts, name))
    say("Working out values", 0.2)
    table = _joined(table, _values(facts, day))
    say("Working out risks", 0.6)
    table = _joined(table, _risks(facts, day))
    say("Finding reasons", 0.75)
    table = _joined(table, _reasons(facts, day))
    columns = {field.name: table[field.name].cast(field.type) for field in SCHEMA}
    return pa.table(columns, schema=SCHEMA).sort_by([("value", "descending"), ("customer_id", "ascending")])


def write_customer_table(table: pa.Table, folder: Path) -> Path:
    """Put the table into its place in one step, so that nobody ever reads half of it."""
    path = folder / FILE
    staged = folder / f".{FILE}.{secrets.token_hex(6)}"
    try:
        pq.write_table(table, staged, compression="zstd")
        os.replace(staged, path)
    finally:
        staged.unlink(missing_ok=True)
    return path


def _joined(left: pa.Table, right: pa.Table) -> pa.Table:
    return left.join(right, keys="customer_id", join_type="left outer")


def _groups(facts: Facts, name: str) -> pa.Table:
    if name not in attributes(facts):
        return pa.table({"customer_id": pa.array([], pa.string()), name: pa.array([], pa.string())})
    found: pa.Table = customer_groups(facts, name).to_pyarrow().select(["customer_id", "group"])
    return found.rename_columns(["customer_id", name])


def _values(facts: Facts, day: date) -> pa.Table:
    found = lifetime_or_reason(facts, day)
    if isinstance(found, NotAvailable):
        kinds = {"customer_id": pa.string(), **{name: pa.float64() for name in VALUES[:-1]}, VALUES[-1]: pa.date32()}
        return pa.schema(kinds).empty_table().rename_columns({"probability_alive": "p_alive"})
    return found.table().select(["customer_id", *VALUES]).rename_columns({"probability_alive": "p_alive"})


def _risks(facts: Facts, day: date) -> pa.Table:
    found = churn_of_orders(facts, day, with_trees=False)
    names = ["customer_id", "no_order_probability", "risk"]
    if isinstance(found, NotAvailable):
        kinds = [pa.string(), pa.float64(), pa.string()]
        return pa.schema(list(zip(names, kinds, strict=True))).empty_table()
    return found.customers.select(["customer_id", "no_order_probability", "band"]).rename_columns(names)


def _reasons(facts: Facts, day: date) -> pa.Table:
    found = churn_with_features(facts, day)
    if isinstance(found, NotAvailable):
        return pa.schema([("customer_id", pa.string()), ("reasons", pa.string())]).empty_table()
    return found.customers.select(["customer_id", "reasons"])
