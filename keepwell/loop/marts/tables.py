"""Frames as plain tables: ``{"columns": [names], "rows": [[values]]}``, blank where a value is not known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from keepwell.vocabulary.estimate import NotAvailable

Table = dict[str, Any]


def table(rows: pd.DataFrame, columns: Sequence[str] | None = None) -> Table:
    """Return the named columns of a frame, or all of them.

    >>> table(pd.DataFrame({"period": [pd.Timestamp("2011-01-01")], "new": [3], "ratio": [float("nan")]}))
    {'columns': ['period', 'new', 'ratio'], 'rows': [['2011-01-01', 3, None]]}

    """
    names = [name for name in (columns or list(rows.columns)) if name in rows.columns]
    lists = [[cell(value) for value in rows[name].tolist()] for name in names]
    return {"columns": names, "rows": [list(row) for row in zip(*lists, strict=True)]}


def cell(value: Any) -> Any:
    """Return one value as JSON has it: days as ISO texts, what is not known as ``None``.

    >>> cell(Decimal("1.50")), cell(NotAvailable("no spend")), cell(date(2011, 12, 9))
    (1.5, None, '2011-12-09')
    """
    if value is None or value is pd.NaT or isinstance(value, NotAvailable):
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat()[:10]
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.item() if hasattr(value, "item") else value
