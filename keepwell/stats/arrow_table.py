"""Any table that a caller hands in, as an Arrow table."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from keepwell.vocabulary.errors import InputError


def arrow_of(table: Any) -> pa.Table:
    """Return a pandas, Polars, Arrow, DuckDB or Ibis table, or a dictionary of columns, as an Arrow table.

    Raises:
        InputError: it is none of these, or a column mixes kinds of values.

    >>> arrow_of({"seats": [1, 2]}).num_rows
    2

    """
    if isinstance(table, pa.Table):
        return table
    try:
        for method in ("to_pyarrow", "to_arrow", "to_arrow_table"):  # Ibis, Polars, DuckDB
            if hasattr(table, method):
                return getattr(table, method)()
        if isinstance(table, dict):
            return pa.table(table)
        if hasattr(table, "to_dict") and hasattr(table, "columns"):
            return pa.Table.from_pandas(table, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
        raise InputError(
            "table.mixed", f"The table cannot be read: {error}", advice="Give each column one kind of value."
        ) from error
    raise InputError(
        "table.unknown",
        f"A {type(table).__name__} is not a table.",
        value=type(table).__name__,
        advice="Hand in a pandas, Polars, Arrow, DuckDB or Ibis table, or a dictionary of columns.",
    )
