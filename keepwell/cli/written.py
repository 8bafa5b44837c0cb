"""Writing a table to a file of the reader's choice: whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from keepwell.loop.refusals import FORMULA_START, harmless
from keepwell.vocabulary.errors import InputError

Writer = Callable[[pa.RecordBatch], None]

ENDINGS = (".csv", ".parquet")
# the same characters that `harmless` looks for, for columns of millions of texts
FORMULA = f"^[{''.join(chr(92) + start if start in '-+' else start for start in FORMULA_START)}]"


def check_ending(path: Path) -> None:
    """Refuse a file that is neither CSV nor Parquet or has no folder, before any work is done for it.

    Raises:
        InputError: another ending, or a folder that is not there.

    """
    if path.suffix not in ENDINGS:
        raise InputError("out.ending", f"Cannot write {path.name}.", value=path, advice="End it in .csv or .parquet.")
    if not path.parent.is_dir():
        raise InputError(
            "out.file",
            "Cannot write the file: there is no such folder.",
            where=str(path),
            advice="Make the folder first.",
        )


def check_free(path: Path, *, force: bool) -> None:
    """Refuse to write over a file that is there, unless told to.

    Raises:
        InputError: the file is there.

    """
    if path.exists() and not force:
        raise InputError(
            "out.exists", "There is such a file already.", where=str(path), value=str(path),
            advice="Name another one, or write over it with --force.",
        )  # fmt: skip


def write_table(table: pa.Table, path: Path) -> None:
    """Write an Arrow table as CSV or Parquet, by the ending of ``path``; see `batch_file`.

    Raises:
        InputError: another ending, or a folder that cannot be written to.

    """
    with batch_file(path, table.schema) as write:
        for batch in table.to_batches():
            write(batch)


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as CSV or Parquet, by the ending of ``path``; text cells cannot act as formulas in a spreadsheet.

    Raises:
        InputError: another ending, or a folder that cannot be written to.

    """
    check_ending(path)
    with _whole(path) as draft:
        if path.suffix == ".parquet":
            frame.to_parquet(draft, index=False)
            return
        safe = frame.copy()
        for name in frame.select_dtypes(include=["object", "string"]).columns:
            safe[name] = safe[name].map(lambda cell: harmless(cell) if isinstance(cell, str) else cell)
        safe.to_csv(draft, index=False)


@contextmanager
def batch_file(path: Path, schema: pa.Schema) -> Iterator[Writer]:
    """Open a CSV or Parquet file that is written batch by batch; yield what to call with each.

    The file appears when the block has ended, so that nobody ever reads half of it; after an error or an
    interruption what stood there before still stands.

    Args:
        path: its ending says which format.
        schema: of the batches.

    Raises:
        InputError: another ending, or a folder that cannot be written to.

    """
    check_ending(path)
    with _whole(path) as draft:
        if path.suffix == ".parquet":
            with pyarrow.parquet.ParquetWriter(draft, schema, compression="zstd") as file:
                yield file.write_batch
        else:
            with pyarrow.csv.CSVWriter(draft, schema) as file:
                yield lambda batch: file.write_batch(_without_formulas(batch))


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise InputError(
            "out.file", f"Cannot write the file: {error.strerror or error}.", where=str(path),
            advice="Choose another place.",
        ) from error  # fmt: skip
    finally:
        if draft.parent.is_dir():
            draft.unlink(missing_ok=True)


def _without_formulas(batch: pa.RecordBatch) -> pa.RecordBatch:
    columns = [_safe(column) if pa.types.is_string(column.type) else column for column in batch.columns]
    return pa.record_batch(columns, schema=batch.schema)


def _safe(column: pa.Array) -> pa.Array:
    acts = pc.match_substring_regex(column, FORMULA)
    return pc.if_else(acts, pc.binary_join_element_wise("'", column, ""), column)
