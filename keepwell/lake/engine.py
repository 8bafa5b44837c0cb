"""Opening the analytic engine: DuckDB on this machine, Spark when it is outgrown."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import pyarrow as pa

from keepwell.vocabulary.errors import InputError

IMPORT_MEMORY = "128MB"  # the engine's share while an import runs; it spills to disk beyond

REACHABLE_MILLISECONDS = 5000


def connect(engine: str = "duckdb", *, spill: Path | None = None, memory: str | None = None) -> ibis.BaseBackend:
    """Open an engine as an Ibis backend.

    Args:
        engine: ``"duckdb"``, ``"spark://host:port"`` or ``"spark://local"`` (Spark inside this process).
        spill: folder for what does not fit in memory.
        memory: DuckDB's limit, e.g. ``"4GB"``; by default four fifths of the machine's.

    Raises:
        InputError: the engine is not known, or Spark is not installed.

    """
    if engine == "duckdb":
        backend = ibis.duckdb.connect()
        configure(backend.con, spill=spill, memory=memory)
        return backend
    if re.fullmatch(r"spark://(local|[^:/\s]+:\d{1,5})", engine):
        return _connect_spark(engine)
    raise InputError(
        "engine.unknown",
        f"There is no engine {engine!r}.",
        value=engine,
        advice="Use duckdb, spark://local or spark://HOST:PORT.",
    )


def configure(connection: duckdb.DuckDBPyConnection, *, spill: Path | None, memory: str | None) -> None:
    """Set what every connection needs: UTC, no silent reordering cost, a place to spill."""
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET enable_progress_bar = false")
    if spill is not None:
        connection.execute(f"SET temp_directory = '{quote(str(spill))}'")
    if memory is not None:
        connection.execute(f"SET memory_limit = '{quote(memory)}'")


def workshop(spill: Path, memory: str = IMPORT_MEMORY) -> duckdb.DuckDBPyConnection:
    """Open a bare DuckDB connection for the lake's own housekeeping.

    One thread with little memory folds as fast as two with twice as much, for it is the spilling that takes time; and
    what the importer has read is given back first, so that an import's peak does not grow with its file.
    """
    pa.default_memory_pool().release_unused()
    connection = duckdb.connect()
    configure(connection, spill=spill, memory=memory)
    connection.execute("SET threads = 1")
    return connection


def spark_errors() -> tuple[type[Exception], ...]:
    """Return what Spark raises; nothing while it was not asked for, since it is an extra."""
    if "pyspark.sql" not in sys.modules:
        return ()
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    return (Py4JError, PySparkException)


def quote(text: str) -> str:
    """Escape a text for a single-quoted SQL literal."""
    return text.replace("'", "''")


def file_list(files: Iterable[Path]) -> str:
    """Return files as the list literal that ``read_parquet`` takes."""
    return "[" + ", ".join(f"'{quote(str(file))}'" for file in files) + "]"


def rows_in(connection: duckdb.DuckDBPyConnection, schema: pa.Schema, files: Iterable[Path]) -> str:
    """Return a query for the rows of ``files`` with every column of ``schema``.

    Files written before a column was added lack it; the empty template fills it with nulls, even when all do.
    """
    connection.register("template", schema.empty_table())
    return (
        f"(SELECT * FROM read_parquet({file_list(files)}, union_by_name = true)"
        " UNION ALL BY NAME SELECT * FROM template)"
    )


def to_ibis(table: Any, backend: ibis.BaseBackend | None = None) -> ibis.Table:
    """Take a pandas, Polars, Arrow, DuckDB or Ibis table and return an Ibis table, copying as little as it can.

    Raises:
        InputError: it is none of these.

    """
    if isinstance(table, ibis.Table):
        return table
    if isinstance(table, duckdb.DuckDBPyRelation):
        table = table.to_arrow_table()
    elif hasattr(table, "collect") and hasattr(table, "lazy"):  # a Polars LazyFrame, without importing Polars
        table = table.collect()
    if isinstance(table, pa.RecordBatchReader):
        table = table.read_all()
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    if isinstance(table, Mapping):
        table = _from_mapping(table)
    if not isinstance(table, pd.DataFrame) and not isinstance(table, pa.Table):
        if not hasattr(table, "to_arrow"):
            raise _unknown(table)
        table = table.to_arrow()
    names = [str(name) for name in (table.columns if isinstance(table, pd.DataFrame) else table.column_names)]
    if not names:
        raise InputError("table.empty", "The table has no columns.", advice="Hand in at least one order.")
    twice = next((name for name in names if [n.lower() for n in names].count(name.lower()) > 1), None)
    if twice is not None:
        raise InputError(
            "table.column_twice", "There are two columns of this name.", where=twice, advice="Rename or drop one."
        )
    return (backend or connect()).create_table(ibis.util.gen_name("keepwell"), _typed(table), temp=True)


def _from_mapping(table: Mapping[Any, Any]) -> pd.DataFrame:
    try:
        return pd.DataFrame(table)
    except ValueError as error:
        raise _unknown(table, f": {error}") from error


def _unknown(table: object, why: str = "") -> InputError:
    return InputError(
        "table.unknown",
        f"Cannot read a {type(table).__name__} as a table{why}.",
        value=type(table).__name__,
        advice="Hand in a pandas, Polars, Arrow, DuckDB or Ibis table.",
    )


def _typed(table: pd.DataFrame | pa.Table) -> pd.DataFrame | pa.Table:
    """Call a column without a single value text: no engine makes a column of no type."""
    if isinstance(table, pd.DataFrame):
        blank = [name for name in table.columns if table[name].dtype == object and table[name].isna().all()]
        for name in table.columns:
            _check_one_type(table[name])
        return table.astype(dict.fromkeys(blank, "string")) if blank else table
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _check_one_type(column: pd.Series[Any]) -> None:
    """Refuse a column that no engine can hold, such as texts among numbers."""
    if column.dtype != object and column.dtype.kind != "c":
        return
    try:
        pa.Array.from_pandas(column)
    except (pa.ArrowException, TypeError) as error:
        kinds = sorted({type(value).__name__ for value in column.dropna()})
        raise InputError(
            "table.mixed_column",
            f"The column holds values of type {', '.join(kinds)}.",
            where=str(column.name),
            value=", ".join(kinds),
            advice="Convert it to one type first, such as text for ids and decimals for amounts.",
        ) from error


def _connect_spark(engine: str) -> ibis.BaseBackend:
    try:
        from pyspark.sql import SparkSession  # only where Spark is asked for: it is an extra
    except ImportError as error:
        raise InputError(
            "engine.missing",
            "Spark is not installed.",
            value=engine,
            advice="Install it with: pip install 'keepwell[spark]' (it needs Java 17).",
        ) from error
    local = engine == "spark://local"
    if not local:
        _check_reachable(engine)
    try:
        return ibis.pyspark.connect(_session(SparkSession, engine, local))
    except spark_errors() as error:
        reason = next(iter(str(error).splitlines()), "no answer")
        raise _unreachable(engine, reason) from error


def _session(maker: Any, engine: str, local: bool) -> Any:
    session = (
        maker.builder.master("local[*]" if local else engine)
        .appName("keepwell")
        .config("spark.sql.session.timeZone", "UTC")
        # without Arrow, Spark turns a missing value into the text 'NaN'
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    context = session.sparkContext
    context.setLogLevel("ERROR")
    # 200, the default, makes more tasks than work of what one machine can hold
    session.conf.set("spark.sql.shuffle.partitions", str(max(4, 3 * context.defaultParallelism)))
    return session


def _check_reachable(engine: str) -> None:
    """Let Spark's own JVM knock at the cluster's door: its driver would try for a minute, and trace every attempt."""
    from pyspark import SparkContext

    host, _, port = engine.removeprefix("spark://").rpartition(":")
    SparkContext._ensure_initialized()
    java = SparkContext._jvm.java.net  # type: ignore[union-attr]
    door = java.Socket()
    try:
        door.connect(java.InetSocketAddress(host, int(port)), REACHABLE_MILLISECONDS)
    except spark_errors() as error:
        said = getattr(error, "java_exception", None)
        raise _unreachable(engine, said.getMessage() if said is not None else "no answer") from error
    finally:
        door.close()


def _unreachable(engine: str, reason: str) -> InputError:
    return InputError(
        "engine.unreachable",
        f"Spark cannot be reached at {engine}: {reason}.",
        value=engine,
        advice="Check the host and port of the cluster's master, or use --engine duckdb.",
    )
