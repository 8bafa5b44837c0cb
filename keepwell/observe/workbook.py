"""Rows of an Excel workbook, streamed sheet by sheet; a column ``sheet`` names where each row came from."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from xml.parsers.expat import ExpatError

import numpy as np
import pyarrow as pa

from keepwell.observe.regular_file import file_name
from keepwell.observe.rows import SAMPLE_ROWS, RowBatch, Rows, checked_header, no_rows
from keepwell.observe.workbook_parts import Parts, read_parts
from keepwell.observe.worksheet import MalformedError, Text, cell_text, sheet_rows
from keepwell.vocabulary.errors import InputError

BATCH_ROWS = 20_000
MOST_UNPACKED = 8 << 30  # bytes; a workbook at Excel's limit of rows in ten sheets needs less
MOST_TEXTS = 256 << 20  # bytes of the table of shared texts, which has to be held in memory
MOST_RATIO = 300  # sheets of real data pack about tenfold
_SMALL = 64 << 20
SHEET = "sheet"
# RuntimeError: a password, or a way of packing that Python does not know.
DAMAGE = (zipfile.BadZipFile, zlib.error, ExpatError, MalformedError, KeyError, EOFError, OSError, RuntimeError)


def open_workbook(path: Path) -> Rows:
    """Open an .xlsx file; all sheets with the first one's header are read, in order.

    Raises:
        InputError: not a workbook, damaged, without rows, or one that would unpack to an unreasonable size.

    """
    _guard(path)
    used, other, header, hidden = _sheets(path)
    blank: Counter[int] = Counter()
    sample = [values for values, _ in islice(_rows(path, used, header, blank), SAMPLE_ROWS)]
    if not sample:
        raise no_rows(file_name(path))
    names = (*header, SHEET) if SHEET not in header else header
    findings = ["Format: Excel workbook."]
    shown = {title: f"{title} (hidden)" if title in hidden else title for title in (*used, *other)}
    if len(used) > 1 or other or hidden & set(used):
        read = ", ".join(shown[title] for title in used)
        findings.append(f"Sheets read: {read}. Rows are numbered through them, headers left out.")
    if other:
        left = ", ".join(shown[title] for title in other)
        findings.append(f"Sheets left out because their first line differs: {left}.")
    findings += _uncalculated(path, header, blank, sample)
    total = max(sum(used.values()), 1)
    return Rows(names, _table(sample, names), tuple(findings), lambda: _stream(path, used, header, names, total))


def _uncalculated(path: Path, header: tuple[str, ...], blank: Counter[int], sample: list[list[str]]) -> list[str]:
    """Say which columns lack values that a spreadsheet would calculate; raises when a column holds none at all."""
    columns = sorted(column for column in blank if column < len(header))
    for column in columns:
        if not any(values[column] for values in sample):
            raise InputError(
                "file.formulas", f"The formulas in {header[column]!r} were never calculated.", where=file_name(path),
                value=header[column], advice="Open the file in a spreadsheet and save it.",
            )  # fmt: skip
    return [
        f"Formulas in {header[column]!r} were never calculated in {blank[column]} of the first rows, which are taken "
        "as empty: open the file in a spreadsheet and save it."
        for column in columns
    ]


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
            "its size.", where=file_name(path), value=unpacked, advice="Save it as CSV and import that.",
        )  # fmt: skip


@contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Parts]]:
    """Give the archive with its parts; whatever is wrong with either is told as a damaged workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive, read_parts(archive)
    except DAMAGE as error:
        raise _damaged(path, error) from error


def _sheets(path: Path) -> tuple[dict[str, int], list[str], tuple[str, ...], frozenset[str]]:
    """Return the sheets to read with their unpacked sizes in bytes, those to leave out, the header, and hidden ones."""
    used: dict[str, int] = {}
    other: list[str] = []
    header: tuple[str, ...] = ()
    with _opened(path) as (archive, parts):
        hidden = parts.hidden
        for title, part in parts.sheets.items():
            with archive.open(part) as stream:
                names = next(sheet_rows(stream, _text(parts)), [])
            while names and not names[-1]:
                names.pop()
            if not names:
                continue
            if not header:
                header = checked_header(names, f"{file_name(path)}, sheet {title}")
            if checked_header(names, f"{file_name(path)}, sheet {title}") == header:
                used[title] = archive.getinfo(part).file_size
            else:
                other.append(title)
    if not header:
        raise InputError("file.empty", "The workbook is empty.", where=file_name(path), advice="Export it again.")
    return used, other, header, hidden


def _rows(
    path: Path, used: dict[str, int], header: tuple[str, ...], blank: Counter[int] | None = None
) -> Iterator[tuple[list[str], int]]:
    """Yield every non-empty row as text, with the sheet's name last; and the bytes of the sheets read so far."""
    width = len(header)
    named = SHEET not in header
    before = 0
    with _opened(path) as (archive, parts):
        text = _text(parts)
        for title, size in used.items():
            with archive.open(parts.sheets[title]) as stream:
                for values in islice(sheet_rows(stream, text, width, blank), 1, None):
                    values += [""] * (width - len(values))
                    yield [*values, title] if named else values, before + stream.tell()
            before += size


def _stream(
    path: Path, used: dict[str, int], header: tuple[str, ...], names: tuple[str, ...], total: int
) -> Iterator[RowBatch]:  # fmt: skip
    rows, done = _rows(path, used, header), 0
    while chunk := list(islice(rows, BATCH_ROWS)):
        numbers = np.arange(done + 1, done + 1 + len(chunk), dtype=np.int64)
        done += len(chunk)
        yield RowBatch(_table([values for values, _ in chunk], names), numbers, min(chunk[-1][1] / total, 1.0))


def _text(parts: Parts) -> Text:
    return cell_text(parts.texts, parts.kinds, parts.is_1904)


def _table(rows: list[list[str]], names: tuple[str, ...]) -> pa.Table:
    return pa.table([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=list(names))


def _damaged(path: Path, error: Exception) -> InputError:
    message = f"The workbook cannot be opened: {str(error)[:200]}"
    return InputError(
        "file.damaged", message, where=file_name(path), advice="Open it in a spreadsheet and save it again."
    )
