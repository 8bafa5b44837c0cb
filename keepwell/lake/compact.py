"""Keeping the number of files small, and removing the files that no version needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keepwell.lake import delta
from keepwell.lake.engine import workshop
from keepwell.lake.ledger import SCHEMA, ledger_files
from keepwell.lake.paths import Paths
from keepwell.lake.rewrite import merge
from keepwell.vocabulary.tables import FACTS

SMALL = 64 * 1024 * 1024
ENOUGH = 8  # merging fewer files than this gains nothing that a reader would notice


def compact(paths: Paths) -> int:
    """Merge the small files of every table; return how many were merged. The caller holds the writers' lock."""
    merged = 0
    for name, fact_table in FACTS.items():
        folder = paths.table(name)
        if not folder.exists():
            continue
        table = delta.open_or_create(folder, fact_table.schema)
        for files in _bins(delta.active_files(table, folder)):
            with workshop(paths.staging) as connection:
                whole = merge(connection, paths, name, files)
            delta.change(table, folder, add=[whole] if whole else [], remove=files)
            table = delta.open_or_create(folder, fact_table.schema)
            merged += len(files)
    return merged


def needs_compacting(paths: Paths) -> bool:
    """Say whether some table has enough small files to be worth merging."""
    return any(
        bool(_bins(delta.files_in(paths.table(name), table.schema)))
        for name, table in FACTS.items()
        if paths.table(name).exists()
    )


def sweep(paths: Paths) -> int:
    """Delete the files that the newest version does not name; return how many.

    The caller holds both locks: nobody writes a file that is not committed yet, and nobody reads an older version.
    """
    swept = 0
    for name, table in FACTS.items():
        folder = paths.table(name)
        if folder.exists():
            swept += _sweep(folder, delta.files_in(folder, table.schema))
    if paths.ledger.exists():
        delta.open_or_create(paths.ledger, SCHEMA)
        swept += _sweep(paths.ledger, ledger_files(paths))
    return swept


def _sweep(folder: Path, active: Sequence[Path]) -> int:
    needed = {path.name for path in active}
    gone = [path for path in folder.glob("*.parquet") if path.name not in needed]
    for path in gone:
        path.unlink()
    return len(gone)


def _bins(files: Sequence[Path]) -> list[list[Path]]:
    """Group small files so that each group makes one file of about eight times ``SMALL``."""
    small = sorted((path for path in files if path.stat().st_size < SMALL), key=lambda path: path.name)
    if len(small) < ENOUGH:
        return []
    groups: list[list[Path]] = [[]]
    size = 0
    for path in small:
        if size > 8 * SMALL:
            groups.append([])
            size = 0
        groups[-1].append(path)
        size += path.stat().st_size
    return [group for group in groups if len(group) > 1]
