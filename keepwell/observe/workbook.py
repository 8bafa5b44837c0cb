"""Rows of an Excel workbook, streamed sheet by sheet; a column ``sheet`` names where each row came from."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
from openpyxl.utils.exceptions import InvalidFileException

from keepwell.observe.rows import SAMPLE_ROWS, RowBatch, Rows, checked_header, no_rows
from keepwell.vocabulary.errors import InputError

BATCH_ROWS = 20_000
MOST_UNPACKED = 8 << 30  # bytes; a workbook at Excel's limit of rows in ten sheets needs less
MOST_TEXTS = 512 << 20  # bytes of the table of shared texts, which has to be held in memory
MOST_RATIO = 300  # sheets of real data pack about tenfold
_SMALL = 64 << 20
SHEET = "sheet"


def open_workbook(path: Path) -> Rows:
    """Open an .xlsx file; all sheets with the first one's header are read, in order.

    Raises:
        InputError: not a workbook, damaged, without rows, or one that would unpack to an unreasonable size.

    """
    _guard(path)
    used, other, header = _sheets(path)
    sample = list(islice(_rows(path, used, header), SAMPLE_ROWS))
    if not sample:
        raise no_rows(path.name)
    names = (*header, SHEET) if SHEET not in header else header
    findings = ["Format: Excel workbook."]
    if len(used) > 1 or other:
        findings.append(f"Sheets read: {', '.join(used)}. Rows are numbered through them, headers left out.")
    if other:
        findings.append(f"Sheets left out because their first line differs: {', '.join(other)}.")
    total = max(sum(used.values()), 1)
    return Rows(names, _table(sample, names), tuple(findings), lambda: _stream(path, used, header, names, total))


def _guard(path: Path) -> None:
    """Refuse a workbook that would unpack to far more than it seems, before anything is unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(path, error) from error
    unpacked = sum(part.file_size for part in parts)
    packed = max(sum(part.compress_size for part in parts), 1)
    shared = max((part.file_size for part in parts if part.filename.endswith("sharedStrings.xml")), default=0)
    if unpacked > MOST_UNPACKED or shared > MOST_TEXTS or (unpacked > _SMALL and unpacked / packed > MOST_RATIO):
        raise InputError(
            "file.too_large", f"The workbook would unpack to {unpacked / 1e9:.1f} GB, {unpacked / packed:.0f} times "
            "its size.", where=path.name, value=unpacked, advice="Save it as CSV and import that.",
        )  # fmt: skip


def _open(path: Path) -> Any:
    try:
        return openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, SyntaxError) as error:
        raise _damaged(path, error) from error


def _sheets(path: Path) -> tuple[dict[str, int], list[str], tuple[str, ...]]:
    """Return the sheets to read with their sizes, those to leave out, and the header."""
    book = _open(path)
    used: dict[str, int] = {}
    other: list[str] = []
    header: tuple[str, ...] = ()
    for sheet in book.worksheets:
        first = next(sheet.iter_rows(values_only=True), ())
        names = [_text(cell) for cell in first]
        while names and not names[-1]:
            names.pop()
        if not names:
            continue
        if not header:
            header = checked_header(names, f"{path.name}, sheet {sheet.title}")
        if checked_header(names, f"{path.name}, sheet {sheet.title}") == header:
            used[sheet.title] = sheet.max_row or 0
        else:
            other.append(sheet.title)
    book.close()
    if not header:
        raise InputError("file.empty", "The workbook is empty.", where=path.name, advice="Export it again.")
    return used, other, header


def _rows(path: Path, used: dict[str, int], header: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield every non-empty row as text, with the sheet's name last."""
    book = _open(path)
    width = len(header)
    named = SHEET not in header
    try:
        for title in used:
            for cells in islice(book[title].iter_rows(values_only=True), 1, None):
                values = [_text(cell) for cell in cells[:width]]
                if any(values):
                    values += [""] * (width - len(values))
                    yield [*values, title] if named else values
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, SyntaxError) as error:
        raise _damaged(path, error) from error
    finally:
        book.close()


def _stream(
    path: Path, used: dict[str, int], header: tuple[str, ...], names: tuple[str, ...], total: int
) -> Iterator[RowBatch]:  # fmt: skip
    rows, done = _rows(path, used, header), 0
    while chunk := list(islice(rows, BATCH_ROWS)):
        numbers = np.arange(done + 1, done + 1 + len(chunk), dtype=np.int64)
        done += len(chunk)
        yield RowBatch(_table(chunk, names), numbers, min(done / total, 1.0))


def _table(rows: list[list[str]], names: tuple[str, ...]) -> pa.Table:
    return pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=list(names))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ")
    return str(cell)


def _damaged(path: Path, error: Exception) -> InputError:
    message = f"The workbook cannot be opened: {str(error)[:200]}"
    return InputError("file.damaged", message, where=path.name, advice="Open it in a spreadsheet and save it again.")
