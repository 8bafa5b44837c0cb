"""Giving a person other ids in every table, so that the facts stay and nothing leads back to the person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from keepwell.lake import delta
from keepwell.lake.durable import publish
from keepwell.lake.engine import file_list, quote, rows_in, workshop
from keepwell.lake.paths import Paths
from keepwell.vocabulary.tables import FACTS

IDS = ("customer_id", "anonymous_id")
FREE_TEXT = ("properties",)


def replace_ids(paths: Paths, ids: Mapping[str, str], before: datetime | None = None) -> dict[str, int]:
    """Write other ids into every row that holds one of ``ids``; return the rows changed by table.

    Free text of these rows goes. Each file is replaced by one with the same rows in one commit a table; the replaced
    files are still on disk until they are swept, which the caller does while it holds both locks.

    Args:
        paths: of the lake.
        ids: new ids by old ones.
        before: leave rows that happened at or after this moment (aware) as they are.

    """
    counts = {name: _replace_in(paths, name, ids, before) for name in FACTS}
    return {name: count for name, count in counts.items() if count}


def _replace_in(paths: Paths, name: str, ids: Mapping[str, str], before: datetime | None) -> int:
    folder, schema = paths.table(name), FACTS[name].schema
    held = [column for column in IDS if column in schema.names]
    if not folder.exists() or not held or not ids:
        return 0
    table = delta.open_or_create(folder, schema)
    files = delta.active_files(table, folder)
    if not files:
        return 0
    with workshop(paths.staging) as connection:
        connection.register("other", pa.table({"old": list(ids), "new": list(ids.values())}))
        joined, where = _joined(held), _where(name, held, before)
        holding = connection.execute(
            f"SELECT filename, count(*) FROM read_parquet({file_list(files)}, union_by_name = true, filename = true)"
            f" AS rows {joined} WHERE {where} GROUP BY 1"
        ).fetchall()
        if not holding:
            return 0
        old = [Path(file) for file, _ in holding]
        new = [_rewritten(connection, paths, name, file, held, where) for file in old]
    delta.change(table, folder, add=new, remove=old)
    return sum(count for _, count in holding)


def _joined(held: Sequence[str]) -> str:
    return " ".join(f"LEFT JOIN other AS of_{column} ON rows.{column} = of_{column}.old" for column in held)


def _where(name: str, held: Sequence[str], before: datetime | None) -> str:
    named = " OR ".join(f"of_{column}.new IS NOT NULL" for column in held)
    if before is None:
        return f"({named})"
    return f"({named}) AND rows.{FACTS[name].time} < TIMESTAMPTZ '{before.isoformat()}'"


def _rewritten(
    connection: duckdb.DuckDBPyConnection, paths: Paths, name: str, file: Path, held: Sequence[str], where: str
) -> Path:
    """Write one file anew with the ids replaced."""
    columns = []
    for column in FACTS[name].schema.names:
        value = f"rows.{column}"
        if column in held:
            value = f"CASE WHEN {where} THEN coalesce(of_{column}.new, {value}) ELSE {value} END"
        elif column in FREE_TEXT:
            value = f"CASE WHEN {where} THEN NULL ELSE {value} END"
        columns.append(f"{value} AS {column}")
    file_name = f"{name}-{uuid.uuid4().hex}-merged.parquet"
    staged = paths.staging / file_name
    connection.execute(
        f"""COPY (SELECT {", ".join(columns)} FROM {rows_in(connection, FACTS[name].schema, [file])} AS rows
                  {_joined(held)} ORDER BY rows.{FACTS[name].time})
            TO '{quote(str(staged))}' (FORMAT parquet, COMPRESSION zstd)"""
    )
    final = paths.table(name) / file_name
    publish(staged, final)
    return final
