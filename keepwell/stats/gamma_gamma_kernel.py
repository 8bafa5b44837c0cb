"""The one pass over customers that a step of the gamma–gamma fit makes."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

Floats = npt.NDArray[np.float64]


def spend_sums(total: Floats, customers: Floats, orders: Floats, gamma: float) -> tuple[float, float, float, float]:
    """Return Σ n log(γ + s), Σ n x log(γ + s), Σ n / (γ + s) and Σ n x / (γ + s) over customers.

    Args:
        total: spend over all repeat orders s, above 0, shape (rows,).
        customers: how many share the row n, shape (rows,).
        orders: n times the number of orders x, shape (rows,).
        gamma: γ, above 0.

    >>> import numpy as np
    >>> one = np.ones(1)
    >>> spend_sums(one, one, 2 * one, 1.0)[2:]
    (0.5, 1.0)

    """
    return _spend_sums(total, customers, orders, gamma)


@njit(cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _spend_sums(total: Floats, customers: Floats, orders: Floats, gamma: float) -> tuple[float, float, float, float]:
    logs = logs_of_orders = inverses = inverses_of_orders = 0.0
    for row in range(total.size):
        reach = gamma + total[row]
        log, inverse = math.log(reach), 1.0 / reach
        logs += customers[row] * log
        logs_of_orders += orders[row] * log
        inverses += customers[row] * inverse
        inverses_of_orders += orders[row] * inverse
    return logs, logs_of_orders, inverses, inverses_of_orders
