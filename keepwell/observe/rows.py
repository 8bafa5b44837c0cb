"""Rows of a file in batches, whatever the format: the header, a sample for guessing, and a stream."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.observe.importer import REFUSED_SCHEMA
from keepwell.vocabulary.errors import InputError

SAMPLE_ROWS = 2000


@dataclass(frozen=True)
class RowBatch:
    """Some rows in file order: their original columns, their numbers in the file, and rows that could not be split.

    ``rows`` has one number per row of ``table``; ``unreadable`` is in ``REFUSED_SCHEMA``.
    """

    table: pa.Table
    rows: npt.NDArray[np.int64]
    progress: float
    unreadable: pa.Table = field(default_factory=REFUSED_SCHEMA.empty_table)


@dataclass(frozen=True)
class Rows:
    """An opened file: column names, a sample in file order, sentences about the file, and how to stream it."""

    header: tuple[str, ...]
    sample: pa.Table
    findings: tuple[str, ...]
    batches: Callable[[], Iterator[RowBatch]]


def checked_header(names: Sequence[str], where: str) -> tuple[str, ...]:
    """Return the column names, trimmed; an unnamed column is called by its number.

    Raises:
        InputError: two columns share a name.

    >>> checked_header([" id ", ""], "orders.csv")
    ('id', 'column_2')

    """
    header = tuple(name.strip() or f"column_{number}" for number, name in enumerate(names, 1))
    twice = [name for name, count in Counter(header).items() if count > 1]
    if twice:
        at = [str(number) for number, name in enumerate(header, 1) if name == twice[0]]
        raise InputError(
            "file.header", f"The column name {twice[0]!r} is used {len(at)} times (columns {', '.join(at)}).",
            where=where, value=twice[0], advice="Give each column a name of its own in the first line.",
        )  # fmt: skip
    return header


def no_rows(where: str) -> InputError:
    """Return the error for a file that holds a header and nothing else."""
    return InputError("file.no_rows", "The file has a header but no rows.", where=where, advice="Export it again.")
