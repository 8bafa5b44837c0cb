"""Customers who may act at given opportunities (a yearly appeal, a season, a conference) and either do or do not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.stats.columns import Floats, names_of, numbers
from keepwell.vocabulary.errors import InputError

Ints = npt.NDArray[np.int64]

MOST = 10_000  # opportunities: a base with more is one in continuous time


@dataclass(frozen=True, slots=True)
class OpportunityBase:
    """Distinct histories (x, t_x, n) with how many customers share them, and which of them each row has.

    Args:
        frequency: opportunities used x, in [0, t_x], shape (histories,).
        recency: index of the last one used t_x, counted from 1; 0 exactly where none was used; shape (histories,).
        opportunities: how many there were n, shape (histories,).
        customers: at least 1, shape (histories,).
        of_row: index of the history, shape (rows,).

    """

    frequency: Ints
    recency: Ints
    opportunities: Ints
    customers: Floats
    of_row: Ints

    @property
    def total(self) -> int:
        """Number of customers."""
        return int(self.customers.sum())

    @classmethod
    def of(cls, rows: Any) -> OpportunityBase:
        """Read a table.

        Args:
            rows: columns ``frequency`` (opportunities used), ``recency`` (index of the last one used, 0 for none) and
                ``opportunities`` (how many there were); optionally ``customers``, how many share the row. What made
                somebody a customer is not among the opportunities. pandas, Polars, Arrow, or a dictionary.

        Raises:
            InputError: a column is missing, or a row cannot be; the row is named.

        >>> base = OpportunityBase.of({"frequency": [2, 0, 2], "recency": [5, 0, 5], "opportunities": [6, 6, 6]})
        >>> base.customers.tolist(), base.of_row.tolist()
        ([1.0, 2.0], [1, 0, 1])

        """
        columns = [_whole(rows, name) for name in ("frequency", "recency", "opportunities")]
        frequency, recency, opportunities = columns
        weight = numbers(rows, "customers", where="histories") if "customers" in names_of(rows) else None
        if not len(frequency):
            raise InputError("histories.empty", "There are no customers.", where="histories")
        _refuse(opportunities, opportunities > MOST, "opportunities", f"at most {MOST:,}")
        _refuse(recency, recency > opportunities, "recency", "no later than the last opportunity")
        _refuse(frequency, frequency > recency, "frequency", "at most the recency, the index of the last one used")
        _refuse(recency, (frequency == 0) & (recency > 0), "recency", "0 where no opportunity was used")
        if weight is not None:
            _refuse(weight, (weight < 1) | (weight != np.floor(weight)), "customers", "a whole number from 1 up")
        side = MOST + 1
        keys, of_row = np.unique((opportunities * side + recency) * side + frequency, return_inverse=True)
        customers = np.bincount(of_row, weights=weight)
        return cls(keys % side, keys // side % side, keys // side**2, customers.astype(np.float64), of_row)


def _whole(rows: Any, name: str) -> Ints:
    column = numbers(rows, name, where="histories")
    _refuse(column, (column < 0) | (column != np.floor(column)) | (column > 2**53), name, "a whole number from 0 up")
    return column.astype(np.int64)


def _refuse(column: npt.NDArray[Any], bad: npt.NDArray[np.bool_], name: str, must: str) -> None:
    found = np.flatnonzero(bad)
    if found.size:
        raise InputError(
            f"histories.{name}",
            f"The {name} must be {must}; {found.size} of {column.size} rows are not.",
            where=f"histories, row {int(found[0]) + 1}",
            value=float(column[found[0]]),
            advice="Count opportunities from 1, and leave out the one that made the customer.",
        )
