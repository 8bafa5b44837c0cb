"""The few things we ask of a Delta table: make it, list its files, and change them in one commit."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from keepwell.lake.durable import sync_file, sync_folder
from keepwell.vocabulary.errors import LakeError


class LostRaceError(Exception):
    """Another writer committed first; read again and decide again."""


def open_or_create(folder: Path, schema: pa.Schema) -> DeltaTable:
    """Open the table in ``folder``, making it first when it is not there (two makers at once are fine)."""
    _check_newest(folder)
    try:
        return DeltaTable(folder)
    except TableNotFoundError as error:
        # data files are written only after the log was begun, so without one they are what is left of a table
        if next(folder.glob("*.parquet"), None) is not None:
            raise unreadable(folder, "Its log is gone, but not its files.") from error
        folder.mkdir(parents=True, exist_ok=True)
        table = DeltaTable.create(folder, schema=schema, mode="ignore")
        sync_folder(folder / "_delta_log")
        sync_folder(folder)
        return table
    except DeltaError as error:
        raise unreadable(folder, first_line(error)) from error


def unreadable(folder: Path, reason: str) -> LakeError:
    """Return the error for a table that is damaged."""
    return LakeError(
        "lake.unreadable",
        f"The table cannot be opened: {reason}",
        where=str(folder),
        advice="Restore the folder from a backup; until then nothing is read and nothing is removed.",
    )


def first_line(error: Exception) -> str:
    """Return what went wrong without the engine's own trace."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _newest_log(folder: Path) -> Path | None:
    return max((folder / "_delta_log").glob("*.json"), key=lambda path: path.name, default=None)


def _check_newest(folder: Path) -> None:
    """Refuse a table whose newest commit is cut off: delta-rs would silently read the version before it."""
    newest = _newest_log(folder)
    if newest is None:
        return
    try:
        actions = [json.loads(line) for line in newest.read_text(encoding="utf-8").splitlines() if line]
    except ValueError:
        actions = []
    if not actions:
        raise unreadable(folder, f"Its newest log entry {newest.name} is cut off.")


def widen(table: DeltaTable, folder: Path, schema: pa.Schema) -> DeltaTable:
    """Add the columns that ``schema`` has and the table, made by an older release, has not."""
    known = {field.name for field in table.schema().fields}
    missing = [field for field in schema if field.name not in known]
    if missing:
        from_arrow = DeltaSchema.from_arrow(pa.schema([field.with_nullable(True) for field in missing]))
        table.alter.add_columns(from_arrow.fields)
        return DeltaTable(folder)
    return table


def active_files(table: DeltaTable, folder: Path) -> list[Path]:
    """Return the files that make up the table at this version; globbing the folder would be wrong."""
    return [folder / name for name in pa.table(table.get_add_actions())["path"].to_pylist()]


def files_in(folder: Path, schema: pa.Schema) -> list[Path]:
    """Return the files of the newest version of the table in ``folder``."""
    return active_files(open_or_create(folder, schema), folder)


def change(
    table: DeltaTable,
    folder: Path,
    *,
    add: Sequence[Path] = (),
    remove: Sequence[Path] = (),
    sequence: tuple[str, int] | None = None,
) -> None:
    """Add and remove files in one commit, then sync the log.

    ``sequence`` is an application transaction (name, number): a concurrent commit of the same name loses.

    Raises:
        LostRaceError: another writer removed one of the files or used the sequence first.

    """
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [RemoveAction(path.name, True, now) for path in remove]
    actions += [_add_action(path) for path in add]
    transactions = [Transaction(*sequence)] if sequence else None
    try:
        table.create_write_transaction(
            actions,
            "append",
            table.schema(),
            commit_properties=CommitProperties(app_transactions=transactions, max_commit_retries=50),
            post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
        )
    except CommitFailedError as error:
        raise LostRaceError(str(error)) from error
    newest = _newest_log(folder)
    if newest is not None:
        sync_file(newest)
    sync_folder(folder / "_delta_log")


def _add_action(path: Path) -> AddAction:
    rows = pq.read_metadata(path).num_rows
    stat = path.stat()
    return AddAction(path.name, stat.st_size, {}, int(stat.st_mtime * 1000), True, f'{{"numRecords": {rows}}}')
