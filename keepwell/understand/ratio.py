"""Division that means the same on every engine."""

from __future__ import annotations

import ibis.expr.types as ir


def ratio(numerator: ir.NumericValue, denominator: ir.NumericValue) -> ir.FloatingValue:
    """Return ``numerator / denominator`` as float64; null where the denominator is 0 or null.

    A bare ``/`` on integers is an integer division on some engines, and a division by zero is an error, infinity or
    null depending on the engine; this is none of them.

    Args:
        numerator: any numeric column.
        denominator: any numeric column.

    >>> import ibis
    >>> table = ibis.memtable({"kept": [1, 1], "start": [2, 0]})
    >>> ratio(table.kept, table.start).execute().tolist()
    [0.5, nan]

    """
    return numerator.cast("float64") / denominator.cast("float64").nullif(0.0)
