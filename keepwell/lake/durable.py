"""Files that are either whole and on disk, or not there.

delta-rs syncs nothing, so the files that a commit names are written, synced and renamed here before the commit, and
the commit's own log entry is synced after it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keepwell.vocabulary.errors import LakeError


def sync_folder(folder: Path) -> None:
    """Make renames and new names in ``folder`` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the contents of ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(staged: Path, final: Path) -> None:
    """Sync ``staged`` and rename it to ``final``, both on one file system."""
    sync_file(staged)
    staged.rename(final)
    sync_folder(final.parent)


def write_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a small file so that a reader sees the old text or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    publish(staged, path)


@contextmanager
def lock(path: Path, *, exclusive: bool, patience: float, busy: str) -> Iterator[None]:
    """Hold an advisory lock; the operating system frees it when the process dies.

    Raises:
        LakeError: others held it for longer than ``patience`` seconds; ``busy`` says what that means.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    deadline = time.monotonic() + patience
    try:
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LakeError("lake.busy", busy, where=str(path), advice="Try again in a moment.") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)
