"""A lake: one business's facts in a data folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keepwell.lake import compact, forget, pseudonym, rewrite, settings
from keepwell.lake.append import append, held_files
from keepwell.lake.durable import lock
from keepwell.lake.failure import explained, explained_queries
from keepwell.lake.ledger import Entry, Ledger, State, next_state
from keepwell.lake.paths import Paths
from keepwell.lake.read import Snapshot, hidden_imports, snapshot
from keepwell.lake.staging import Settled, Staging, clear_dead
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, LakeError
from keepwell.vocabulary.tables import FACTS

WRITE_PATIENCE = 600.0
READ_PATIENCE = 60.0
UNREADABLE = "%?*[]"


@dataclass(frozen=True)
class Lake:
    """The lake in one data folder; any number of processes may hold one on the same folder.

    Args:
        paths: where its files stand.

    Example:
        >>> import tempfile
        >>> lake = Lake.create(tempfile.mkdtemp(), Business(currency="GBP"))
        >>> lake.imports()
        []

    """

    paths: Paths

    @classmethod
    def create(cls, root: str | Path, business: Business | None = None) -> Lake:
        """Open the data folder ``root``, making it when it is not there; ``business`` replaces its settings."""
        paths = _paths(root)
        try:
            paths.staging.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LakeError(
                "lake.folder",
                f"The data folder cannot be made: {error.strerror}.",
                where=str(paths.root),
                advice="Choose a folder that you may write to with --data.",
            ) from error
        lake = cls(paths)
        if business is not None:
            lake.save_business(business)
        return lake

    @classmethod
    def open(cls, root: str | Path) -> Lake:
        """Open an existing data folder.

        Raises:
            InputError: there is no lake in it.

        """
        paths = _paths(root)
        if not paths.lake.exists():
            raise InputError(
                "lake.missing",
                "There are no facts yet.",
                where=str(paths.root),
                advice="Import a file first: keepwell import orders.csv (or try: keepwell demo).",
            )
        return cls(paths)

    @property
    def business(self) -> Business | None:
        """The saved settings of the business; ``None`` when there are none yet."""
        with explained(self.paths):
            return settings.read_business(self.paths)

    def save_business(self, business: Business) -> None:
        """Save the settings of the business."""
        with explained(self.paths):
            settings.save_business(self.paths, business)

    @property
    def identity_key(self) -> bytes:
        """The secret that makes ids opaque, made at the first call.

        Raises:
            LakeError: it is damaged, or gone although there are facts.

        """
        with explained(self.paths):
            if not self.paths.identity_key.exists() and self.imports() and not self.paths.identity_key.exists():
                raise settings.lost_key(self.paths, "The identity key is gone, but not the facts made with it.")
            return settings.identity_key(self.paths)

    def imports(self) -> list[tuple[Entry, State]]:
        """Return every import that was ever committed, oldest first, with its present state."""
        with explained(self.paths):
            return Ledger.read(self.paths).history()

    def already_imported(self, content_id: str) -> Entry | None:
        """Return the import that brought the same bytes in the same way, if running it again would change nothing.

        After a later undo it might: rows that were left out as known may be missing now.
        """
        with explained(self.paths):
            ledger = Ledger.read(self.paths)
        last_undo = max((e.sequence for e in ledger.entries if e.state is State.UNDONE), default=0)
        for entry in ledger.committed():
            if entry.content_id == content_id and entry.sequence > last_undo:
                return entry
        return None

    @contextmanager
    def staging(self) -> Iterator[Staging]:
        """Stage the files of a new import; whatever was not appended is removed at the end."""
        with explained(self.paths):
            clear_dead(self.paths)
            staging = Staging(self.paths)
            try:
                yield staging
            finally:
                staging.discard()

    def append(self, staging: Staging, describe: Callable[[Settled], Entry]) -> tuple[Entry, Settled]:
        """Commit what is staged, all of it or nothing.

        ``describe`` makes the ledger's entry from what is left after the rows that the lake knows were taken out.
        """
        with self._writing():
            return append(self.paths, staging, describe)

    def preview(self, staging: Staging) -> Settled:
        """Say what ``append`` would leave, without changing the lake."""
        with explained(self.paths):
            ledger = Ledger.read(self.paths)
            staging.sift(held_files(self.paths), hidden_imports(ledger, Ledger.read(self.paths)))
            return staging.settled()

    def undo(self, import_id: str, now: datetime | None = None) -> Entry:
        """Take back a whole import; its rows stop counting at once and are then removed from every file.

        Raises:
            InputError: there is no such import, or it was undone already.

        """
        entry = self._find(import_id)
        with self._writing():
            if not next_state(self.paths, entry.import_id, State.UNDONE, {State.COMMITTED}, now):
                raise InputError(
                    "import.undone", f"Import {entry.import_id[:8]} was undone already.", value=entry.import_id
                )
            rewrite.purge(self.paths, entry.import_id)
        return entry

    def forget(self, customer_id: str) -> Mapping[str, int]:
        """Erase a customer's rows so that no file holds them any more; return the rows removed by table."""
        with self._writing():
            Ledger.read(self.paths)  # a damaged lake is refused before anything is removed
            removed = forget.forget(self.paths, customer_id)
            with self._nobody_reading():
                compact.sweep(self.paths)
        return removed

    def replace_ids(self, ids: Mapping[str, str], before: datetime | None = None) -> Mapping[str, int]:
        """Give people other ids in every row that happened before a moment; see ``keepwell.lake.pseudonym``."""
        with self._writing():
            Ledger.read(self.paths)  # a damaged lake is refused before anything is changed
            changed = pseudonym.replace_ids(self.paths, ids, before)
            with self._nobody_reading():
                compact.sweep(self.paths)
        return changed

    def scrub_refused(self, is_about: Callable[[str, Mapping[str, str]], bool]) -> int:
        """Remove the rows of error files that are about somebody; see ``keepwell.lake.forget.scrub_refused``."""
        with self._writing():
            return forget.scrub_refused(self.paths, is_about)

    @property
    def needs_compacting(self) -> bool:
        """Whether some table has enough small files to be worth merging."""
        return compact.needs_compacting(self.paths)

    def compact(self) -> int:
        """Merge small files and remove replaced ones; return how many files were merged."""
        with self._writing():
            rewrite.purge_dead(self.paths)
            merged = compact.compact(self.paths)
            try:
                with self._nobody_reading(patience=0):
                    compact.sweep(self.paths)
            except LakeError:
                return merged  # somebody is reading: the next run sweeps
        return merged

    @contextmanager
    def snapshot(self, engine: str = "duckdb", *, memory: str | None = None) -> Iterator[Snapshot]:
        """Open the facts as they are now; what others write meanwhile is not seen.

        >>> import tempfile
        >>> with Lake.create(tempfile.mkdtemp()).snapshot() as facts:
        ...     sorted(facts.tables)
        []
        """
        busy = "The lake is being swept."
        with ExitStack() as stack:
            with explained(self.paths):
                stack.enter_context(
                    lock(self.paths.lake / ".readers", exclusive=False, patience=READ_PATIENCE, busy=busy)
                )
                opened = stack.enter_context(snapshot(self.paths, engine, memory))
            with explained_queries(self.paths):
                yield opened

    def count(self) -> dict[str, int]:
        """Return the number of rows that count, by table."""
        with self.snapshot() as facts:
            return {name: int(facts.tables[name].count().execute()) for name in FACTS if name in facts.tables}

    def _find(self, import_id: str) -> Entry:
        found = [entry for entry, _ in self.imports() if import_id and entry.import_id.startswith(import_id)]
        if len(found) != 1:
            what = "There is no import" if not found else "More than one import begins with"
            raise InputError(
                "import.unknown", f"{what} {import_id}.", value=import_id, advice="See: keepwell imports list"
            )
        return found[0]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        busy = "Another import is being committed."
        with (
            explained(self.paths),
            lock(self.paths.lake / ".writers", exclusive=True, patience=WRITE_PATIENCE, busy=busy),
        ):
            yield

    @contextmanager
    def _nobody_reading(self, patience: float = READ_PATIENCE) -> Iterator[None]:
        busy = "Somebody is reading the lake, so that replaced files cannot be removed yet."
        with lock(self.paths.lake / ".readers", exclusive=True, patience=patience, busy=busy):
            yield


def _paths(root: str | Path) -> Paths:
    folder = Path(root).expanduser().resolve()
    bad = sorted(set(str(folder)) & set(UNREADABLE))
    if bad:
        raise InputError(
            "lake.path",
            f"A data folder's path may not hold {' '.join(bad)}, which table readers take for patterns.",
            where=str(folder),
            value=bad,
            advice="Choose another folder with --data.",
        )
    return Paths(folder)
