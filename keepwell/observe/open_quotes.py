"""Finds quotation marks that were never closed, which make one row of many without a word.

A quote that is open at the end of the file, and a quoted value whose further lines look like rows of the file (as
many delimiters, values of the same shape), are errors: rows would be lost inside one value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.vocabulary.errors import InputError

_SHAPED_ROWS = 300  # sampled rows whose values show what shapes a column has
_LINE_END = re.compile(r"\r\n|\n|\r")
_WORDS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")


class OpenQuotes:
    """Looks at the rows of one file as they go by.

    Args:
        where: the file, for errors.
        delimiter: what divides its columns.
        sample: some rows of it, as text.

    """

    def __init__(self, where: str, delimiter: str, sample: pa.Table) -> None:
        self.where, self.delimiter = where, delimiter
        self.width = sample.num_columns
        self._sample = sample
        self._shapes: list[set[str]] = []
        self._last: tuple[int, str, bool] = (0, "", False)  # row, its last value or its text, whether it is a misfit

    def check(
        self, batch: pa.RecordBatch, rows: npt.NDArray[np.int64], misfits: Sequence[tuple[int, str, str]]
    ) -> None:  # fmt: skip
        """Raise InputError for the first row of a batch that swallowed others.

        Args:
            batch: columns of text.
            rows: the number of each row in the file.
            misfits: rows that could not be split into columns: number, what is wrong, text.

        """
        found = [number for number, _, text in misfits if self._swallows(text)]
        for column in batch.columns:
            if _has_line_end(column):
                at = np.flatnonzero(pc.match_substring_regex(column, "[\r\n]").to_numpy(zero_copy_only=False))
                values = column.take(pa.array(at)).to_pylist()
                found += [int(rows[i]) for i, value in zip(at, values, strict=True) if self._swallows(value)][:1]
        if found:
            raise _unclosed(self.where, min(found), "The value goes on over lines that look like rows of their own.")
        if batch.num_rows and int(rows[-1]) > self._last[0]:
            self._last = (int(rows[-1]), batch.column(batch.num_columns - 1)[-1].as_py(), False)
        if misfits and misfits[-1][0] > self._last[0]:
            self._last = (misfits[-1][0], misfits[-1][2], True)

    def finish(self, end: bytes) -> None:
        """Raise InputError when a quote is still open; ``end`` is the last bytes of it, in UTF-8."""
        row, text, is_misfit = self._last
        if not row:
            return
        opened = self.delimiter + '"' + text.replace('"', '""')
        if (is_misfit and self._stays_open(text)) or (not is_misfit and end.endswith(opened.encode())):
            raise _unclosed(self.where, row, "The file ends before it is closed.")

    def _stays_open(self, text: str) -> bool:
        """Say whether a row's text ends inside quotes; a quote opens only where a column begins."""
        sign = re.escape(self.delimiter)
        whole = rf'(?:"(?:[^"]|"")*+"[^{sign}]*+|[^"{sign}][^{sign}]*+|)'
        return re.fullmatch(rf'(?:{whole}{sign})*"(?:[^"]|"")*+', text) is not None

    def _swallows(self, text: str) -> bool:
        lines = [line for line in _LINE_END.split(text)[1:] if line]
        return bool(lines) and 2 * sum(map(self._is_row, lines)) >= len(lines)

    def _is_row(self, line: str) -> bool:
        values = line.split(self.delimiter)
        if len(values) != self.width:
            return False
        if not self._shapes:
            columns = self._sample.slice(0, _SHAPED_ROWS).to_pydict().values()
            self._shapes = [{_shape(value) for value in column} for column in columns]
        alike = [value for value, shapes in zip(values, self._shapes, strict=True) if _shape(value) in shapes]
        return sum(map(bool, alike)) >= 2 and len(alike) >= self.width / 2


def _has_line_end(column: pa.Array) -> bool:
    """Say whether any value of a column of text may hold a line end: one look at its bytes, not at its values."""
    data = column.buffers()[2]
    if data is None:
        return False
    text = data.to_pybytes()
    return b"\n" in text or b"\r" in text


def _shape(value: str) -> str:
    return _DIGITS.sub("9", _WORDS.sub("a", value.strip().strip('"')))


def _unclosed(where: str, row: int, how: str) -> InputError:
    message = f"A quotation mark that opens in row {row:,} is never closed. {how}"
    advice = (
        'Close it there; a quotation mark that belongs to the text is written twice and the text quoted ("12"" pipe").'
    )
    return InputError("file.quotes", message, where=where, value=row, advice=advice)
