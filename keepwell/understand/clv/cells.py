"""Cells of customers who are much alike, in which slowly changing things are worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

EXACT = 8  # frequencies below have cells of their own; above, cells grow by a fifth
GROWTH = 1.2
AGES = 12  # equal spans from 0 to the greatest age
RECENCIES = 32  # equal shares of the age


@dataclass(frozen=True, slots=True)
class Cells:
    """A partition of customers by frequency, recency as a share of age, and age.

    Args:
        bin_of_frequency: from a frequency to its bin, shape (greatest frequency + 1,).
        days_an_age: width of an age's bin.
        cell_of_key: from a key of bins to the cell, −1 where no customer of the base is.
        middle: one typical customer a cell, with the cell's number of customers.
        cell_of_row: the cell of each row of the base, shape (rows of the base,).

    """

    bin_of_frequency: Ints
    days_an_age: float
    cell_of_key: Ints
    middle: CustomerBase
    cell_of_row: Ints

    @classmethod
    def of(cls, base: CustomerBase) -> Self:
        """Divide a base of whole days into cells."""
        bins = _bins(int(base.frequency.max()))
        width = (float(base.age_days.max()) + 1) / AGES
        key = _key(bins, width, base.frequency, base.recency_days, base.age_days)
        used, cell = np.unique(key, return_inverse=True)
        cell_of_key = np.full((int(bins.max()) + 1) * RECENCIES * AGES, -1, dtype=np.int64)
        cell_of_key[used] = np.arange(len(used))
        return cls(bins, width, cell_of_key, _middle(base, used, cell, bins), cell.astype(np.int64))

    @property
    def count(self) -> int:
        """Number of cells."""
        return self.middle.rows

    def at(self, frequency: Ints, recency_days: Floats, age_days: Floats) -> Ints:
        """Return the cell of each customer of the base, shape (rows,)."""
        return np.asarray(
            self.cell_of_key[_key(self.bin_of_frequency, self.days_an_age, frequency, recency_days, age_days)]
        )

    def sums(self, column: Floats) -> Floats:
        """Return the sum over each cell of a column of the base, shape (cells,)."""
        return np.asarray(np.bincount(self.cell_of_row, weights=column, minlength=self.count), dtype=np.float64)


def _bins(greatest: int) -> Ints:
    frequency = np.arange(greatest + 1, dtype=np.float64)
    steps = np.floor(np.log(np.maximum(frequency, EXACT) / EXACT) / np.log(GROWTH))
    bins = np.where(frequency < EXACT, frequency, EXACT + steps).astype(np.int64)
    return np.unique(bins, return_inverse=True)[1].astype(np.int64)


def _key(bins: Ints, width: float, frequency: Ints, recency_days: Floats, age_days: Floats) -> Ints:
    share = np.minimum(RECENCIES * recency_days // np.maximum(age_days, 1.0), RECENCIES - 1)
    age = np.minimum(age_days // width, AGES - 1)
    return np.asarray((bins[frequency] * RECENCIES + share.astype(np.int64)) * AGES + age.astype(np.int64))


def _middle(base: CustomerBase, used: Ints, cell: Ints, bins: Ints) -> CustomerBase:
    """Return a typical customer of each cell, in whole days and purchases.

    Frequency and age are the means of their whole bins, so that few pairs of them occur: models work those out once.
    """
    people = base.customers.astype(np.float64)
    share = base.recency_days / np.maximum(base.age_days, 1.0)
    age = np.rint(_mean(base.age_days, people, used[cell] % AGES))[used % AGES]
    frequency = np.rint(_mean(base.frequency, people, bins[base.frequency]))[used // (AGES * RECENCIES)]
    recency = np.rint(_mean(share, people, cell) * age)
    age = np.where(frequency > 0, np.maximum(age, 1), age)
    recency = np.where(frequency > 0, np.clip(recency, 1, age), 0.0)
    customers = np.bincount(cell, weights=people).astype(np.int64)
    return CustomerBase(frequency.astype(np.int64), recency, age, customers, True)


def _mean(column: Ints | Floats, people: Floats, group: Ints) -> Floats:
    """Return the mean of a column over the customers of each group; 0 where there is none."""
    count = np.bincount(group, weights=people)
    total = np.bincount(group, weights=column * people)
    return np.divide(total, count, out=np.zeros_like(total), where=count > 0)
