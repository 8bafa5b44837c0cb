"""Engines that every analysis must agree on, and builders of small order logs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import pyarrow as pa
import pytest

from keepwell.understand.facts import Facts
from keepwell.vocabulary.business import Business

LONDON = Business(currency="GBP", time_zone="Europe/London")
AMOUNT = pa.decimal128(18, 4)
ORDERS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("order_id", pa.string()),
        ("ordered_at", pa.timestamp("us")),
        ("revenue", AMOUNT),
        ("channel", pa.string()),
    ]
)
REFUNDS = pa.schema(
    [
        ("customer_id", pa.string()),
        ("order_id", pa.string()),
        ("refunded_at", pa.timestamp("us")),
        ("amount", AMOUNT),
    ]
)
Row = tuple[Any, ...]
MakeTable = Callable[[pa.Table], ibis.Table]


def moment(text: str) -> datetime:
    """Read ``2011-01-31`` or ``2011-01-31T23:30``."""
    return datetime.fromisoformat(text)


def order_rows(rows: list[Row]) -> pa.Table:
    """Build orders from (customer, when, amount[, channel]) with order ids o1, o2, …."""
    padded = [(*row, None)[:4] for row in rows]
    columns = {
        "customer_id": [str(row[0]) for row in padded],
        "order_id": [f"o{number}" for number, _ in enumerate(padded, 1)],
        "ordered_at": [moment(row[1]) for row in padded],
        "revenue": [Decimal(str(row[2])) for row in padded],
        "channel": [row[3] for row in padded],
    }
    return pa.table(columns, schema=ORDERS)


def refund_rows(rows: list[Row]) -> pa.Table:
    """Build refunds from (customer, when, amount)."""
    columns = {
        "customer_id": [str(row[0]) for row in rows],
        "order_id": [None for _ in rows],
        "refunded_at": [moment(row[1]) for row in rows],
        "amount": [Decimal(str(row[2])) for row in rows],
    }
    return pa.table(columns, schema=REFUNDS)


def facts_of(
    make: MakeTable,
    orders: list[Row],
    refunds: list[Row] | None = None,
    business: Business = LONDON,
    **tables: pa.Table,
) -> Facts:
    """Build facts on the engine of ``make`` from short rows."""
    further = {name: make(table) for name, table in tables.items()}
    given = None if refunds is None else make(refund_rows(refunds))
    return Facts(orders=make(order_rows(orders)), business=business, refunds=given, **further)


@pytest.fixture
def log(engine: MakeTable) -> Callable[..., Facts]:
    """Give a builder of facts on the engine: ``log([(customer, when, amount[, channel]), …], refunds=[…])``."""

    def build(
        orders: list[Row], refunds: list[Row] | None = None, business: Business = LONDON, **tables: pa.Table
    ) -> Facts:
        return facts_of(engine, orders, refunds, business, **tables)

    return build


@pytest.fixture(scope="session")
def duckdb_log_of(duckdb_table: MakeTable) -> Callable[..., Facts]:
    """Give the same builder on DuckDB alone, for arithmetic that no engine does and for properties."""

    def build(
        orders: list[Row], refunds: list[Row] | None = None, business: Business = LONDON, **tables: pa.Table
    ) -> Facts:
        return facts_of(duckdb_table, orders, refunds, business, **tables)

    return build


@pytest.fixture
def duckdb_log(duckdb_log_of: Callable[..., Facts]) -> Callable[..., Facts]:
    """Give ``duckdb_log_of`` under the short name."""
    return duckdb_log_of


@pytest.fixture(scope="session")
def duckdb_table() -> MakeTable:
    connection = ibis.duckdb.connect()
    count = iter(range(1_000_000))

    def make(table: pa.Table) -> ibis.Table:
        return connection.create_table(f"t{next(count)}", table, temp=True)

    return make


@pytest.fixture(scope="session")
def spark_table() -> Iterator[MakeTable]:
    spark_sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    session = (
        spark_sql.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.timestampType", "TIMESTAMP_NTZ")  # naive times stay naive
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    connection = ibis.pyspark.connect(session)
    count = iter(range(1_000_000))

    def make(table: pa.Table) -> ibis.Table:
        name = f"keepwell_t{next(count)}"
        session.createDataFrame(table).createOrReplaceTempView(name)
        return connection.table(name)

    yield make
    session.stop()


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.spark)])
def engine(request: pytest.FixtureRequest) -> MakeTable:
    """Give a function from an Arrow table to a table on DuckDB, then on Spark."""
    make: MakeTable = request.getfixturevalue(f"{request.param}_table")
    return make
