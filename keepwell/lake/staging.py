"""The files of one import before it counts: written batch by batch, folded, sifted, and then committed as a whole."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from keepwell.lake import fold
from keepwell.lake.engine import file_list, quote, workshop
from keepwell.lake.known import FOLLOWS_ORDER, Sieve
from keepwell.lake.paths import Paths
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.tables import FACTS

ROWS_A_FILE = 4_000_000
ROWS_A_GROUP = 100_000
ROOM = ("128MB", "512MB", "2GB", "8GB")
REFUSED = pa.schema([("row", pa.int64()), ("reason", pa.string()), ("detail", pa.string())])


@dataclass(frozen=True)
class Settled:
    """What is left to commit: files by table, rows by table, and the rows that the lake refused.

    ``source_rows`` counts the rows of the imported file of which at least one fact is left.
    """

    files: Mapping[str, Sequence[Path]]
    rows: Mapping[str, int]
    refused: pa.Table  # row, reason, detail
    source_rows: int


class Staging:
    """A folder of Parquet files outside every table; a killed import leaves nothing else behind."""

    def __init__(self, paths: Paths) -> None:
        self.import_id = uuid.uuid4().hex
        self.folder = paths.staging / self.import_id
        self.folder.mkdir(parents=True)
        alive = _hold(self.folder)
        assert alive is not None  # noqa: S101 — the folder is new, nobody else can hold it
        self._alive = alive
        self._refused: list[pa.Table] = []
        self._numbers = itertools.count()
        self._spend_rows: list[Path] = []  # before they were added up: every source row is accounted for
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._written: dict[str, int] = defaultdict(int)
        self._buffered: dict[str, list[pa.Table]] = defaultdict(list)
        self._source_rows_written = 0
        self._files: dict[str, list[Path]] = defaultdict(list)

    def write(self, tables: Mapping[str, pa.Table]) -> None:
        """Append the facts of one batch of source rows, each table in its lake schema without ``import_id``.

        Raises:
            InputError: a column is missing, of another type, or empty where it may not be.

        """
        filled = {name: rows for name, rows in tables.items() if rows.num_rows}
        for name, rows in filled.items():
            self._buffered[name].append(self._whole(name, rows))
            if sum(table.num_rows for table in self._buffered[name]) >= ROWS_A_GROUP:
                self._flush(name)
        if filled:
            source_rows = pa.chunked_array([c for rows in filled.values() for c in rows["source_row"].chunks])
            self._source_rows_written += pc.count_distinct(source_rows).as_py()

    def _whole(self, name: str, rows: pa.Table) -> pa.Table:
        schema = FACTS[name].schema
        stamp = pa.repeat(pa.scalar(self.import_id), rows.num_rows)
        try:
            whole = rows.append_column("import_id", stamp).select(schema.names).cast(schema, safe=True)
        except (pa.ArrowInvalid, KeyError, ValueError) as error:
            raise InputError("rows.schema", f"Rows for {name} do not fit its columns: {error}", where=name) from error
        for column in FACTS[name].required:
            if whole[column].null_count:
                raise InputError("rows.empty", f"Rows for {name} have no {column}.", where=f"{name}.{column}")
        return whole

    def _flush(self, name: str) -> None:
        """Write what is buffered as one row group: many small ones are slow to read and their index fills memory."""
        rows = pa.concat_tables(self._buffered.pop(name))
        self._writer(name).write_table(rows, row_group_size=rows.num_rows)
        self._written[name] += rows.num_rows
        if self._written[name] >= ROWS_A_FILE:
            self._close(name)

    def _writer(self, table: str) -> pq.ParquetWriter:
        if table not in self._writers:
            path = self._new_file(table)
            self._writers[table] = pq.ParquetWriter(path, FACTS[table].schema, compression="zstd", compression_level=1)
        return self._writers[table]

    def _new_file(self, table: str) -> Path:
        path = self.folder / f"{table}-{self.import_id}-{next(self._numbers)}.parquet"
        self._files[table].append(path)
        return path

    def _close(self, table: str) -> None:
        self._writers.pop(table).close()
        self._written[table] = 0

    def fold(self, *, folds_orders: bool) -> None:
        """Close the files; make orders of lines where the importer asks for it, and campaigns of advertisements.

        Raises:
            InputError: the file contradicts itself: one order of two customers, one key with two contents.

        """
        for table in list(self._buffered):
            self._flush(table)
        for table in list(self._writers):
            self._close(table)
        if folds_orders and self._files.get("order_lines"):
            fold.orders_from_lines(self.folder, self._files["order_lines"], lambda: self._new_file("orders"))
        if self._files.get("spend"):
            self._add_up_spend()
        if folds_orders:
            return  # keys are unique by construction
        for table in [name for name in FACTS if self._files.get(name)]:
            self._with_room(partial(self._sift_repeats, table))

    def sift(self, held: Mapping[str, Sequence[Path]], hidden: Sequence[str]) -> None:
        """Take out what the lake knows already.

        Args:
            held: the lake's active files by table.
            hidden: imports in those files that do not count.

        """
        for table in [name for name in FACTS if self._files.get(name) and name not in FOLLOWS_ORDER]:
            if held.get(table):
                self._with_room(partial(self._sift_known, table, held[table], hidden))

    def _with_room(self, step: Callable[[duckdb.DuckDBPyConnection], None]) -> None:
        """Run a step that may need more memory than most: it is tried again with more, and has changed nothing yet."""
        for memory in ROOM:
            try:
                with workshop(self.folder, memory) as connection:
                    step(connection)
            except duckdb.OutOfMemoryException:
                if memory == ROOM[-1]:
                    raise
            else:
                return

    def _add_up_spend(self) -> None:
        self._spend_rows = list(self._files["spend"])
        with workshop(self.folder) as connection:
            fold.spend_by_campaign(connection, self._spend_rows, self._new_file("spend"))
        del self._files["spend"][: len(self._spend_rows)]

    def _sift_repeats(self, table: str, connection: duckdb.DuckDBPyConnection) -> None:
        sieve = Sieve(connection, FACTS[table], self._files[table])
        sieve.refuse_conflicts()
        if sieve.sift_repeats():
            self._take_out(connection, table)

    def _sift_known(
        self, table: str, held: Sequence[Path], hidden: Sequence[str], connection: duckdb.DuckDBPyConnection
    ) -> None:
        if not Sieve(connection, FACTS[table], self._files[table]).sift_known(held, hidden):
            return
        if table == "orders" and self._files.get("order_lines"):
            # the lines go first: interrupted in between, the next try finds the same orders again
            connection.execute("CREATE TEMP TABLE sifted_orders AS SELECT * FROM sifted")
            if Sieve(connection, FACTS["order_lines"], self._files["order_lines"]).follow_orders():
                self._take_out(connection, "order_lines")
            connection.execute("CREATE OR REPLACE TEMP TABLE sifted AS SELECT * FROM sifted_orders")
        self._take_out(connection, table)

    def settled(self) -> Settled:
        """Say what is left, and count each refused source row once, unless one of its facts is kept."""
        files = {table: tuple(paths) for table, paths in self._files.items() if paths}
        counted = self._refused_for_good(files) if self._refused else REFUSED.empty_table()
        rows = {t: sum(pq.read_metadata(path).num_rows for path in paths) for t, paths in files.items()}
        filled = {table: count for table, count in rows.items() if count}
        kept = self._source_rows_written - counted.num_rows
        return Settled({table: files[table] for table in filled}, filled, counted, kept)

    def _refused_for_good(self, files: Mapping[str, Sequence[Path]]) -> pa.Table:
        """Return the refused source rows of which nothing is kept."""
        kept = " UNION ALL ".join(self._source_rows(table, paths) for table, paths in files.items())
        unless_kept = f"WHERE row NOT IN ({kept})" if kept else ""
        with workshop(self.folder) as connection:
            connection.register("refused", pa.concat_tables(self._refused))
            return connection.execute(
                f"""SELECT row, min(reason) AS reason, min(detail) AS detail
                    FROM refused {unless_kept} GROUP BY 1 ORDER BY 1"""
            ).to_arrow_table()

    def _take_out(self, connection: duckdb.DuckDBPyConnection, table: str) -> None:
        """Remove the rows named in the temporary table ``sifted`` and remember why."""
        rows = "sifted"
        if table == "spend":
            summed = f"read_parquet({file_list(self._files[table])}, file_row_number = true, filename = true)"
            rows = f"""(SELECT spent.source_row, sifted.reason, sifted.detail
                        FROM read_parquet({file_list(self._spend_rows)}) spent
                        JOIN {summed} summed USING ({", ".join(FACTS[table].key)})
                        JOIN sifted ON sifted.filename = summed.filename
                                   AND sifted.file_row_number = summed.file_row_number)"""
        query = f"SELECT source_row AS row, reason, detail FROM {rows}"
        refused = connection.execute(query).to_arrow_table().cast(REFUSED)
        staged, draft = list(self._files[table]), self.folder / f"{table}.draft"
        connection.execute(
            f"""COPY (SELECT staged.* EXCLUDE (file_row_number, filename)
                      FROM read_parquet({file_list(staged)}, file_row_number = true, filename = true) staged
                      ANTI JOIN sifted USING (filename, file_row_number))
                TO '{quote(str(draft))}' (FORMAT parquet, COMPRESSION zstd)"""
        )
        self._refused.append(refused)
        self._drop(table, staged)
        draft.rename(self._new_file(table))

    def _source_rows(self, table: str, files: Sequence[Path]) -> str:
        """Return a query for the rows of the imported file of which something is left in ``files``."""
        if table != "spend":
            return f"SELECT source_row FROM read_parquet({file_list(files)})"
        key = ", ".join(FACTS[table].key)
        return f"""SELECT spent.source_row FROM read_parquet({file_list(self._spend_rows)}) spent
                   SEMI JOIN read_parquet({file_list(files)}) USING ({key})"""

    def _drop(self, table: str, files: Sequence[Path]) -> None:
        for path in files:
            self._files[table].remove(path)
            path.unlink()

    def discard(self) -> None:
        """Remove every staged file."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._alive)


def clear_dead(paths: Paths) -> None:
    """Remove the staged files of importers that died: nobody holds their folder's lock any more."""
    for folder in paths.staging.glob("*/"):
        descriptor = _hold(folder)
        if descriptor is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(descriptor)


def _hold(folder: Path) -> int | None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
