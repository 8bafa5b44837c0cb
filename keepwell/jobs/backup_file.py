"""The file that a backup is: a manifest, the database, and the files of the data folder, in one tar."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keepwell.vocabulary.errors import InputError

FORMAT = 1
MANIFEST = "manifest.json"
DATABASE = "database"
FOLDER = "folder"
SQLITE = "operations.sqlite3"
MOST_MANIFEST_BYTES = 10 << 20


def read_manifest(source: Path) -> dict[str, Any]:
    """Return what a backup says about itself.

    Raises:
        InputError: it is none, it is damaged, or it is of another version.

    """
    with _archive(source) as archive:
        entry = archive.next()
        if entry is None or entry.name != MANIFEST or entry.size > MOST_MANIFEST_BYTES:
            raise InputError("backup.damaged", "This is no backup of Keepwell.", where=str(source))
        content = archive.extractfile(entry)
        try:
            manifest: dict[str, Any] = json.loads(content.read()) if content else {}
        except ValueError as error:
            raise InputError("backup.damaged", "The backup's first entry is damaged.", where=str(source)) from error
    if manifest.get("format") != FORMAT:
        raise InputError(
            "backup.format", "This backup was made by another version.", where=str(source), advice="Upgrade Keepwell."
        )
    return manifest


def unpack(source: Path, root: Path) -> Path:
    """Unpack a backup into an empty data folder; return the folder with what belongs into the database.

    Names that lead out of the folder, links and devices are refused: a backup may come from anywhere.

    Raises:
        InputError: the folder is not empty, or the backup is damaged; nothing is left behind then.

    """
    if root.exists() and any(root.iterdir()):
        raise InputError(
            "restore.folder", "The data folder is not empty.", where=str(root), advice="Name a new one with --data."
        )
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    place = root / "temporary" / "restoring"
    try:
        with _archive(source) as archive:
            for entry in archive:
                first, _slash, rest = entry.name.partition("/")
                if first not in {DATABASE, FOLDER} or not rest or not entry.isfile():
                    continue
                entry.name = rest
                archive.extract(entry, place if first == DATABASE else root, filter="data")
    except BaseException:
        clear(root)
        raise
    return place


def clear(root: Path) -> None:
    """Remove what stands in a folder."""
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def _archive(source: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(source, mode="r:") as archive:
            yield archive
    except (OSError, tarfile.TarError) as error:
        message = f"The backup cannot be read: {error}."
        raise InputError("backup.damaged", message, where=str(source), advice="Take another copy.") from error
