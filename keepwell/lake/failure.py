"""What the operating system and the engine complain about, in words that say what to do."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError
from ibis.common.exceptions import IbisError

from keepwell.lake.delta import first_line
from keepwell.lake.engine import spark_errors
from keepwell.lake.paths import Paths
from keepwell.vocabulary.errors import InputError, LakeError

FULL = ("no space left", "disk full", "could not write all bytes", "enospc", "disk quota exceeded", "not enough space")

CAST = re.compile(r"cast value (?P<value>.+?) to (?P<kind>.+?) when casting from source column (?P<column>\S+)")
FILE = re.compile(r"/[^'\"\n]*?\.parquet")


@contextmanager
def explained(paths: Paths) -> Iterator[None]:
    """Turn a full disk, missing rights and engine failures into a LakeError; nothing is half-done either way."""
    try:
        with explained_queries(paths):
            yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT} or _is_full(error):
            raise _full(paths) from error
        if isinstance(error, FileNotFoundError) and (missing := _named(error)):
            raise _damaged(missing, "The file is gone.") from error
        raise LakeError(
            "lake.file",
            f"The lake cannot be read or written: {error.strerror or first_line(error)}.",
            where=str(error.filename or paths.root),
            advice="Check the folder and its rights. Nothing was changed.",
        ) from error


@contextmanager
def explained_queries(paths: Paths) -> Iterator[None]:
    """Turn failures of the engine into a LakeError; files that others read or write meanwhile are their affair."""
    try:
        yield
    except (duckdb.Error, DeltaError, pa.ArrowException, *spark_errors()) as error:
        if _is_full(error):
            raise _full(paths) from error
        file = _named(error)
        if file is not None and file.is_relative_to(paths.lake):
            raise _damaged(file, "The file is damaged." if file.exists() else "The file is gone.") from error
        raise LakeError(
            "lake.engine",
            f"The engine failed: {first_line(error)}",
            where=str(paths.root),
            advice="Nothing was changed.",
        ) from error


@contextmanager
def explained_tables() -> Iterator[None]:
    """Turn what an engine says about a value of somebody's own table into an InputError that names the column."""
    try:
        yield
    except (duckdb.Error, pa.ArrowException, IbisError, *spark_errors()) as error:
        said = CAST.search(str(error))
        column = said["column"] if said else ""
        message = f"{said['value']} cannot be used as {said['kind']}." if said else first_line(error)
        raise InputError(
            "table.value",
            message,
            where=column,
            value=said["value"] if said else None,
            advice="Correct the value, leave its row out, or name another column in columns={…}.",
        ) from error


def _named(error: Exception) -> Path | None:
    """Return the data file that an error speaks of."""
    found = FILE.search(str(error))
    return Path(found[0]) if found else None


def _damaged(file: Path, what: str) -> LakeError:
    return LakeError(
        "lake.unreadable",
        what,
        where=str(file),
        advice="Restore the data folder from a backup, or import the files again into a new one with --data.",
    )


def _is_full(error: Exception) -> bool:
    return any(words in str(error).lower() for words in FULL)


def _full(paths: Paths) -> LakeError:
    return LakeError(
        "disk.full",
        "There is no space left on the disk.",
        where=str(paths.root),
        advice="Free some space, or choose another folder with --data, and run it again. Nothing was changed.",
    )
