"""Whom to contact, best of all: dynamic programming over each person's true future, fatigue included.

A person's state is who was contacted last month and the month before (four states); value is discounted margin less
contact costs. Exact but for the budget, which enters through a factor on costs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.market.conditions import Conditions
from bench.market.luck import Floats
from bench.market.parameters import World
from bench.market.people import People
from bench.market.relationship import expected_revenue, hazard, order_value
from bench.market.worth import worth

STATES = 4  # contacted last month × contacted the month before
_CONTACTS = (0, 1, 1, 2)


def next_state(state: NDArray[np.int64] | int, is_contacted: bool) -> NDArray[np.int64] | int:
    """Return the state after a month with or without a contact."""
    return 2 * int(is_contacted) + state // 2


class ContactValues:
    """Values of doing the best for these people from ``month`` to the end of the run.

    ``value[t][:, s]`` is the value at the beginning of absolute month ``month + t`` in state ``s``, given that the
    person is still a customer.
    """

    def __init__(
        self, world: World, conditions: Conditions, people: People, entry: NDArray[np.int64], month: int, price: Floats
    ) -> None:
        self.world, self.conditions, self.people, self.entry = world, conditions, people, entry
        self.month, self.price = month, price
        self._revenue = expected_revenue(world, people)
        last = np.repeat(worth(world, conditions, people, entry, conditions.end)[:, None], STATES, axis=1)
        self.value = [last]
        for at in range(conditions.end - 1, month - 1, -1):
            choices = self._choices(at, self.value[0])
            self.value.insert(0, np.stack([choices[state].max(axis=1) for state in range(STATES)], axis=1))

    def choices(self, month: int) -> list[Floats]:
        """Return by state the value of each action in a month: person × (each lever, then nothing)."""
        return self._choices(month, self.value[month - self.month + 1])

    def _choices(self, month: int, following: Floats) -> list[Floats]:
        factor = self.conditions.monthly_factor
        revenue = self._revenue * self.conditions.season[month]
        risk = hazard(self.world, self.conditions, self.people, self.entry, month)
        margin = self.world.books.margin_rate
        alone, kept = margin * revenue, factor * np.exp(-risk)
        by_contacts = [self._contacted(month, contacts, revenue, risk) for contacts in range(3)]
        found = []
        for state in range(STATES):
            now, stay = by_contacts[_CONTACTS[state]]
            treated = now + factor * stay * following[:, next_state(state, True), None]
            nothing = alone + kept * following[:, next_state(state, False)]
            found.append(np.concatenate([treated, nothing[:, None]], axis=1))
        return found

    def _contacted(self, month: int, contacts: int, revenue: Floats, risk: Floats) -> tuple[Floats, Floats]:
        """Return margin less cost in the month and the chance to stay, person × lever."""
        fade = self.world.fatigue.fade**contacts
        off = np.array([lever.discount * lever.redemption for lever in self.world.levers])
        cost = np.array([lever.cost for lever in self.world.levers]) * self.conditions.price[month]
        rate = np.exp(self.people.rate_effect * fade)
        now = revenue[:, None] * rate * (self.world.books.margin_rate - off)
        moved = np.exp(self.people.hazard_effect * fade + self.world.fatigue.pester * contacts)
        return now - cost * self.price[month], np.exp(-risk[:, None] * moved)


def newcomer_worth_contacted(world: World, conditions: Conditions, people: People, month: int, price: Floats) -> Floats:
    """Return what newcomers of a month are worth where everybody is contacted at their best."""
    first = world.books.margin_rate * order_value(world, people)
    entry = np.full(len(people), month)
    if month + 1 >= conditions.end:
        return first + conditions.monthly_factor * worth(world, conditions, people, entry, month + 1)
    values = ContactValues(world, conditions, people, entry, month + 1, price)
    return first + conditions.monthly_factor * values.value[0][:, 0]
