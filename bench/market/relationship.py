"""A month between shop and customer: what a contact changes, what is bought, who leaves, what it is all worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.market.conditions import Conditions
from bench.market.luck import Floats, Purpose, normal, poisson, uniform
from bench.market.observe import WEEKS_PER_MONTH
from bench.market.parameters import World
from bench.market.people import People

Lever = NDArray[np.int8]
NOBODY = -1
DAYS = 7 * WEEKS_PER_MONTH


@dataclass(frozen=True)
class Change:
    """What the month's contact does to each person: factors on rate and hazard, share of price given away."""

    rate: Floats
    hazard: Floats
    given_away: Floats


def change(world: World, people: People, lever: Lever, contacts: NDArray[np.int8]) -> Change:
    """Return the effect of this month's levers (NOBODY: left alone) after ``contacts`` in the two months before."""
    rows, asked = np.arange(len(people)), lever != NOBODY
    fade = np.where(asked, world.fatigue.fade ** contacts.astype(float), 0.0)
    rate = np.exp(people.rate_effect[rows, lever] * fade)
    pester = np.where(asked, world.fatigue.pester * contacts, 0.0)
    hazard = np.exp(people.hazard_effect[rows, lever] * fade + pester)
    price_off = np.array([item.discount * item.redemption for item in world.levers])
    return Change(rate, hazard, np.where(asked, price_off[lever], 0.0))


def expected_revenue(world: World, people: People) -> Floats:
    """Return a month's expected revenue of a person who is still a customer, out of season and left alone."""
    return people.rate * order_value(world, people)


def order_value(world: World, people: People) -> Floats:
    """Return the expected revenue of one order."""
    mean: Floats = np.exp(people.spend_log + world.people.spend_log_within**2 / 2)
    return mean


def hazard(world: World, conditions: Conditions, people: People, entry: NDArray[np.int64], month: int) -> Floats:
    """Return the month's cumulative dropout hazard; ``entry`` is the absolute month in which each one came."""
    age = np.maximum(month - entry - 1, 0).astype(float)
    power = world.people.dropout_age_power
    grown: Floats = people.dropout * ((age + 1) ** power - age**power) * conditions.churn[month]
    return grown


@dataclass(frozen=True)
class MonthOrders:
    """One row an order: row of the buyer, day within the month, revenue after discount, discount."""

    buyer: NDArray[np.int64]
    day: NDArray[np.int64]
    revenue: Floats
    discount: Floats


def orders(
    world: World, people: People, phase: NDArray[np.int8], month: int, season: float, lever: Lever, moved: Change
) -> tuple[MonthOrders, NDArray[np.int8]]:
    """Draw the month's orders and return them with the new phases.

    Purchases come when two stages of need have passed (Erlang gaps: more regular than a Poisson process).
    """
    stages = poisson(2 * people.rate * season * moved.rate, uniform(people.key, month, Purpose.ORDERS)) + phase
    counts = stages // 2
    buyer = np.repeat(np.arange(len(people)), counts)
    number = (np.arange(len(buyer)) - np.repeat(np.cumsum(counts) - counts, counts)).astype(np.uint64)
    keys = people.key[buyer]
    day = (DAYS * uniform(keys, month, Purpose.ORDER_DAY, number)).astype(np.int64)
    within = world.people.spend_log_within
    price = np.exp(people.spend_log[buyer] + within * normal(keys, month, Purpose.ORDER_SPEND, number))
    off = np.array([item.discount for item in world.levers])[lever[buyer]]
    redemption = np.array([item.redemption for item in world.levers])[lever[buyer]]
    redeems = (lever[buyer] != NOBODY) & (uniform(keys, month, Purpose.REDEMPTION, number) < redemption)
    discount = np.where(redeems, off, 0.0) * price
    return MonthOrders(buyer, day, price - discount, discount), (stages % 2).astype(np.int8)


def stays(people: People, month: int, hazards: Floats) -> NDArray[np.bool_]:
    """Return who is still a customer after a month with these cumulative hazards."""
    return uniform(people.key, month, Purpose.DROPOUT) < np.exp(-hazards)
