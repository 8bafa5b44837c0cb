"""Only regular files are read: a pipe or a device would keep the import waiting for ever."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from keepwell.vocabulary.errors import InputError


def check_regular(path: Path) -> None:
    """Raise InputError unless the path leads, by way of symbolic links or not, to a regular file.

    >>> check_regular(Path(__file__).parent)
    Traceback (most recent call last):
    keepwell.vocabulary.errors.InputError: observe: This is a folder, not a file. Give a file of it.

    """
    try:
        mode = path.stat().st_mode
    except OSError as error:
        message = f"The file cannot be opened ({error.strerror or error})."
        advice = "Check its name and rights."
        raise InputError("file.unreadable", message, where=shown(path), advice=advice) from error
    if stat.S_ISDIR(mode):
        advice = "Give a file of it."
        raise InputError("file.not_a_file", "This is a folder, not a file.", where=file_name(path), advice=advice)
    if not stat.S_ISREG(mode):
        message = "This is a pipe, a socket or a device, not a file."
        advice = "Save what comes out of it to a file and import that."
        raise InputError("file.not_a_file", message, where=file_name(path), advice=advice)


def file_name(path: Path) -> str:
    """Return a file's name for people; bytes that are no UTF-8 become the sign for an unknown letter.

    >>> file_name(Path("folder") / "orders.csv")
    'orders.csv'
    """
    return shown(Path(path.name))


def shown(path: Path) -> str:
    """Return a whole path for people, as ``file_name`` does.

    >>> shown(Path("folder") / "orders.csv")
    'folder/orders.csv'
    """
    return os.fsencode(path).decode("utf-8", "replace")
