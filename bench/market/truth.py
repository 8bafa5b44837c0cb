"""The truth, for the oracle, for the variants that say where regret comes from, and for the check of intervals."""

from __future__ import annotations

import numpy as np

from bench.market.conditions import Conditions
from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.media import expected_newcomers
from bench.market.parameters import World
from bench.market.people import People, draw_people
from bench.market.plan import Ids
from bench.market.relationship import change, expected_revenue, hazard
from bench.market.worth import newcomer_worth, worth

SAMPLE = 2000
CARRY_MONTHS = 4


def sample_of(world: World, source: int) -> People:
    """Return people of a source who stand for all of it; they live outside every seed's market."""
    keys = np.arange(SAMPLE, dtype=np.uint64)
    return draw_people(world, source, keys, np.random.default_rng([4_242, source + 1]))


def newcomer_worths(world: World) -> Floats:
    """Return the mean untreated worth of a newcomer by month of the run and channel; compute once per world."""
    conditions = Conditions.of(world)
    samples = [sample_of(world, source) for source in range(len(world.channels))]
    months = range(conditions.start, conditions.end)
    return np.array(
        [[newcomer_worth(world, conditions, people, month).mean() for people in samples] for month in months]
    )


class Truth:
    """What is true in a market's present month."""

    def __init__(self, market: Market, worths: Floats) -> None:
        self.market, self.worths = market, worths
        self._names = [channel.name for channel in market.world.channels]
        self._levers = [lever.name for lever in market.world.levers]

    def newcomers(self, channel: str, spends: Floats) -> Floats:
        """Return expected newcomers that each of ``spends`` this month brings, the weeks after included.

        Nothing is spent later, and what pressure of the past brings anyhow is taken off.
        """
        place = self._names.index(channel)
        money = np.append(0.0, np.asarray(spends, dtype=float))
        alternatives = np.zeros((len(money), CARRY_MONTHS, len(self._names)))
        alternatives[:, 0, place] = money
        won = self._won(alternatives)[:, :, place].sum(axis=1)
        more: Floats = won[1:] - won[0]
        return more

    def newcomer_value(self, channel: str) -> float:
        """Return the mean discounted margin of one newcomer of this month, never contacted."""
        return float(self._worth_now()[0, self._names.index(channel)])

    def uplift(self, lever: str, customer_ids: Ids) -> Floats:
        """Return the discounted margin gained by contacting each now and nobody later, before the contact's cost."""
        market, rows = self.market, np.asarray(customer_ids, dtype=np.int64) - 1
        world, conditions, month = market.world, market.conditions, market.month
        people, entry = market.base.people.at(rows), market.base.entry[rows]
        levers = np.full(len(rows), self._levers.index(lever), dtype=np.int8)
        moved = change(world, people, levers, market.base.contacts[rows])
        revenue = expected_revenue(world, people) * conditions.season[month]
        margin = world.books.margin_rate
        now = revenue * (moved.rate * (margin - moved.given_away) - margin)
        risk = hazard(world, conditions, people, entry, month)
        later = conditions.monthly_factor * worth(world, conditions, people, entry, month + 1)
        gained: Floats = now + later * (np.exp(-risk * moved.hazard) - np.exp(-risk))
        return np.where(market.base.is_customer[rows], gained, 0.0)

    def return_on_next_unit(self, spend: Floats, item: str, unit: float, customer_ids: Ids | None) -> float:
        """Return the true gross return per unit of money of the next ``unit``.

        In a channel: on top of ``spend`` (money by channel this month), where the same is spent in every later month.
        In a lever: of contacting ``customer_ids``.
        """
        if item in self._levers:
            if customer_ids is None or not len(customer_ids):
                raise ValueError(f"{item}: a lever's next unit must say who would be contacted.")
            cost = self.market.contact_costs()[self._levers.index(item)]
            return float(self.uplift(item, customer_ids).sum() / (cost * len(customer_ids)))
        place = self._names.index(item)
        left = self.market.conditions.end - self.market.month
        alternatives = np.broadcast_to(spend, (2, left, len(spend))).copy()
        alternatives[1, 0, place] += unit
        won = self._won(alternatives)[:, :, place]
        factors = self.market.conditions.monthly_factor ** np.arange(left)
        worths = self._worth_now()[:left, place]
        return float(((won[1] - won[0]) * factors * worths).sum() / unit)

    def _worth_now(self) -> Floats:
        return self.worths[self.market.month - self.market.conditions.start :]

    def _won(self, spends: Floats) -> Floats:
        market = self.market
        return expected_newcomers(market.world, market.channels, market.conditions, market.media, market.month, spends)
