"""The true worth of people: discounted expected margin to the end of the terminal months, without contacts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.market.conditions import Conditions
from bench.market.luck import Floats
from bench.market.parameters import World
from bench.market.people import People
from bench.market.relationship import expected_revenue, hazard, order_value


def worth(world: World, conditions: Conditions, people: People, entry: NDArray[np.int64], month: int) -> Floats:
    """Return what each one who is still a customer at the beginning of ``month`` is worth from then on."""
    monthly = world.books.margin_rate * expected_revenue(world, people)
    value = np.zeros(len(people))
    for later in range(conditions.horizon - 1, month - 1, -1):
        kept = np.exp(-hazard(world, conditions, people, entry, later))
        value = monthly * conditions.season[later] + conditions.monthly_factor * kept * value
    return value


def newcomer_worth(world: World, conditions: Conditions, people: People, month: int) -> Floats:
    """Return what each one who comes in ``month`` is worth: the first order and what follows."""
    entry = np.full(len(people), month)
    first = world.books.margin_rate * order_value(world, people)
    return first + conditions.monthly_factor * worth(world, conditions, people, entry, month + 1)
