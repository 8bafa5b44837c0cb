"""From records to batches: each record ends in fact rows or in one refusal, and batches stay small."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from keepwell.observe.importer import REFUSED_SCHEMA, Batch
from keepwell.observe.json_fields import ZERO, Fields, RecordRefusedError
from keepwell.observe.json_records import JsonFile
from keepwell.observe.personal import without_emails
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import FACTS

BATCH_ROWS = 50_000
BATCH_BYTES = 8 * 1024 * 1024

Fact = tuple[str, dict[str, Any]]  # the table's name, and the row without source and source_row
ReadRecord = Callable[[Fields, "Counter[str]"], Iterable[Fact]]


def batches(file: JsonFile, read: ReadRecord, source: str) -> Iterator[Batch]:
    """Yield the facts of a JSON file in batches.

    Args:
        file: the file, opened.
        read: turns one record into at least one fact, or raises RecordRefusedError; counts what it changed.
        source: written to every row.

    Raises:
        InputError: the file breaks off.

    """
    pending = PendingRows(source)
    for record in file.records():
        changes: Counter[str] = Counter()
        if record.value is None:
            pending.refuse(record.row, Refusal.UNREADABLE_ROW, record.problem, record.raw)
        else:
            try:
                facts = list(read(Fields(record.value), changes))
            except RecordRefusedError as refused:
                pending.refuse(record.row, refused.reason, refused.detail, record.raw)
            except RecursionError:
                pending.refuse(record.row, Refusal.UNREADABLE_VALUE, "nested too deeply", record.raw)
            else:
                pending.keep(record.row, facts, changes)
        pending.bytes += record.size
        if pending.is_full:
            yield pending.batch(file.progress)
    if pending.rows_in:
        yield pending.batch(1.0)


class PendingRows:
    """Rows that wait for their batch."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._clear()

    def _clear(self) -> None:
        self.rows_in = 0
        self.bytes = 0
        self.facts = 0
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.refused: list[tuple[int, str, str, str]] = []
        self.changes: Counter[str] = Counter()

    @property
    def is_full(self) -> bool:
        """Whether it is time for a batch."""
        return self.facts + len(self.refused) >= BATCH_ROWS or self.bytes >= BATCH_BYTES

    def keep(self, row: int, facts: Iterable[Fact], changes: Mapping[str, int]) -> None:
        """Take the facts of one source row; each kind of change counts once a row."""
        self.rows_in += 1
        for table, fact in facts:
            fact["source_row"] = row
            self.tables.setdefault(table, []).append(fact)
            self.facts += 1
        self.changes.update(changes.keys())

    def refuse(self, row: int, reason: Refusal, detail: str, raw: str) -> None:
        """Take one refused source row."""
        self.rows_in += 1
        self.refused.append((row, reason.value, detail, raw))

    def batch(self, progress: float) -> Batch:
        """Return what has gathered and begin anew."""
        tables = {name: fact_table(name, rows, self.source) for name, rows in self.tables.items()}
        batch = Batch(self.rows_in, tables, refused_table(self.refused), dict(self.changes), progress)
        self._clear()
        return batch


def fact_table(name: str, rows: list[dict[str, Any]], source: str) -> pa.Table:
    """Return rows as an Arrow table in the lake's schema without ``import_id``; times are microseconds since 1970.

    E-mail addresses are taken out of all texts.
    """
    fields = [field for field in FACTS[name].schema if field.name != "import_id"]
    columns = []
    for field in fields:
        if field.name == "source":
            columns.append(pa.array([source] * len(rows), field.type))
            continue
        values = [row.get(field.name) for row in rows]
        if pa.types.is_timestamp(field.type):
            columns.append(pa.array(values, pa.int64()).cast(field.type))
        else:
            column = pa.array(values, field.type)
            columns.append(without_emails(column) if pa.types.is_string(field.type) else column)
    return pa.Table.from_arrays(columns, schema=pa.schema(fields))


def refused_table(rows: list[tuple[int, str, str, str]]) -> pa.Table:
    """Return refused rows in REFUSED_SCHEMA."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(REFUSED_SCHEMA)
    arrays = [pa.array(list(c), field.type) for c, field in zip(columns, REFUSED_SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=REFUSED_SCHEMA)


def spread(weights: list[Decimal], total: Decimal) -> list[Decimal]:
    """Return the total divided in proportion to the weights, with four decimals, adding up exactly.

    Args:
        weights: at least 0 each; all zero leaves them as they are.
        total: what is divided.

    >>> [str(share) for share in spread([Decimal(1), Decimal(2)], Decimal("10"))]
    ['3.3333', '6.6667']

    """
    whole = sum(weights, ZERO)
    if whole == total or not whole:
        return weights
    shares: list[Decimal] = []
    reached, given = ZERO, ZERO
    for weight in weights:
        reached += weight
        upto = (total * reached / whole).quantize(Decimal("0.0001"))
        shares.append(upto - given)
        given = upto
    return shares
