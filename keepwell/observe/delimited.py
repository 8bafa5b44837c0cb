"""Rows of CSV and other delimited text, streamed through Arrow's reader with every column as text."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from keepwell.observe.detect import DELIMITERS, Encoding, detect_delimiter, detect_encoding, records
from keepwell.observe.mapping import ReadOptions
from keepwell.observe.open_quotes import OpenQuotes
from keepwell.observe.regular_file import file_name
from keepwell.observe.rows import SAMPLE_ROWS, RowBatch, Rows, checked_header, no_rows
from keepwell.observe.times import decide_dates
from keepwell.observe.verdict import unreadable
from keepwell.vocabulary.errors import InputError

BLOCK = 1 << 20  # bytes a batch; a row may not be longer
_HEAD = 1 << 20
_WINDOW = 1 << 16
_WINDOWS = 6  # further places in the file that are sampled: the first days alone may not tell day from month
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")


class Utf8Stream(io.RawIOBase):
    """The file as UTF-8 without byte order mark and header, as Arrow reads it; knows how far it got."""

    def __init__(self, path: Path, encoding: Encoding, skip: int) -> None:
        self._file = path.open("rb")
        self._file.seek(encoding.bom)
        self._size = max(path.stat().st_size, 1)
        self._decoder = None if encoding.name == "utf-8" else codecs.getincrementaldecoder(encoding.name)()
        self._buffer = self._before = self._last = b""
        while skip:
            skip -= len(self.read(skip))

    @property
    def progress(self) -> float:
        """Fraction of the file's bytes that were read."""
        return self._file.tell() / self._size

    @property
    def end(self) -> bytes:
        """The last two blocks that were read."""
        return self._before + self._last

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes of UTF-8, none at the end."""
        taken = self._file.read(size) if self._decoder is None else self._decoded(size)
        if taken:
            self._before, self._last = self._last, taken
        return taken

    def _decoded(self, size: int) -> bytes:
        if self._decoder is None:
            return b""
        parts, held = [self._buffer], len(self._buffer)
        while (size < 0 or held < size) and (chunk := self._file.read(BLOCK)):  # Arrow wants blocks to be full
            parts.append(self._decoder.decode(chunk).encode())
            held += len(parts[-1])
        whole = b"".join(parts)
        taken, self._buffer = (whole, b"") if size < 0 else (whole[:size], whole[size:])
        return taken

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def open_delimited(path: Path, options: ReadOptions) -> Rows:
    """Open CSV, TSV and the like.

    Args:
        path: the file.
        options: an encoding or delimiter that is known; what is ``None`` is found out.

    Raises:
        InputError: empty, no rows, no header, one column, a repeated column name, undecodable bytes.

    """
    encoding = detect_encoding(path, options.encoding)
    head = _head(path, encoding)
    start = re.match(r"\s*?(?:sep=(?P<sep>.)[\r\n]+)?[\r\n]*", head)
    lead, given = (start.end(), start["sep"]) if start else (0, None)
    if not head[lead:].strip():
        raise InputError("file.empty", "The file holds nothing but blank lines.", where=file_name(path))
    delimiter, said = _delimiter(head[lead:], options.delimiter or given, file_name(path))
    length = _header_length(head[lead:], file_name(path))
    names = records(head[lead : lead + length], delimiter, 1)
    header = checked_header(names[0], file_name(path))
    body = head[lead + length :]
    if not body.strip():
        raise no_rows(file_name(path))
    _check_names(header, body, delimiter, file_name(path))
    sample = _sample(path, encoding, header, body, delimiter)
    skip = len(head[: lead + length].encode())
    findings = (encoding.finding, said)
    return Rows(header, sample, findings, lambda: _stream(path, encoding, skip, sample, delimiter))


def _head(path: Path, encoding: Encoding) -> str:
    with path.open("rb") as file:
        file.seek(encoding.bom)
        return codecs.getincrementaldecoder(encoding.name)().decode(file.read(_HEAD))


def _delimiter(text: str, wanted: str | None, where: str) -> tuple[str, str]:
    if wanted is None:
        return detect_delimiter(text, where)
    found = records(text, wanted, 1)
    if not found or len(found[0]) < 2:
        advice = "Leave the delimiter out and it is found out."
        message = f"The first line has no {wanted!r}, which was said to divide the columns."
        raise InputError("file.delimiter", message, where=where, value=wanted, advice=advice)
    return wanted, f"Delimiter: {DELIMITERS.get(wanted, wanted)}, as given."


def _header_length(text: str, where: str) -> int:
    """Return the characters that the header takes, which is more than one line when a quoted name has a line break."""
    position, quotes = 0, 0
    for line in _LINE.finditer(text):
        quotes += line.group().count('"')
        position = line.end()
        if quotes % 2 == 0:
            return position
    advice = "Close the quotation mark in the first line."
    raise InputError("file.header", "A quotation mark in the header is never closed.", where=where, advice=advice)


def _check_names(header: tuple[str, ...], body: str, delimiter: str, where: str) -> None:
    data = [name for name in header if re.fullmatch(r"[-+]?\d+([.,]\d+)*", name) or "@" in name or decide_dates([name])]
    if any("@" in name or not re.fullmatch(r"\d{4}", name) for name in data) and 2 * len(data) >= len(header):
        shown = ", ".join(repr(name) for name in data[:3])
        raise InputError(
            "file.header", f"The first line looks like data, not like column names ({shown}).", where=where,
            value=data[0], advice="Put a line with the column names at the top of the file.",
        )  # fmt: skip
    widths = {len(record) for record in records(body, delimiter, 200)}
    if len(header) not in widths:
        raise InputError(
            "file.width", f"The header has {len(header)} columns but the rows have {min(widths, default=0)}.",
            where=where,
            advice="Export the file again, or say the delimiter in a profile ([read] delimiter) and import with "
            "--profile.",
        )  # fmt: skip


def _sample(path: Path, encoding: Encoding, header: tuple[str, ...], body: str, delimiter: str) -> pa.Table:
    found = records(body, delimiter, SAMPLE_ROWS)
    size = path.stat().st_size
    if size > 2 * _HEAD:
        with path.open("rb") as file:
            for number in range(1, _WINDOWS + 1):
                file.seek((size * number // (_WINDOWS + 1)) & ~1)
                text = file.read(_WINDOW).decode(encoding.name, errors="ignore")
                found += records(text, delimiter, 200)[1:-1]
    whole = [record for record in found if len(record) == len(header)]
    return pa.table([pa.array(column, pa.string()) for column in zip(*whole, strict=True)], names=list(header))


class _Misfits:
    """Rows with too many or too few fields, as Arrow reports them while it reads ahead."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, str]] = []

    def __call__(self, row: Any) -> str:
        fewer = "fewer" if row.actual_columns < row.expected_columns else "more"
        detail = f"{row.actual_columns} fields, {fewer} than the header's {row.expected_columns}"
        self.seen.append((row.number, detail, row.text))
        return "skip"

    def take(self, before: int | None) -> list[tuple[int, str, str]]:
        """Return and forget the misfits with a row number below ``before``; all of them for ``None``."""
        cut = next(
            (at for at, item in enumerate(self.seen) if before is not None and item[0] >= before), len(self.seen)
        )
        taken, self.seen = self.seen[:cut], self.seen[cut:]
        return taken


