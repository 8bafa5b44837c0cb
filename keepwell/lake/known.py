"""Which staged rows say something new: facts are told apart by their key, within the file and against the lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from keepwell.lake.engine import file_list, quote, rows_in
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import Table

# An event is known by its id alone, for ever; a customer's description is replaced by the newer one; a line stands
# and falls with its order. Everything else must also say the same as before.
KNOWN_BY_ID = frozenset({"events"})
REPLACED = frozenset({"customers"})
FOLLOWS_ORDER = frozenset({"order_lines"})


class Sieve:
    """Names the staged rows of one table that say nothing new, in the temporary table ``sifted``."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, table: Table, staged: Sequence[Path]) -> None:
        self.connection = connection
        self.table = table
        self.staged = file_list(staged)
        self.key = ", ".join(table.key)
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE sifted
               (filename TEXT, file_row_number BIGINT, source_row BIGINT, reason TEXT, detail TEXT)"""
        )

    def refuse_conflicts(self) -> None:
        """Raise when two rows of the file carry the same key with other contents.

        Raises:
            InputError: naming both rows and the key.

        """
        if self.table.name in KNOWN_BY_ID | REPLACED | FOLLOWS_ORDER:
            return
        row = self.connection.execute(
            f"""SELECT {self.key}, min(source_row), max(source_row) FROM read_parquet({self.staged})
                GROUP BY {self.key} HAVING count(*) > 1 AND count(DISTINCT {self._contents("")}) > 1
                ORDER BY min(source_row) LIMIT 1"""
        ).fetchone()
        if row is None:
            return
        *key, first, last = row
        named = ", ".join(f"{name} {value}" for name, value in zip(self.table.key, key, strict=True) if value)
        raise InputError(
            "fact.conflicting",
            f"One key of {self.table.name.replace('_', ' ')} stands twice with different contents ({named}).",
            where=f"rows {first} and {last}",
            value=named,
            advice="Keep one of the two rows, or map a column that is unique; nothing was imported.",
        )

    def sift_repeats(self) -> bool:
        """Name every row whose key stands earlier in the file; say whether there is any."""
        order = "seen_at DESC, source_row" if self.table.name in REPLACED else "source_row"
        self.connection.execute(
            f"""INSERT INTO sifted
                SELECT filename, file_row_number, source_row, '{Refusal.REPEATED_ROW}', {self._named("s.")}
                FROM {self._rows()} s SEMI JOIN (
                    SELECT {self.key} FROM read_parquet({self.staged}) GROUP BY {self.key} HAVING count(*) > 1
                ) twice USING ({self.key})
                QUALIFY row_number() OVER (PARTITION BY {self.key} ORDER BY {order}) > 1"""
        )
        return self._any()

    def sift_known(self, held: Sequence[Path], hidden: Sequence[str]) -> bool:
        """Name every row whose key the lake holds; say whether there is any.

        For orders the temporary table ``orders_refused`` keeps them for their lines. ``hidden`` are imports whose
        rows in ``held`` do not count.
        """
        same = "true" if self.table.name in KNOWN_BY_ID else f"{self._contents('s.')} = {self._contents('h.')}"
        joined = " AND ".join(f"s.{name} = h.{name}" for name in self.table.key)
        unseen = ", ".join(f"'{quote(import_id)}'" for import_id in hidden) or "''"
        only_same = f"AND {same}" if self.table.name in REPLACED else ""
        self.connection.execute(
            f"""INSERT INTO sifted
                SELECT s.filename, s.file_row_number, min(s.source_row),
                       CASE WHEN bool_or({same}) THEN '{Refusal.ALREADY_KNOWN}'
                            ELSE '{Refusal.CONFLICTS_WITH_KNOWN}' END,
                       min({self._named("s.")})
                FROM {self._rows()} s JOIN {rows_in(self.connection, self.table.schema, held)} h ON {joined} {only_same}
                WHERE h.import_id NOT IN ({unseen})
                GROUP BY s.filename, s.file_row_number"""
        )
        if self.table.name == "orders":
            self.connection.execute(
                f"""CREATE OR REPLACE TEMP TABLE orders_refused AS
                    SELECT {self.key}, reason, detail FROM {self._rows()}
                    JOIN sifted USING (filename, file_row_number)"""
            )
        return self._any()

    def follow_orders(self) -> bool:
        """Name the lines of the orders in ``orders_refused``; say whether there is any."""
        self.connection.execute(
            f"""INSERT INTO sifted
                SELECT filename, file_row_number, source_row, reason, detail
                FROM {self._rows()} JOIN orders_refused USING (source, order_id)"""
        )
        return self._any()

    def _any(self) -> bool:
        row = self.connection.execute("SELECT count(*) FROM sifted").fetchone()
        return bool(row and row[0])

    def _rows(self) -> str:
        return f"read_parquet({self.staged}, file_row_number = true, filename = true)"

    def _contents(self, prefix: str) -> str:
        names = [c.name for c in self.table.columns if c.name not in self.table.key]
        return "row(" + ", ".join(f"{prefix}{name}" for name in names) + ")"

    def _named(self, prefix: str) -> str:
        return "concat_ws(' ', " + ", ".join(f"'{n}=' || {prefix}{n}" for n in self.table.key if n != "source") + ")"
