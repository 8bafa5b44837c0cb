"""Lines of a Shopify orders CSV, streamed in blocks that never cut an order in two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from keepwell.observe.open_quotes import OpenQuotes
from keepwell.observe.regular_file import file_name
from keepwell.vocabulary.errors import InputError

BLOCK_BYTES = 8 * 1024 * 1024
LONGEST_END = 4 * BLOCK_BYTES  # bytes in which an open quote must have begun
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Block:
    """Whole orders: the lines as text, the number of each, and the lines that could not be split into fields."""

    lines: pa.Table
    rows: Ints
    broken: list[tuple[int, str, str]] = field(default_factory=list)  # row, what is wrong, text
    progress: float = 0.0


class LineReader:
    """Reads a CSV file block by block; an order that a block cuts off waits for the next one."""

    def __init__(self, path: Path, columns: list[str], encoding: str, delimiter: str) -> None:
        self.path = path
        self.columns = columns
        self.encoding = "utf8" if encoding == "utf-8" else encoding  # any other spelling makes Arrow transcode
        self.delimiter = delimiter
        self._broken: list[tuple[int, str, str]] = []
        self._row = 0

    def blocks(self) -> Iterator[Block]:
        """Yield blocks of whole orders.

        Raises:
            InputError: the CSV breaks off or a quote is never closed.

        """
        size = max(self.path.stat().st_size, 1)
        waiting: Block | None = None
        quotes: OpenQuotes | None = None
        with self.path.open("rb") as file:
            try:
                for batch in self._open(file):
                    here = self._numbered(pa.Table.from_batches([batch]), file.tell() / size)
                    quotes = quotes or OpenQuotes(file_name(self.path), self.delimiter, here.lines)
                    quotes.check(batch, here.rows, here.broken)
                    whole, waiting = _cut(_joined(waiting, here))
                    if whole.lines.num_rows or whole.broken:
                        yield whole
            except (pa.ArrowInvalid, UnicodeDecodeError) as error:
                raise self._unreadable(error) from error
        rest = self._numbered(self._empty(), 1.0)
        if quotes is not None:
            quotes.check(pa.RecordBatch.from_pylist([], rest.lines.schema), rest.rows, rest.broken)
            quotes.finish(self._end())
        yield _joined(waiting, rest)

    def _end(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - LONGEST_END))
            return file.read().decode(self.encoding, "ignore").encode()

    def _open(self, file: object) -> csv.CSVStreamingReader:
        return csv.open_csv(
            file,
            read_options=csv.ReadOptions(block_size=BLOCK_BYTES, use_threads=False, encoding=self.encoding),
            parse_options=csv.ParseOptions(
                delimiter=self.delimiter, newlines_in_values=True, invalid_row_handler=self._take_broken
            ),
            convert_options=csv.ConvertOptions(
                column_types={name: pa.string() for name in self.columns}, strings_can_be_null=False
            ),
        )

    def _take_broken(self, row: csv.InvalidRow) -> str:
        problem = f"{row.actual_columns} fields instead of {row.expected_columns}"
        self._broken.append((row.number - 1, problem, row.text))  # the reader counts the header as a row
        return "skip"

    def _numbered(self, lines: pa.Table, progress: float) -> Block:
        broken = sorted(self._broken)
        taken: list[tuple[int, str, str]] = []
        rows: list[Ints] = []
        left = lines.num_rows
        for entry in broken:
            before = min(left, entry[0] - 1 - self._row)
            rows.append(np.arange(self._row + 1, self._row + before + 1, dtype=np.int64))
            self._row += before
            left -= before
            if self._row != entry[0] - 1:
                break  # the reader is ahead: this line belongs to a later block
            self._row += 1
            taken.append(entry)
        rows.append(np.arange(self._row + 1, self._row + left + 1, dtype=np.int64))
        self._row += left
        self._broken = broken[len(taken) :]
        return Block(lines, np.concatenate(rows), taken, progress)

    def _empty(self) -> pa.Table:
        return pa.table({name: pa.array([], pa.string()) for name in self.columns})

    def _unreadable(self, error: Exception) -> InputError:
        return InputError(
            "file.broken",
            f"The CSV cannot be read beyond row {self._row} ({str(error).splitlines()[0]}).",
            where=file_name(self.path),
            advice="Most often a quotation mark is never closed, or the file was cut off: export it again.",
        )


def runs(names: pa.Array) -> Ints:
    """Return where each run of equal values begins.

    >>> runs(pa.array(["#2", "#2", "#1", "#2"])).tolist()
    [0, 2, 3]
    """
    codes = pc.dictionary_encode(names, null_encoding="encode").indices.to_numpy(zero_copy_only=False)
    return np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]][: len(codes)]).astype(np.int64)


def _joined(first: Block | None, second: Block) -> Block:
    if first is None:
        return second
    lines = pa.concat_tables([first.lines, second.lines])
    rows = np.concatenate([first.rows, second.rows])
    return Block(lines, rows, first.broken + second.broken, second.progress)


def _cut(block: Block) -> tuple[Block, Block]:
    """Part the last order, which may go on in the next block, from the rest."""
    if not block.lines.num_rows:
        return block, Block(block.lines, block.rows)
    at = int(runs(block.lines["Name"].combine_chunks())[-1])
    whole = Block(block.lines.slice(0, at), block.rows[:at], block.broken, block.progress)
    return whole, Block(block.lines.slice(at), block.rows[at:], [], block.progress)
