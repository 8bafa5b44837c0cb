"""Columns out of whatever table a caller hands in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]


def names_of(table: Any) -> list[str]:
    """Return the column names of a mapping of arrays or of a pandas, Polars, Arrow or Ibis-executed frame."""
    names = getattr(table, "column_names", None)  # Arrow
    if names is None:
        names = table.keys() if hasattr(table, "keys") else getattr(table, "columns", None)
    if names is None or not isinstance(names, Iterable):
        raise InputError(
            "table.unknown",
            f"A {type(table).__name__} is not a table.",
            value=type(table).__name__,
            advice="Hand in a pandas, Polars or Arrow table, or a dictionary of arrays.",
        )
    return [str(name) for name in names]


def numbers(table: Any, name: str, *, where: str = "rfm") -> Floats:
    """Return one column as finite floats of shape (rows,).

    Raises:
        InputError: the column is missing, is no numbers, or has an empty or infinite cell; the row is named.

    >>> numbers({"frequency": [0, 2]}, "frequency")
    array([0., 2.])

    """
    if name not in names_of(table):
        raise InputError(
            "table.column",
            f"There is no column {name}.",
            where=where,
            value=names_of(table),
            advice=f"Add it, or rename yours to {name}.",
        )
    try:
        column = np.asarray(table[name], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "table.not_numbers", f"The column {name} holds something that is not a number.", where=where, value=name
        ) from error
    bad = np.flatnonzero(~np.isfinite(column))
    if bad.size:
        raise InputError(
            "table.not_finite",
            f"The column {name} is empty or infinite in {bad.size} of {column.size} rows.",
            where=f"{where}, row {int(bad[0]) + 1}",
            value=float(column[bad[0]]),
            advice="Fill these cells or leave their rows out.",
        )
    return column
