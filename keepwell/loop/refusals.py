"""The error file of an import: every refused row with its number, the reason, and the row as it stood."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from typing import TextIO

import pyarrow as pa
import pyarrow.compute as pc

HEADER = ("row", "reason", "detail", "raw")
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


# control characters, which a terminal obeys, become their pictures; line breaks and tabs are text
PICTURES = {code: 0x2400 + code for code in range(32) if chr(code) not in "\t\n\r"} | {127: 0x2421}
PICTURES |= dict.fromkeys(range(128, 160), 65533)


class RefusalFile:
    """Collects refusals while an import runs; ``keep`` makes the file appear, ``drop`` leaves nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[str] = Counter()
        self._staged = path.with_suffix(".part")
        self._file: TextIO | None = None

    def add(self, refused: pa.Table) -> None:
        """Append rows that have at least the columns row, reason and detail."""
        if refused.num_rows == 0:
            return
        for item in pc.value_counts(refused["reason"].combine_chunks()).to_pylist():
            self.counts[item["values"]] += item["counts"]
        if self._file is None:
            self._staged.parent.mkdir(parents=True, exist_ok=True)
            # what was refused may hold names and addresses: nobody but the owner reads it
            descriptor = os.open(self._staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
            csv.writer(self._file).writerow(HEADER)
        raw = refused["raw"].to_pylist() if "raw" in refused.column_names else [None] * refused.num_rows
        columns = (refused["row"].to_pylist(), refused["reason"].to_pylist(), refused["detail"].to_pylist(), raw)
        csv.writer(self._file).writerows(
            (row, reason, harmless(visible(detail)), harmless(visible(text)))
            for row, reason, detail, text in zip(*columns, strict=True)
        )

    def keep(self) -> Path | None:
        """Close and publish the file; ``None`` when no row was refused."""
        if self._file is None:
            return None
        self._file.close()
        self._staged.rename(self.path)
        return self.path

    def withdraw(self) -> None:
        """Remove the file that ``keep`` made, because the import did not count after all."""
        self.path.unlink(missing_ok=True)

    def drop(self) -> None:
        """Close and remove what was written."""
        if self._file is not None:
            self._file.close()
            self._staged.unlink(missing_ok=True)


def harmless(text: str | None) -> str | None:
    """Return text that a spreadsheet does not take for a formula.

    >>> harmless("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text and text.startswith(FORMULA_START) else text


def visible(text: str | None) -> str | None:
    r"""Return text without control characters that a terminal would obey.

    >>> visible("\x1b[31mred")
    '␛[31mred'
    """
    return text.translate(PICTURES) if text else text
