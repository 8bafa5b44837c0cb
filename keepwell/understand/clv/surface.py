"""What a model says of every kind of customer: by how often they bought and how long they have been silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.vocabulary.errors import InputError

FREQUENCIES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20)
SILENCES = (0, 7, 14, 30, 60, 90, 120, 180, 270, 365)


@dataclass(frozen=True, slots=True)
class SurfaceCell:
    """One kind of customer.

    Args:
        frequency: repeat purchases.
        recency_days: days from the last purchase to the last observed day.
        probability_alive: that such a customer is still there, in [0, 1].
        expected_orders: within the horizon.

    """

    frequency: int
    recency_days: int
    probability_alive: float
    expected_orders: float


def surface(
    model: BuyTillYouDie,
    age_days: int,
    horizon_days: int = 365,
    *,
    frequencies: Sequence[int] = FREQUENCIES,
    silences: Sequence[int] = SILENCES,
) -> list[SurfaceCell]:
    """Return P(alive) and expected orders on a grid of customers of one age.

    Args:
        model: fitted.
        age_days: days since the first purchase, the same for all; those silent for as long or longer are left out,
            since they have not bought twice.
        horizon_days: of the expected orders.
        frequencies: repeat purchases, each at least 1.
        silences: days since the last purchase.

    Raises:
        InputError: nothing is left of the grid.

    >>> from keepwell.stats.btyd.beta_geo import BetaGeo
    >>> rows = {"frequency": [0, 2, 1, 4], "recency_days": [0, 30, 12, 60], "age_days": [90, 80, 85, 90]}
    >>> [cell.recency_days for cell in surface(BetaGeo().fit(rows), 40, frequencies=[2])]
    [0, 7, 14, 30]

    """
    pairs = [(x, silent) for x in frequencies for silent in silences if silent < age_days]
    if not pairs:
        raise InputError(
            "clv.surface",
            "No customer of that age can have been silent for so long.",
            value=age_days,
            advice="Use a greater age, or shorter silences.",
        )
    frequency, silence = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    age = np.full(len(pairs), float(age_days))
    base = CustomerBase(frequency, age - silence, age, np.ones_like(frequency), is_whole_days=True)
    horizon = horizon_days / model.time_unit.days
    alive, orders = model.probability_alive(base), model.expected_purchases(base, horizon)
    return [SurfaceCell(x, silent, float(p), float(n)) for (x, silent), p, n in zip(pairs, alive, orders, strict=True)]
