"""Opens a table file by what it is, not by what it is called."""

from __future__ import annotations

import zipfile
from pathlib import Path

from keepwell.observe.columnar import open_parquet
from keepwell.observe.delimited import open_delimited
from keepwell.observe.mapping import ReadOptions
from keepwell.observe.regular_file import check_regular, file_name, shown
from keepwell.observe.rows import Rows
from keepwell.observe.workbook import open_workbook
from keepwell.vocabulary.errors import InputError

_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"
_NOT_TABLES = (
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", "Save it as .xlsx or CSV."),
    (b"\x1f\x8b", "compressed with gzip", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it first."),
    (b"BZh", "compressed with bzip2", "Unpack it first."),
    (b"%PDF", "a PDF document", "Export the rows as CSV."),
    (b"<!DOCTYPE", "a web page", "Most often a log-in page was saved in place of the export; export it again."),
    (b"<html", "a web page", "Most often a log-in page was saved in place of the export; export it again."),
)


def looks_tabular(path: Path, head: bytes) -> bool:
    """Say whether a file, by its first bytes, is Parquet, a workbook, or delimited text of two columns or more."""
    if head.startswith(_PARQUET):
        return True
    if head.startswith(_ZIP):
        return path.suffix.lower() in (".xlsx", ".xlsm")
    if not head or any(head.startswith(magic) for magic, _, _ in _NOT_TABLES) or head.lstrip()[:1] in (b"{", b"["):
        return False
    return path.suffix.lower() in (".csv", ".tsv", ".tab", ".txt")


def open_rows(path: Path, options: ReadOptions) -> Rows:
    """Open any CSV, Parquet or XLSX file.

    Raises:
        InputError: there is no such file, or it is none of these, or it cannot be read; says what to do.

    """
    check_regular(path)
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        raise InputError(
            "file.unreadable", message, where=shown(path), advice="Check the path and its rights."
        ) from error
    if head.startswith(_PARQUET) or (path.suffix.lower() in (".parquet", ".pq") and head):
        return open_parquet(path)
    if head.startswith(_ZIP):
        if zipfile.is_zipfile(path) and not _is_workbook(path):
            raise InputError(
                "file.format", "The file is a ZIP archive.", where=file_name(path), advice="Unpack it first."
            )
        return open_workbook(path)
    for magic, what, advice in _NOT_TABLES:
        if head.lower().startswith(magic.lower()):
            raise InputError("file.format", f"The file is {what}.", where=file_name(path), advice=advice)
    return open_delimited(path, options)


def _is_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(name.startswith("xl/") for name in archive.namelist())
