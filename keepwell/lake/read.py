"""A consistent view of the facts, as Ibis tables on the engine of choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ibis

from keepwell.lake import delta
from keepwell.lake.engine import connect
from keepwell.lake.ledger import Entry, Ledger, State
from keepwell.lake.paths import Paths
from keepwell.vocabulary.tables import FACTS


@dataclass(frozen=True)
class Snapshot:
    """Ibis tables in the lake's schema, by name; a table without a single row is not in it."""

    tables: Mapping[str, ibis.Table]
    backend: ibis.BaseBackend
    imports: Sequence[Entry]


def hidden_imports(first: Ledger, second: Ledger) -> list[str]:
    """Return the imports whose rows must not be seen by who read the files between two readings of the ledger.

    An import counts when it was committed before the files were listed and not undone since. What was purged before
    has no rows left and needs no filter.
    """
    before, after = first.states(), second.states()
    gone = {i for i, state in before.items() if state is State.PURGED}
    return sorted(
        import_id
        for import_id, state in after.items()
        if import_id not in gone and not (state is State.COMMITTED and before.get(import_id) is State.COMMITTED)
    )


@contextmanager
def snapshot(paths: Paths, engine: str, memory: str | None) -> Iterator[Snapshot]:
    """Open the facts on ``engine``; the caller holds the readers' lock for as long as it uses them."""
    first = Ledger.read(paths)
    files = {
        name: delta.files_in(paths.table(name), table.schema)
        for name, table in FACTS.items()
        if paths.table(name).exists()
    }
    second = Ledger.read(paths)
    hidden = hidden_imports(first, second)
    backend = connect(engine, spill=paths.staging, memory=memory)
    tables: dict[str, ibis.Table] = {}
    for name, paths_of_table in files.items():
        if paths_of_table:
            table = _open(backend, name, paths_of_table)
            tables[name] = table.filter(table.import_id.notin(hidden)) if hidden else table
    # The engine is left to the garbage collector: results cached in its memory may outlive this block.
    yield Snapshot(tables, backend, first.committed())


def _open(backend: ibis.BaseBackend, name: str, files: Sequence[Path]) -> ibis.Table:
    if backend.name == "pyspark":
        frame = backend._session.read.schema(_spark_schema(name)).parquet(*map(str, files))
        frame.createOrReplaceTempView(f"keepwell_{name}")
        return backend.table(f"keepwell_{name}")
    table = backend.read_parquet([str(file) for file in files], table_name=f"keepwell_{name}", union_by_name=True)
    # Files written before a column was added lack it; when all do, it is not there to be read as null.
    expected = ibis.Schema.from_pyarrow(FACTS[name].schema)
    missing = {c: ibis.null(kind) for c, kind in expected.items() if c not in table.columns}
    return table.mutate(**missing) if missing else table


def _spark_schema(name: str) -> object:
    from pyspark.sql.pandas.types import from_arrow_schema  # only where Spark runs: it is an extra

    return from_arrow_schema(FACTS[name].schema)
