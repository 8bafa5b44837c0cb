"""How many customers are worth how much."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

MOST_CLASSES = 9
STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class ValueClass:
    """Customers whose expected value lies in ``[value_from, value_to)``; ``value_to`` is ``None`` in the open class."""

    value_from: float
    value_to: float | None
    customers: int
    value: float


def value_classes(value: Floats) -> list[ValueClass]:
    """Return classes of round limits (1, 2, 5, 10 …) that the customers fall into, lowest first.

    The open class begins where less than one customer in a hundred is left, so that a few great ones do not stretch
    the others into one bar.

    Args:
        value: per customer, at least 0, shape (customers,); none gives no classes.

    >>> [(c.value_from, c.value_to, c.customers) for c in value_classes(np.array([0.4, 3.0, 3.5, 30.0]))]
    [(0.0, 2.0, 1), (2.0, 5.0, 2), (5.0, 10.0, 0), (10.0, 20.0, 0), (20.0, None, 1)]

    """
    if not value.size:
        return []
    few, top = np.quantile(value, [0.1, 0.99])
    limits = _limits(float(few), float(top) if top > 0 else 1.0)
    place = np.searchsorted(limits, value, side="right") - 1
    counts = np.bincount(place, minlength=len(limits))
    sums = np.bincount(place, weights=value, minlength=len(limits))
    ends = [*limits[1:].tolist(), None]
    return [
        ValueClass(float(start), end, int(count), float(total))
        for start, end, count, total in zip(limits, ends, counts, sums, strict=True)
    ]


def _limits(few: float, top: float) -> Floats:
    """Return 0 and round limits from where a tenth of the customers lies up to ``top``."""
    power = math.floor(math.log10(top))
    found = [step * 10.0**exponent for exponent in range(power - 3, power + 1) for step in STEPS]
    inside = [limit for limit in found if few <= limit < top]
    return np.array([0.0, *inside[-(MOST_CLASSES - 1) :]])
