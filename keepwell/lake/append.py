"""Committing a staged import: intent, files, and then the one entry that makes them count."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from keepwell.lake import delta, rewrite
from keepwell.lake.durable import sync_file, sync_folder
from keepwell.lake.ledger import Entry, Ledger, State
from keepwell.lake.paths import Paths
from keepwell.lake.read import hidden_imports
from keepwell.lake.staging import Settled, Staging
from keepwell.vocabulary.errors import LakeError
from keepwell.vocabulary.tables import FACTS


def append(paths: Paths, staging: Staging, describe: Callable[[Settled], Entry]) -> tuple[Entry, Settled]:
    """Append the staged rows that the lake does not know; the caller holds the writers' lock.

    Killed at any point, it leaves an import that was only ``started``: hidden from readers, and removed by the next
    writer. So there is no state from which running the import again would count a row twice.
    """
    rewrite.purge_dead(paths)
    before = Ledger.read(paths)
    staging.sift(held_files(paths), hidden_imports(before, before))
    settled = staging.settled()
    entry = describe(settled)
    started = Entry(staging.import_id, State.STARTED, entry.at, file_name=entry.file_name, importer=entry.importer)
    ledger = _add(before, started)
    _publish(paths, settled.files)
    _add(ledger, entry)
    return entry, settled


def held_files(paths: Paths) -> dict[str, list[Path]]:
    """Return the active files of every fact table that exists."""
    return {
        name: delta.files_in(paths.table(name), table.schema)
        for name, table in FACTS.items()
        if paths.table(name).exists()
    }


def _publish(paths: Paths, files: Mapping[str, Sequence[Path]]) -> None:
    for name, staged in files.items():
        folder = paths.table(name)
        schema = FACTS[name].schema
        table = delta.widen(delta.open_or_create(folder, schema), folder, schema)
        for path in staged:
            sync_file(path)
            os.link(path, folder / path.name)
        sync_folder(folder)
        delta.change(table, folder, add=[folder / path.name for path in staged])


def _add(ledger: Ledger, entry: Entry) -> Ledger:
    try:
        return ledger.add(entry)
    except delta.LostRaceError as error:
        # The lock keeps processes of one machine apart; this is a second machine on a shared disk.
        raise LakeError(
            "lake.race",
            "Another machine wrote to the lake at the same moment; nothing was imported.",
            where=str(ledger.paths.ledger),
            advice="Run the import again.",
        ) from error