def _stream(
    path: Path, encoding: Encoding, skip: int, sample: pa.Table, delimiter: str
) -> Iterator[RowBatch]:  # fmt: skip
    header, misfits, next_row = sample.column_names, _Misfits(), 1
    quotes = OpenQuotes(file_name(path), delimiter, sample)
    text = {name: pa.string() for name in header}
    with Utf8Stream(path, encoding, skip) as stream:
        try:
            reader = pa.csv.open_csv(
                pa.PythonFile(stream, mode="r"),
                pa.csv.ReadOptions(column_names=header, block_size=BLOCK, use_threads=False),
                pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=misfits),
                pa.csv.ConvertOptions(column_types=text, strings_can_be_null=False),
            )
            for batch in reader:
                if not batch.num_rows:
                    continue
                rows = _numbers(next_row, batch.num_rows, [item[0] for item in misfits.seen])
                next_row = int(rows[-1]) + 1
                bad = misfits.take(next_row)
                quotes.check(batch, rows, bad)
                yield RowBatch(pa.Table.from_batches([batch]), rows, stream.progress, _refusals(bad))
        except pa.ArrowInvalid as error:
            raise _broken(path, next_row, error) from error
        rest, none = misfits.take(None), np.empty(0, np.int64)
        empty = pa.RecordBatch.from_pylist([], pa.schema([(name, pa.string()) for name in header]))
        quotes.check(empty, none, rest)
        quotes.finish(stream.end)
    if rest:
        yield RowBatch(pa.Table.from_batches([empty]), none, 1.0, _refusals(rest))


def _numbers(first: int, count: int, skipped: list[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the file's numbers of ``count`` rows that begin at ``first`` and leave out the skipped ones."""
    candidates = np.arange(first, first + count + len(skipped), dtype=np.int64)
    return candidates[~np.isin(candidates, np.array(skipped, np.int64))][:count]


def _refusals(misfits: list[tuple[int, str, str]]) -> pa.Table:
    return unreadable([m[0] for m in misfits], [m[1] for m in misfits], [m[2] for m in misfits])


def _broken(path: Path, row: int, error: pa.ArrowInvalid) -> InputError:
    message = f"The rows cannot be told apart somewhere after row {row:,}: {str(error)[:200]}"
    advice = "Most often a quotation mark there is never closed; mend that row or export the file again."
    return InputError("file.quotes", message, where=file_name(path), value=row, advice=advice)
