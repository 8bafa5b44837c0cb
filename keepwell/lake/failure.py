"""What the operating system and the engine complain about, in words that say what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
from deltalake.exceptions import DeltaError

from keepwell.lake.paths import Paths
from keepwell.vocabulary.errors import LakeError

FULL = ("no space left", "disk full", "could not write all bytes", "enospc", "disk quota exceeded", "not enough space")


@contextmanager
def explained(paths: Paths) -> Iterator[None]:
    """Turn a full disk, missing rights and engine failures into a LakeError; nothing is half-done either way."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT} or _is_full(error):
            raise _full(paths) from error
        raise LakeError(
            "lake.file",
            f"The lake cannot be read or written: {error.strerror or error}.",
            where=str(error.filename or paths.root),
            advice="Check the folder and its rights. Nothing was changed.",
        ) from error
    except (duckdb.Error, DeltaError) as error:
        if _is_full(error):
            raise _full(paths) from error
        raise LakeError(
            "lake.engine", f"The engine failed: {error}", where=str(paths.root), advice="Nothing was changed."
        ) from error


def _is_full(error: Exception) -> bool:
    return any(words in str(error).lower() for words in FULL)


def _full(paths: Paths) -> LakeError:
    return LakeError(
        "disk.full",
        "There is no space left on the disk.",
        where=str(paths.root),
        advice="Free some space, or choose another folder with --data, and run it again. Nothing was changed.",
    )
