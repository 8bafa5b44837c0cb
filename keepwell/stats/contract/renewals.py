"""Who renewed and who left, renewal by renewal: what models of contracts are fitted to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.stats.columns import names_of, numbers
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
DEEPEST = 10_000  # renewals: more is no contract but a slip of units


@dataclass(frozen=True)
class Renewals:
    """Customers who renewed and who left at their 1st, 2nd, … renewal; arrays of shape (depth,).

    Cohorts of different age add up: who has not come to a renewal yet is in neither count.

    Args:
        renewed: customers who stayed past renewal t = 1, 2, ….
        lost: customers who left at renewal t.
        customers: all customers, also those who have come to no renewal yet.

    """

    renewed: Floats
    lost: Floats
    customers: int

    @property
    def at_risk(self) -> Floats:
        """Customers who came to each renewal."""
        return self.renewed + self.lost

    @property
    def depth(self) -> int:
        """Number of renewals that somebody came to."""
        return int(np.count_nonzero(self.at_risk))

    @property
    def total_lost(self) -> int:
        """Customers who left."""
        return int(self.lost.sum())

    @property
    def retention(self) -> Floats:
        """Share that stayed at each renewal that somebody came to, shape (depth,)."""
        return np.asarray(self.renewed[: self.depth] / self.at_risk[: self.depth], dtype=np.float64)

    def up_to(self, renewal: int) -> Renewals:
        """Return what was known after the first ``renewal`` renewals, as for a holdout of the later ones."""
        return Renewals(self.renewed[:renewal], self.lost[:renewal], self.customers)

    def __add__(self, other: Renewals) -> Renewals:
        length = max(len(self.lost), len(other.lost))
        renewed = _padded(self.renewed, length) + _padded(other.renewed, length)
        lost = _padded(self.lost, length) + _padded(other.lost, length)
        return Renewals(renewed, lost, self.customers + other.customers)

    @classmethod
    def of(cls, source: Any) -> Renewals:
        """Read survivors of one cohort, of several, or a table of customers.

        Args:
            source: a sequence of survivors per period, the first being the cohort's size (``[1000, 631, 468]``); a
                mapping or sequence of such cohorts, of any lengths; or a table with ``periods`` and ``is_churned``
                (see `of_customers`).

        Raises:
            InputError: survivors rise, are below zero or no whole numbers; or the table cannot be used.

        >>> Renewals.of({"2023": [100, 60, 40], "2024": [50, 30]}).retention.round(2).tolist()
        [0.6, 0.67]

        """
        if isinstance(source, Renewals):
            return source
        if _is_customer_table(source):
            return cls.of_customers(source)
        if isinstance(source, Mapping):
            cohorts = {str(name): counts for name, counts in source.items()}
        elif isinstance(source, Iterable) and not isinstance(source, str):
            items = list(source)
            is_many = bool(items) and not np.isscalar(items[0])
            cohorts = {f"cohort {i + 1}": counts for i, counts in enumerate(items)} if is_many else {"survivors": items}
        else:
            raise InputError(
                "renewals.unknown",
                f"Renewals cannot be read from a {type(source).__name__}.",
                value=type(source).__name__,
                advice="Hand in survivors per period, such as [1000, 631, 468].",
            )
        if not cohorts:
            raise InputError("renewals.empty", "There are no cohorts.", advice="Hand in at least one.")
        return reduce(lambda a, b: a + b, (cls._of_cohort(name, counts) for name, counts in cohorts.items()))

    @classmethod
    def of_customers(cls, table: Any) -> Renewals:
        """Read a table of customers, or of groups of them.

        Args:
            table: ``periods`` and ``is_churned``: who churned left at renewal number ``periods`` (from 1), who did not
                has renewed ``periods`` times so far (from 0); optionally ``customers``, how many share the row.

        Raises:
            InputError: a column is missing, or a row cannot be; the row is named.

        >>> rows = {"periods": [1, 2, 2], "is_churned": [True, True, False], "customers": [10, 5, 20]}
        >>> found = Renewals.of_customers(rows)
        >>> found.renewed.tolist(), found.lost.tolist()
        ([25.0, 20.0], [10.0, 5.0])

        """
        where = "customers"
        periods, churned = numbers(table, "periods", where=where), numbers(table, "is_churned", where=where)
        has_weight = "customers" in names_of(table)
        weight = numbers(table, "customers", where=where) if has_weight else np.ones_like(periods)
        _refuse(churned, (churned != 0) & (churned != 1), "is_churned", "true or false")
        bad = (periods < churned) | (periods > DEEPEST) | (periods != np.floor(periods))
        _refuse(periods, bad, "periods", "a whole number of renewals, from 1 for who churned")
        _refuse(weight, (weight < 1) | (weight != np.floor(weight)), "customers", "a whole number from 1 up")
        if not len(periods):
            raise InputError("renewals.empty", "There are no customers.", where=where, advice="Hand in at least one.")
        length = int(periods.max()) + 1
        index = periods.astype(np.int64)
        gone = np.bincount(index, weights=weight * churned, minlength=length)
        all_with = np.bincount(index, weights=weight, minlength=length)
        came = np.cumsum(all_with[::-1])[::-1][1:]  # customers with that many renewals or more
        lost = gone[1:]
        return cls((came - lost).astype(np.float64), lost.astype(np.float64), int(weight.sum()))

    @classmethod
    def _of_cohort(cls, name: str, counts: Sequence[float]) -> Renewals:
        survivors = np.asarray(counts, dtype=np.float64).ravel()
        if not survivors.size or not survivors[0] > 0:
            raise InputError(
                "renewals.no_customers", "The cohort has no customers at its start.", where=name, value=list(survivors)
            )
        bad = ~np.isfinite(survivors) | (survivors < 0) | (survivors != np.floor(survivors))
        _refuse(survivors, bad, "survivors", "whole numbers from 0 up", name)
        _refuse(survivors[1:], np.diff(survivors) > 0, "survivors", "never more than a period before", name)
        return cls(survivors[1:], -np.diff(survivors), int(survivors[0]))


def _is_customer_table(source: Any) -> bool:
    if isinstance(source, Mapping) or hasattr(source, "columns") or hasattr(source, "column_names"):
        names = names_of(source)
        return "periods" in names or "is_churned" in names or not isinstance(source, Mapping)
    return False


def _padded(column: Floats, length: int) -> Floats:
    return np.pad(column, (0, length - len(column)))


def _refuse(column: Floats, bad: npt.NDArray[np.bool_], name: str, must: str, where: str = "customers") -> None:
    rows = np.flatnonzero(bad)
    if rows.size:
        raise InputError(
            f"renewals.{name}",
            f"The {name} must be {must}; {rows.size} of {column.size} are not.",
            where=f"{where}, row {int(rows[0]) + 1}",
            value=float(column[rows[0]]),
            advice="Count who is left after each renewal, beginning with the size of the cohort.",
        )
