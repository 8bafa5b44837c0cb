"""Whether customers of each kind were foretold rightly: mean orders by how often they had bought before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.understand.clv.holdout import Holdout

Floats = npt.NDArray[np.float64]

COUNTED = "Counted"
LAST_BIN = 7


@dataclass(frozen=True, slots=True)
class CalibrationRow:
    """Customers who had bought equally often before the split, by one forecast or as counted.

    Args:
        frequency: repeat purchases before the split: "0" … "6", "7+".
        series: a forecast's name, or "Counted".
        mean: orders per customer in the holdout.
        customers: of the bin.

    """

    frequency: str
    series: str
    mean: float
    customers: int


def calibration(holdout: Holdout, forecasts: Mapping[str, Floats], *, last_bin: int = LAST_BIN) -> list[CalibrationRow]:
    """Return mean orders in the holdout by frequency bin, counted and foretold; bins without customers are left out.

    Args:
        holdout: customers and what they did.
        forecasts: expected orders by row of the holdout, by name.
        last_bin: the frequency from which on customers share a bin, at least 1.

    """
    place = np.minimum(holdout.frequency, last_bin).astype(np.int64)
    people = np.bincount(place, weights=holdout.customers, minlength=last_bin + 1)
    rows = []
    for name, orders in {COUNTED: holdout.orders, **forecasts}.items():
        totals = np.bincount(place, weights=holdout.customers * orders, minlength=last_bin + 1)
        for number in np.flatnonzero(people):
            label = f"{number}+" if number == last_bin else str(number)
            rows.append(CalibrationRow(label, name, float(totals[number] / people[number]), round(people[number])))
    return rows
