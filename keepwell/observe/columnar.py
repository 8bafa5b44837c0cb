"""Rows of a Parquet file, streamed with their types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from keepwell.observe.regular_file import file_name
from keepwell.observe.rows import SAMPLE_ROWS, RowBatch, Rows, checked_header, no_rows
from keepwell.vocabulary.errors import InputError

BATCH_ROWS = 1 << 16


def open_parquet(path: Path) -> Rows:
    """Open a Parquet file.

    Raises:
        InputError: not Parquet, cut off, damaged, or without rows.

    """
    try:
        with path.open("rb") as source, pq.ParquetFile(source) as file:  # Arrow opens no name that is not UTF-8
            schema, count, groups = file.schema_arrow, file.metadata.num_rows, file.num_row_groups
            if not count:
                raise no_rows(file_name(path))
            plain = [field.name for field in schema if _is_plain(field.type)]
            header = checked_header(plain, file_name(path))
            picked = sorted({0, groups // 2, groups - 1})
            size = SAMPLE_ROWS // len(picked)
            parts = [next(file.iter_batches(size, row_groups=[group], columns=plain)) for group in picked]
    except (pa.ArrowInvalid, OSError, StopIteration) as error:
        raise _damaged(path, error) from error
    nested = [field.name for field in schema if not _is_plain(field.type)]
    findings = ["Format: Parquet."]
    if nested:
        findings.append(f"Columns that hold lists or bytes are left out: {', '.join(nested)}.")
    sample = pa.concat_tables([_plain(pa.Table.from_batches([part]), header) for part in parts])
    return Rows(header, sample, tuple(findings), lambda: _stream(path, plain, header, count))


def _stream(path: Path, columns: list[str], header: tuple[str, ...], count: int) -> Iterator[RowBatch]:
    done = 0
    try:
        with path.open("rb") as source, pq.ParquetFile(source) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=columns):
                rows = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                yield RowBatch(_plain(pa.Table.from_batches([batch]), header), rows, done / count)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(path, error) from error


def _is_plain(kind: pa.DataType) -> bool:
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    return not (pa.types.is_nested(value) or pa.types.is_binary(value) or pa.types.is_large_binary(value))


def _plain(table: pa.Table, header: tuple[str, ...]) -> pa.Table:
    """Bring the text types to one: dictionaries and large strings become plain strings."""
    columns = []
    for column in table.columns:
        kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
        if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
            kind = pa.string()
        columns.append(column.cast(kind))
    return pa.table(columns, names=list(header))


def _damaged(path: Path, error: Exception) -> InputError:
    message = f"The Parquet file is cut off or damaged: {str(error)[:200]}"
    return InputError("file.damaged", message, where=file_name(path), advice="Copy or export it again.")
