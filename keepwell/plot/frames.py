"""Tables of any kind in, checked pandas frames and plain records out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

# A browser draws this many marks without stutter; more cannot be told apart on a page anyway.
MOST_MARKS = 20_000


class Rows(alt.InlineData):
    """The rows of a chart, shared by its copies."""

    def __deepcopy__(self, memo: object) -> Rows:
        return self


def frame(table: Any, columns: Collection[str], chart: str) -> pd.DataFrame:
    """Return the table as a new pandas frame after checking that it can be drawn.

    Args:
        table: a pandas frame, anything with ``to_pandas`` (Ibis, Arrow, Polars) or a list of dataclass instances.
        columns: names of the columns that the chart needs.
        chart: name of the chart, for messages.

    Raises:
        InputError: the table is of no known kind, lacks a column or has no rows.

    >>> frame(pd.DataFrame({"age": [0], "retention": [1.0]}), ["age"], "retention curves").shape
    (1, 2)

    """
    rows = _as_pandas(table, chart)
    missing = [name for name in columns if name not in rows.columns]
    if missing and len(rows.columns):
        raise InputError(
            "plot.missing_column",
            f"The {chart} chart needs the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}.",
            value=", ".join(map(str, rows.columns)),
            advice="Rename your columns, or pass what the analysis of the same name returns.",
        )
    if rows.empty:
        raise InputError(
            "plot.empty",
            f"There is nothing to draw in the {chart} chart: the table has no rows.",
            advice="Check the period and the filter that the table was made with.",
        )
    return rows


def inline(rows: pd.DataFrame, chart: str) -> alt.InlineData:
    """Return the rows as chart data that no row limit cuts short.

    It is not copied with the chart, as Altair would do a dozen times before one is drawn; nobody changes it.
    Inline data passes by Altair's 5,000-row check, so the limit is ours: ``MOST_MARKS``.

    Raises:
        InputError: there are more rows than can be drawn.

    >>> inline(pd.DataFrame({"day": [date(2011, 12, 9)], "n": [None]}), "trend").to_dict()["values"]
    [{'day': '2011-12-09T00:00:00', 'n': None}]

    """
    if len(rows) > MOST_MARKS:
        raise InputError(
            "plot.too_many_marks",
            f"The {chart} chart would hold {len(rows):,} marks; {MOST_MARKS:,} is the most.",
            value=len(rows),
            advice="Use a coarser grain or fewer groups.",
        )
    return Rows(values=[{str(k): _plain(v) for k, v in row.items()} for row in rows.to_dict("records")])


def _as_pandas(table: Any, chart: str) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        rows = table.reset_index(drop=True)
    elif hasattr(table, "to_pandas"):
        rows = table.to_pandas()
    elif isinstance(table, Sequence) and all(dataclasses.is_dataclass(item) for item in table):
        rows = pd.DataFrame([{f.name: getattr(item, f.name) for f in dataclasses.fields(item)} for item in table])
    else:
        raise InputError(
            "plot.unknown_table",
            f"The {chart} chart cannot read a {type(table).__name__}.",
            value=type(table).__name__,
            advice="Pass a pandas, Polars, Arrow or Ibis table.",
        )
    return rows.assign(**{str(name): _numbers(rows[name]) for name in rows.columns if rows[name].dtype == object})


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Exact decimals become floats, since a chart has no decimals; a value that is not available becomes empty."""
    return column.map(
        lambda item: float(item) if isinstance(item, Decimal) else None if isinstance(item, NotAvailable) else item
    )


def _plain(item: Any) -> Any:
    if item is None or item is pd.NaT or (isinstance(item, float) and not math.isfinite(item)):
        return None
    if isinstance(item, (datetime, date)):
        # A bare date is read by browsers as midnight UTC and then shown a day early west of Greenwich.
        return datetime(item.year, item.month, item.day).isoformat()  # noqa: DTZ001
    return item.item() if hasattr(item, "item") else item
