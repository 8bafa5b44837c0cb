"""Mean spend of repeat customers with the number of orders behind it: what the gamma–gamma model is fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.columns import Floats, names_of, numbers
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable

Bools = npt.NDArray[np.bool_]
SMALL = 1_000_000  # counts below are tabulated by counting instead of sorting


@dataclass(frozen=True)
class RepeatSpend:
    """Customers who bought again, one row each or one row for a group who share it; arrays of shape (rows,).

    Args:
        purchases: repeat purchases x, whole numbers from 1.
        spend: mean net spend of these purchases, above 0, in money.
        customers: how many share the row, from 1.
        left_out: customers not used, by reason.

    """

    purchases: Floats
    spend: Floats
    customers: Floats
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Number of customers."""
        return int(self.customers.sum())

    @cached_property
    def mean(self) -> float:
        """Mean over customers of their mean spend; 0 where there are none."""
        return float(np.dot(self.customers, self.spend) / self.customers.sum()) if self.total else 0.0

    @cached_property
    def spread(self) -> float:
        """Standard deviation of the logarithm of spend."""
        logs = np.log(self.spend)
        centre = np.dot(self.customers, logs) / self.customers.sum()
        return math.sqrt(float(np.dot(self.customers, (logs - centre) ** 2) / self.customers.sum()))

    @cached_property
    def distinct(self) -> tuple[Floats, npt.NDArray[np.int64]]:
        """The distinct numbers of purchases, and the position of each row's among them."""
        if self.purchases.size and self.purchases.max() < SMALL:
            counts = self.purchases.astype(np.int64)
            there = np.bincount(counts) > 0
            return np.flatnonzero(there).astype(np.float64), (np.cumsum(there) - 1)[counts].astype(np.int64)
        values, position = np.unique(self.purchases, return_inverse=True)
        return values, position.astype(np.int64)

    def divided_by(self, unit: float) -> Self:
        """Return the same with spend measured in ``unit``."""
        return type(self)(self.purchases, self.spend / unit, self.customers, self.left_out)

    def every(self, step: int) -> Self:
        """Return every ``step``-th row."""
        rows = slice(None, None, step)
        return type(self)(self.purchases[rows].copy(), self.spend[rows].copy(), self.customers[rows].copy())

    @classmethod
    def of(cls, spend: Any) -> RepeatSpend:
        """Read a table with ``frequency`` or ``purchases``, ``monetary_value`` and optionally ``customers``.

        Raises:
            InputError: a column is missing or no number, or a count is no whole number from 0 up; the row is named.

        >>> base = RepeatSpend.of({"frequency": [0, 2, 3], "monetary_value": [None, 20.0, -1.0]})
        >>> base.total, base.left_out
        (1, {'no repeat purchase': 1, 'spend of zero or less': 1, 'no spend known': 0})

        """
        names = names_of(spend)
        column = "purchases" if "purchases" in names and "frequency" not in names else "frequency"
        purchases = numbers(spend, column, where="spend")
        customers = numbers(spend, "customers", where="spend") if "customers" in names else np.ones_like(purchases)
        _must_be_whole(purchases, column, 0)
        _must_be_whole(customers, "customers", 1)
        value = _value(spend, names)
        reasons: dict[str, Bools] = {
            "no repeat purchase": purchases == 0,
            "spend of zero or less": (purchases > 0) & (value <= 0),
            "no spend known": (purchases > 0) & np.isnan(value),
        }
        left_out = {reason: int(customers[rows].sum()) for reason, rows in reasons.items()}
        kept = (purchases > 0) & (value > 0)
        return cls(purchases[kept], value[kept], customers[kept], left_out)


def correlation(spend: Any) -> Estimate | NotAvailable:
    """Return Pearson's correlation of the number of purchases and the mean spend, with its 95 % interval (Fisher's z).

    The gamma–gamma model takes it to be zero: the further from zero, the less the product of expected orders and
    expected spend is a customer's value.

    Args:
        spend: as for `RepeatSpend.of`; only customers with repeat purchases and spend above 0 count.

    >>> found = correlation({"frequency": [1, 2, 3, 4, 5], "monetary_value": [5.0, 9.0, 4.0, 8.0, 6.0]})
    >>> round(found.value, 3), found.low < 0 < found.high
    (0.076, True)

    """
    base = spend if isinstance(spend, RepeatSpend) else RepeatSpend.of(spend)
    if base.total < 4:
        return NotAvailable(f"{base.total} repeat customers; a correlation with an interval needs 4")
    weight = base.customers / base.customers.sum()
    x, y = (column - np.dot(weight, column) for column in (base.purchases, base.spend))
    spreads = math.sqrt(float(np.dot(weight, x * x))), math.sqrt(float(np.dot(weight, y * y)))
    if min(spreads) <= 1e-12 * max(1.0, base.mean):
        return NotAvailable("all repeat customers bought equally often or spend the same")
    value = min(1.0, max(-1.0, float(np.dot(weight, x * y)) / (spreads[0] * spreads[1])))
    angle, half = math.atanh(min(max(value, -1 + 1e-15), 1 - 1e-15)), Z_95 / math.sqrt(base.total - 3)
    return Estimate(value, math.tanh(angle - half), math.tanh(angle + half))


def _value(spend: Any, names: list[str]) -> Floats:
    """Return mean spend, with NaN only where it is empty: a customer without repeat purchases has none."""
    if "monetary_value" not in names:
        return numbers(spend, "monetary_value", where="spend")  # which refuses with the columns there are
    try:
        value = np.asarray(spend["monetary_value"], dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            "table.not_numbers",
            "The column monetary_value holds something that is not a number.",
            where="spend",
            value="monetary_value",
        ) from error
    infinite = np.flatnonzero(np.isinf(value))
    if infinite.size:
        raise InputError(
            "table.not_finite",
            f"The column monetary_value is infinite in {infinite.size} of {value.size} rows.",
            where=f"spend, row {int(infinite[0]) + 1}",
            value=float(value[infinite[0]]),
            advice="Leave these rows out.",
        )
    return value


def _must_be_whole(column: Floats, name: str, least: int) -> None:
    rows = np.flatnonzero((column < least) | (column != np.floor(column)))
    if rows.size:
        raise InputError(
            f"spend.{name}",
            f"The {name} must be a whole number from {least} up; {rows.size} of {column.size} rows are not.",
            where=f"spend, row {int(rows[0]) + 1}",
            value=float(column[rows[0]]),
        )
