"""The sufficient statistics of a customer base: how often, how lately, and since when, with how many share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.stats.columns import Floats, names_of, numbers
from keepwell.stats.time_unit import TimeUnit
from keepwell.vocabulary.errors import InputError

Ints = npt.NDArray[np.int64]

LATTICE = 1e-6  # days: nearer to a whole day than this is that day
LATEST = 100_000  # days: an age beyond is no customer's


@dataclass(frozen=True, slots=True)
class CustomerBase:
    """Repeat purchases of customers, one row a customer or one row a group who share them.

    Times are kept in days, whatever unit they came in; a model divides by its own unit. All arrays have shape (rows,).

    Args:
        frequency: repeat purchase occasions, at least 0 (the first purchase is not one).
        recency_days: days from the first to the last purchase, in [0, age]; 0 exactly where frequency is 0.
        age_days: days from the first purchase to the end of observation (the papers' T).
        customers: how many share the row, at least 1.
        is_whole_days: every time is a whole number of days, so that tables by day may be used.

    """

    frequency: Ints
    recency_days: Floats
    age_days: Floats
    customers: Ints
    is_whole_days: bool

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.frequency)

    @property
    def total(self) -> int:
        """Number of customers."""
        return int(self.customers.sum())

    @classmethod
    def of(cls, rfm: Any, unit: TimeUnit | None = None) -> CustomerBase:
        """Read a table.

        Args:
            rfm: columns ``frequency``, and either ``recency_days`` and ``age_days``, or ``recency`` and ``T`` in
                ``unit``; optionally ``customers``, how many share the row. pandas, Polars, Arrow, or a dictionary.
            unit: of ``recency`` and ``T``; must be said for them, since weeks read as days give nonsense quietly.

        Raises:
            InputError: a column is missing, or a row cannot be (recency beyond the age, a repeat purchase on the day
                of the first, a negative or broken frequency); the row is named.

        >>> base = CustomerBase.of({"frequency": [2, 0], "recency": [30.43, 0], "T": [38.86, 38.86]}, TimeUnit.WEEK)
        >>> base.age_days.round(2).tolist(), base.total
        ([272.02, 272.02], 2)

        """
        names = names_of(rfm)
        frequency = numbers(rfm, "frequency")
        if "recency_days" in names or "age_days" in names:
            recency, age = numbers(rfm, "recency_days"), numbers(rfm, "age_days")
        elif unit is None and "recency" in names and "T" in names:
            raise InputError(
                "rfm.unit",
                "The columns recency and T do not say their unit of time.",
                where="rfm",
                advice='Say it, for instance BetaGeo(unit="week"), or name the columns recency_days and age_days.',
            )
        else:
            days = unit.days if unit else 1.0
            recency, age = numbers(rfm, "recency") * days, numbers(rfm, "T") * days
        weight = numbers(rfm, "customers") if "customers" in names else np.ones_like(frequency)
        _check(frequency, recency, age, weight)
        whole_recency, whole_age = np.rint(recency), np.rint(age)
        is_whole = bool((np.abs(recency - whole_recency) < LATTICE).all() and (np.abs(age - whole_age) < LATTICE).all())
        if is_whole:
            recency, age = whole_recency, whole_age
        return cls(frequency.astype(np.int64), recency, age, weight.astype(np.int64), is_whole)


def _check(frequency: Floats, recency: Floats, age: Floats, weight: Floats) -> None:
    if not len(frequency):
        raise InputError("rfm.empty", "There are no customers.", where="rfm", advice="Hand in at least one.")
    _refuse(frequency, (frequency < 0) | (frequency != np.floor(frequency)), "frequency", "a whole number from 0 up")
    _refuse(weight, (weight < 1) | (weight != np.floor(weight)), "customers", "a whole number from 1 up")
    _refuse(age, (age < 0) | (age > LATEST), "age", f"between 0 and {LATEST:,} days")
    _refuse(recency, (recency < 0) | (recency > age + LATTICE), "recency", "between 0 and the customer's age")
    _refuse(recency, (frequency == 0) & (recency > 0), "recency", "0 where there is no repeat purchase")
    _refuse(recency, (frequency > 0) & (recency <= 0), "recency", "above 0 where there is a repeat purchase")


def _refuse(column: Floats, bad: npt.NDArray[np.bool_], name: str, must: str) -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise InputError(
            f"rfm.{name}",
            f"The {name} must be {must}; {rows.size} of {column.size} rows are not.",
            where=f"rfm, row {int(rows[0]) + 1}",
            value=float(column[rows[0]]),
            advice="Merge purchases of one day into one occasion, and count time from the first of them.",
        )
