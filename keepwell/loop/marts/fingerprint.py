"""Whether what was computed still speaks of the facts and settings as they are."""

from __future__ import annotations

from pathlib import Path

from keepwell.lake.paths import Paths

VERSION = 2  # of the payloads: raise it when a builder returns something of another shape


def fingerprint(root: Path) -> str | None:
    """Return a text that changes with every import, undo and setting; ``None`` while nothing was ever imported.

    It is read from names and times of files, for every page asks for it.

    Args:
        root: the data folder.

    >>> fingerprint(Path("/nowhere")) is None
    True

    """
    paths = Paths(root)
    try:
        entries = max((file.name for file in (paths.ledger / "_delta_log").iterdir() if _is_commit(file)), default="")
    except FileNotFoundError:
        return None
    if not entries:
        return None
    try:
        settings = paths.business.stat()
    except FileNotFoundError:
        return f"{VERSION}/{entries}"
    return f"{VERSION}/{entries}/{settings.st_mtime_ns}.{settings.st_size}"


def _is_commit(file: Path) -> bool:
    return file.suffix == ".json" and file.stem.isdigit()
