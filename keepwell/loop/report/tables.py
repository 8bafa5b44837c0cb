"""Frames as tables of text, every column with its heading, its format and what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from keepwell.loop.report import numbers
from keepwell.loop.report.blocks import Heading, Table
from keepwell.loop.report.words import CELLS, COLUMNS

COHORTS_ACROSS = 13
INTERVAL = "95 % interval"


def table(rows: pd.DataFrame, columns: Sequence[str], caption: str, currency: str, *, note: str = "") -> Table:
    """Return the named columns of a frame as a table; a column that the frame lacks is left out.

    >>> shown = table(pd.DataFrame({"period": ["2011-01-01"], "new": [1234]}), ["period", "new"], "Growth", "GBP")
    >>> shown.rows
    [['Jan 2011', '1,234']]

    """
    present = [name for name in columns if name in rows.columns]
    texts = [[write(value, name, currency) for value in rows[name]] for name in present]
    headings = [heading(name) for name in present]
    return Table(caption, headings, [list(row) for row in zip(*texts, strict=True)], note)


def heading(column: str) -> Heading:
    """Return a column's heading; an unknown column is named as it is.

    >>> heading("quick_ratio").label
    'Quick ratio'
    """
    label, kind, meaning = COLUMNS.get(column, (column.replace("_", " ").capitalize(), "text", ""))
    return Heading(label, meaning, kind not in {"text", "month", "day"})


def write(value: Any, column: str, currency: str) -> str:
    """Write one value as its column asks.

    >>> write(0.25, "retention", "GBP"), write("Spain", "group", "GBP")
    ('25.0%', 'Spain')
    """
    kind = COLUMNS.get(column, ("", "text", ""))[1]
    if kind == "money":
        return numbers.money(value, currency)
    writers: dict[str, Callable[[Any], str]] = {
        "count": numbers.count,
        "rate": numbers.rate,
        "decimal": numbers.decimal,
        "month": numbers.month,
        "day": numbers.day,
        "days": numbers.days,
    }
    return writers.get(kind, _text)(value)


def triangle(cohorts: pd.DataFrame, column: str, caption: str, currency: str) -> list[Table]:
    """Return a cohort table as one row a cohort and one column an age, in pieces that fit a printed page.

    >>> rows = pd.DataFrame({"cohort": ["2011-01-01"] * 2, "age": [0, 1], "size": 50, "retention": [1.0, 0.38]})
    >>> triangle(rows, "retention", "Retention", "GBP")[0].rows
    [['Jan 2011', '50', '100.0%', '38.0%']]

    """
    rows = cohorts.assign(cohort=pd.to_datetime(cohorts["cohort"]))
    wide = rows.pivot_table(index=["cohort", "size"], columns="age", values=column, aggfunc="first", sort=True)
    pieces = []
    for start in range(0, len(wide.columns), COHORTS_ACROSS):
        piece = wide.iloc[:, start : start + COHORTS_ACROSS].dropna(how="all")
        ages = [Heading(str(int(age)), "", is_number=True) for age in piece.columns]
        texts = [
            [numbers.month(cohort), numbers.count(size), *(_cell(value, column, currency) for value in row)]
            for (cohort, size), row in zip(piece.index, piece.to_numpy(), strict=True)
        ]
        part = f"{caption}, ages {piece.columns[0]} to {piece.columns[-1]}"
        pieces.append(Table(part, [heading("cohort"), heading("size"), *ages], texts, is_dense=True))
    return pieces


def matrix(rows: pd.DataFrame, down: str, across: str, column: str, caption: str) -> Table:
    """Return counts as a table with one row a value of ``down`` and one column a value of ``across``.

    >>> moves = pd.DataFrame({"a": ["Loyal"], "b": ["Lost"], "n": [3]})
    >>> matrix(moves, "a", "b", "n", "Moves").rows
    [['Loyal', '3']]

    """
    wide = rows.pivot_table(index=down, columns=across, values=column, aggfunc="sum")
    headings = [heading(down), *(Heading(str(name), "", is_number=True) for name in wide.columns)]
    texts = [
        [str(name), *("" if pd.isna(count) else numbers.count(count) for count in counts)]
        for name, counts in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    return Table(caption, headings, texts, is_dense=True)


def matrix_of(rows: pd.DataFrame, down: str, across: str, column: str, caption: str) -> Table:
    """Return the values of a column as a table with one row a value of ``down`` and one column a value of ``across``.

    >>> cells = pd.DataFrame({"recency_days": [0, 7], "frequency": [1, 1], "expected_orders": [2.0, 1.5]})
    >>> matrix_of(cells, "recency_days", "frequency", "expected_orders", "Orders").rows
    [['0', '2.00'], ['7', '1.50']]

    """
    wide = rows.pivot_table(index=down, columns=across, values=column, aggfunc="first")
    headings = [
        Heading(CELLS.get(down, heading(down).label), is_number=True),
        *(Heading(str(name), is_number=True) for name in wide.columns),
    ]
    texts = [
        [str(name), *(_cell(value, column, "") for value in values)]
        for name, values in zip(wide.index, wide.to_numpy(), strict=True)
    ]
    note = f"{CELLS.get(across, heading(across).label)} across."
    return Table(caption, headings, texts, note, is_dense=True)


def with_intervals_below(shown: Table) -> Table:
    r"""Return the table with each interval under its number, which fits a page; on a phone, row by row.

    >>> wide = Table("", [Heading("Model"), Heading("Orders"), Heading(INTERVAL)], [["A", "5", "4 to 6"]])
    >>> with_intervals_below(wide).rows[0][1].replace(numbers.NO_BREAK, "_")
    '5\n4_to_6'

    """
    rows = []
    for row in shown.rows:
        cells: list[str] = []
        for heading_, cell in zip(shown.headings, row, strict=True):
            if heading_.label != INTERVAL:
                cells.append(cell)
            elif cell not in ("", numbers.NONE):
                cells[-1] = f"{cells[-1]}\n{cell.replace(' ', numbers.NO_BREAK)}"
        rows.append(cells)
    headings = [heading_ for heading_ in shown.headings if heading_.label != INTERVAL]
    return replace(shown, headings=headings, rows=rows, is_prose=True)


def _cell(value: Any, column: str, currency: str) -> str:
    return "" if numbers.is_missing(value) else write(value, column, currency)


def _text(value: Any) -> str:
    if numbers.is_missing(value):
        return numbers.NONE
    if isinstance(value, float):
        return numbers.decimal(value)
    return str(value)
