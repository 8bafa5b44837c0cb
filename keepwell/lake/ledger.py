"""The ledger of imports: the one commit that makes an import count.

Rows of an import are appended to several tables, which no Delta commit can do at once. So each import first writes
``started`` here, then appends, then writes ``committed``: readers hide every import that is not committed. Entries
are numbered by compare-and-swap on this table, hence two imports can never decide on the same view of the lake.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from keepwell.lake import delta
from keepwell.lake.durable import publish
from keepwell.lake.paths import Paths
from keepwell.vocabulary.tables import FACTS

APPLICATION = "keepwell-ledger"


class State(StrEnum):
    """What has become of an import."""

    STARTED = "started"  # its rows are being appended; hidden
    COMMITTED = "committed"  # counts
    ABANDONED = "abandoned"  # its writer died or lost a race; hidden
    UNDONE = "undone"  # a person took it back; hidden
    PURGED = "purged"  # abandoned or undone, and no file holds its rows any more


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. The last entry of an import says its state; counts stand in its ``committed`` entry."""

    import_id: str
    state: State
    at: datetime
    content_id: str = ""
    importer: str = ""
    source: str = ""
    file_name: str = ""
    rows_in: int = 0
    rows_kept: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    changed: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    customer_field: int | None = None  # which field of a refused row names the customer, from 0, where known
    sequence: int = 0


SCHEMA = pa.schema(
    [
        pa.field("sequence", pa.int64(), nullable=False),
        pa.field("import_id", pa.string(), nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("content_id", pa.string(), nullable=False),
        pa.field("details", pa.string(), nullable=False),  # the other fields of Entry as JSON
    ]
)


@dataclass(frozen=True)
class Ledger:
    """The entries at one version; ``add`` succeeds only while nobody else has added since."""

    paths: Paths
    table: DeltaTable
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, paths: Paths) -> Ledger:
        """Read the newest version.

        Raises:
            LakeError: the ledger or a table that it speaks of is damaged or gone.

        """
        if not paths.ledger.exists() and any(paths.table(name).exists() for name in FACTS):
            raise delta.unreadable(paths.ledger, "The ledger of imports is gone, but not the facts.")
        table = delta.open_or_create(paths.ledger, SCHEMA)
        files = delta.active_files(table, paths.ledger)
        rows = [row for file in files for row in pq.read_table(file).to_pylist()]
        ledger = cls(paths, table, tuple(_entry(row) for row in sorted(rows, key=lambda row: row["sequence"])))
        for name in sorted({name for entry in ledger.committed() for name in entry.tables}):
            if not paths.table(name).exists():
                raise delta.unreadable(paths.table(name), "It is gone, but imports that count have rows in it.")
        return ledger

    @property
    def version(self) -> int:
        """Number of the last entry; 0 for an empty ledger."""
        return self.entries[-1].sequence if self.entries else 0

    def states(self) -> dict[str, State]:
        """Return each import's present state."""
        return {entry.import_id: entry.state for entry in self.entries}

    def committed(self) -> list[Entry]:
        """Return the ``committed`` entries of the imports that count now, oldest first."""
        states = self.states()
        return [e for e in self.entries if e.state is State.COMMITTED and states[e.import_id] is State.COMMITTED]

    def history(self) -> list[tuple[Entry, State]]:
        """Return every import that was ever committed, with what has become of it."""
        states = self.states()
        return [(e, states[e.import_id]) for e in self.entries if e.state is State.COMMITTED]

    def add(self, entry: Entry) -> Ledger:
        """Append one entry.

        Raises:
            LostRaceError: somebody else appended since this ledger was read.

        """
        sequence = self.version + 1
        self.paths.staging.mkdir(parents=True, exist_ok=True)
        name = f"{sequence:09d}-{uuid.uuid4().hex}.parquet"
        staged, final = self.paths.staging / name, self.paths.ledger / name
        pq.write_table(pa.Table.from_pylist([_row(entry, sequence)], schema=SCHEMA), staged)
        publish(staged, final)
        try:
            delta.change(self.table, self.paths.ledger, add=[final], sequence=(APPLICATION, sequence))
        except delta.LostRaceError:
            final.unlink(missing_ok=True)
            raise
        return Ledger.read(self.paths)


def next_state(paths: Paths, import_id: str, state: State, allowed: set[State], at: datetime | None = None) -> bool:
    """Move one import to ``state`` if it is in one of the ``allowed`` states; say whether it was."""
    while True:
        ledger = Ledger.read(paths)
        if ledger.states().get(import_id) not in allowed:
            return False
        try:
            ledger.add(Entry(import_id, state, at or datetime.now(UTC)))
        except delta.LostRaceError:
            continue
        return True


def _row(entry: Entry, sequence: int) -> dict[str, object]:
    details = {
        "importer": entry.importer,
        "source": entry.source,
        "file_name": entry.file_name,
        "rows_in": entry.rows_in,
        "rows_kept": entry.rows_kept,
        "refused": dict(entry.refused),
        "changed": dict(entry.changed),
        "tables": dict(entry.tables),
        "findings": list(entry.findings),
        "customer_field": entry.customer_field,
    }
    return {
        "sequence": sequence,
        "import_id": entry.import_id,
        "state": str(entry.state),
        "at": entry.at,
        "content_id": entry.content_id,
        "details": json.dumps(details, ensure_ascii=False),
    }


def _entry(row: dict[str, object]) -> Entry:
    details = json.loads(str(row["details"]))
    details["findings"] = tuple(details["findings"])
    at = row["at"]
    assert isinstance(at, datetime)  # noqa: S101 — narrows the type of an Arrow value
    return Entry(
        import_id=str(row["import_id"]),
        state=State(str(row["state"])),
        at=at,
        content_id=str(row["content_id"]),
        sequence=int(str(row["sequence"])),
        **details,
    )


def ledger_files(paths: Paths) -> list[Path]:
    """Return the files of the ledger's newest version."""
    return delta.files_in(paths.ledger, SCHEMA)
