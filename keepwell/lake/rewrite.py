"""Replacing files by files without some of their rows, in one commit."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from keepwell.lake import delta
from keepwell.lake.durable import publish
from keepwell.lake.engine import file_list, quote, rows_in, workshop
from keepwell.lake.ledger import Ledger, State, next_state
from keepwell.lake.paths import Paths
from keepwell.vocabulary.tables import FACTS


def purge_dead(paths: Paths) -> None:
    """Remove what killed writers left; the caller holds the writers' lock, so whoever only started is dead."""
    for import_id, state in Ledger.read(paths).states().items():
        if state is State.STARTED:
            next_state(paths, import_id, State.ABANDONED, {State.STARTED})
        if state in {State.STARTED, State.ABANDONED, State.UNDONE}:
            purge(paths, import_id)


def purge(paths: Paths, import_id: str) -> None:
    """Remove every row of an import that does not count any more."""
    for name in FACTS:
        remove_rows(paths, name, "import_id", import_id)
    next_state(paths, import_id, State.PURGED, {State.ABANDONED, State.UNDONE})


def remove_rows(paths: Paths, name: str, column: str, value: str) -> int:
    """Rewrite the files of a table that hold rows with ``column`` = ``value``; return how many rows went."""
    folder = paths.table(name)
    if not folder.exists() or column not in FACTS[name].schema.names:
        return 0
    table = delta.open_or_create(folder, FACTS[name].schema)
    files = delta.active_files(table, folder)
    if not files:
        return 0
    with workshop(paths.staging) as connection:
        where = f"{column} = '{quote(value)}'"
        holding = connection.execute(
            f"SELECT filename, count(*) FROM read_parquet({file_list(files)}, filename = true) WHERE {where} GROUP BY 1"
        ).fetchall()
        if not holding:
            return 0
        old = [Path(file) for file, _ in holding]
        new = [
            merge(connection, paths, name, [file], keep=f"{column} IS DISTINCT FROM '{quote(value)}'") for file in old
        ]
    delta.change(table, folder, add=[path for path in new if path is not None], remove=old)
    return sum(count for _, count in holding)


def merge(
    connection: duckdb.DuckDBPyConnection, paths: Paths, name: str, files: Sequence[Path], keep: str = "true"
) -> Path | None:
    """Write the rows of ``files`` that satisfy ``keep`` into one new file; ``None`` when no row is left."""
    file_name = f"{name}-{uuid.uuid4().hex}-merged.parquet"
    staged = paths.staging / file_name
    columns = ", ".join(FACTS[name].schema.names)
    connection.execute(
        f"""COPY (SELECT {columns} FROM {rows_in(connection, FACTS[name].schema, files)} WHERE {keep}
                  ORDER BY {FACTS[name].time})
            TO '{quote(str(staged))}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    if pq.read_metadata(staged).num_rows == 0:
        staged.unlink()
        return None
    final = paths.table(name) / file_name
    publish(staged, final)
    return final
