"""Customers grouped by what a model sees of them, so that a fit's cost does not grow with their number."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase

Floats = npt.NDArray[np.float64]
KEYS = ("frequency", "recency_days", "age_days")


@dataclass(frozen=True, slots=True)
class GroupedCustomers:
    """Each (frequency, recency, age) that occurs, once; arrays are of shape (rows,).

    Args:
        base: the unique tuples with the customers who share them, in ascending order.
        monetary_value: mean over those customers of their mean spend per repeat occasion; 0 where there is none.
        monetary_square: mean over them of its square.

    """

    base: CustomerBase
    monetary_value: Floats
    monetary_square: Floats


def grouped(purchases: ir.Table) -> GroupedCustomers:
    """Return customers by frequency, recency and age; the engine groups them.

    Args:
        purchases: as returned by `repeat_purchases`; at least one row.

    Raises:
        InputError: there is no customer.

    >>> import ibis
    >>> table = ibis.memtable({"frequency": [1, 1, 0], "recency_days": [5, 5, 0], "age_days": [9, 9, 9],
    ...                        "monetary_value": [2.0, 4.0, None]})
    >>> found = grouped(table)
    >>> found.base.customers.tolist(), found.monetary_value.tolist(), found.monetary_square.tolist()
    ([1, 2], [0.0, 3.0], [0.0, 10.0])

    """
    money = purchases.monetary_value.fill_null(0.0)
    groups = purchases.group_by(*KEYS).aggregate(
        customers=purchases.count(), monetary_value=money.mean(), monetary_square=(money * money).mean()
    )
    table = groups.to_pyarrow()
    # one order of rows whatever the engine's, so that sums of floats come out the same to the last digit
    order = np.lexsort(tuple(table[name].to_numpy() for name in reversed(KEYS)))
    base = CustomerBase.of({name: table[name].to_numpy()[order] for name in (*KEYS, "customers")})
    return GroupedCustomers(base, table["monetary_value"].to_numpy()[order], table["monetary_square"].to_numpy()[order])


def repeat_spend(purchases: ir.Table) -> dict[str, Floats]:
    """Return frequency and monetary_value of the customers with a repeat occasion, one row each, in ascending order.

    Args:
        purchases: as returned by `repeat_purchases`.

    """
    table = purchases.filter(purchases.frequency > 0).select("frequency", "monetary_value").to_pyarrow()
    frequency = table["frequency"].to_numpy().astype(np.float64)
    money = table["monetary_value"].to_numpy()
    order = np.lexsort((frequency, money))
    return {"frequency": frequency[order], "monetary_value": money[order]}
