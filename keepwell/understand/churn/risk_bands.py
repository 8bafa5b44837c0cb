"""Risk in four words, with how often each came true."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.estimate import Estimate, NotAvailable, wilson

Floats = npt.NDArray[np.float64]

# Quarters of the probability itself: nothing to set, and a band means the same in every shop.
BANDS = ("low", "middling", "high", "very high")
EDGES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class RiskBand:
    """Customers whose chance of no order lies in one quarter.

    Args:
        name: low, middling, high or very high.
        at_least, below: bounds of the chance.
        customers: now.
        expected: mean chance among them; not available where there are none.
        observed: share without an order among those who had such a chance in the holdout, with its interval.
        judged: how many of these there were.

    """

    name: str
    at_least: float
    below: float
    customers: int
    expected: float | NotAvailable
    observed: Estimate | NotAvailable
    judged: int


def band_of(chance: Floats) -> list[str]:
    """Return the name of each chance's band.

    >>> band_of(np.array([0.1, 0.5, 0.99]))
    ['low', 'high', 'very high']

    """
    return [BANDS[place] for place in np.searchsorted(EDGES, chance, side="right").tolist()]


def bands(now: Floats, labels: Floats, held_out: Floats) -> tuple[RiskBand, ...]:
    """Return the four bands.

    Args:
        now: chances of the customers of today, shape (customers,).
        labels: 1 where a customer of the holdout placed no order, shape (held out,).
        held_out: their chances, shape (held out,).

    """
    place, before = np.searchsorted(EDGES, now, side="right"), np.searchsorted(EDGES, held_out, side="right")
    bounds = (0.0, *EDGES, 1.0)
    found = []
    for number, name in enumerate(BANDS):
        here, then = now[place == number], labels[before == number]
        expected: float | NotAvailable = float(here.mean()) if len(here) else NotAvailable("nobody is in this band")
        observed: Estimate | NotAvailable = NotAvailable("nobody was in this band")
        if len(then):
            observed = Estimate(float(then.mean()), *wilson(int(then.sum()), len(then)))
        found.append(RiskBand(name, bounds[number], bounds[number + 1], len(here), expected, observed, len(then)))
    return tuple(found)
