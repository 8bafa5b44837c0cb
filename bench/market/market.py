"""The market itself: it carries out plans month by month and keeps the true account."""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from bench.market.base import Base, Campaign, MonthAccount, OrderBook, WeekRow
from bench.market.conditions import Conditions
from bench.market.luck import Floats, Purpose, normal, uniform
from bench.market.media import Channels, Credit, MediaState, after, drawn_week, presence, week_on
from bench.market.observe import WEEKS_PER_MONTH
from bench.market.parameters import World
from bench.market.people import ORGANIC, People, Pool
from bench.market.relationship import (
    DAYS,
    NOBODY,
    Lever,
    MonthOrders,
    change,
    expected_revenue,
    hazard,
    order_value,
    orders,
    stays,
)
from bench.market.worth import worth

OUTCOME_MONTHS = 3


class Market:
    """A world under one seed.

    Equity counts each month's *expected* margin of those who truly are customers, not what they happened to buy:
    the same mean as the realised margin and far less noise.
    """

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.seed = world, seed
        self.conditions = Conditions.of(world)
        self.channels = Channels.of(world)
        self.pool = Pool(world, seed)
        self.month = 0
        self.media = MediaState(np.zeros(len(world.channels)), self.channels.prospects.copy())
        self.base = Base.empty(self.pool)
        self.taken = np.zeros(len(world.channels) + 1, dtype=np.int64)
        self.book: list[OrderBook] = []
        self.weeks: list[WeekRow] = []
        self.campaigns: list[Campaign] = []
        self.accounts: list[MonthAccount] = []

    def branch(self) -> Market:
        """Return a market that goes on from here by itself; people and luck stay shared."""
        other = copy.copy(self)
        for name in ("book", "weeks", "campaigns", "accounts"):
            setattr(other, name, list(getattr(self, name)))
        other.taken = self.taken.copy()
        return other

    def contact_costs(self) -> Floats:
        """Return what a contact by each lever costs this month."""
        costs: Floats = np.array([lever.cost for lever in self.world.levers]) * self.conditions.price[self.month]
        return costs

    def advance(self, spend: Floats, lever: Lever, campaigns: tuple[Campaign, ...] = ()) -> MonthAccount:
        """Live through one month: money by channel, the lever of each person in the base (NOBODY: none)."""
        cost = float(np.append(self.contact_costs(), 0.0)[lever].sum())
        margin, book = self._existing(lever)
        self.campaigns.extend(campaigns)
        newcomers_margin, first_orders = self._newcomers(spend)
        self.book += [book, first_orders]
        self._record_outcomes(book)
        account = MonthAccount(self.month, margin + newcomers_margin, float(spend.sum()), cost)
        self.accounts.append(account)
        self.month += 1
        return account

    def equity(self) -> float:
        """Return customer equity since the run began, as of its first day, with what is left at its true worth."""
        start, factor = self.conditions.start, self.conditions.monthly_factor
        earned = sum(a.net * factor ** (a.month - start) for a in self.accounts if a.month >= start)
        rows = np.flatnonzero(self.base.is_customer)
        left = worth(self.world, self.conditions, self.base.people.at(rows), self.base.entry[rows], self.month)
        return earned + factor ** (self.month - start) * float(left.sum())

    def _existing(self, lever: Lever) -> tuple[float, OrderBook]:
        base, month = self.base, self.month
        rows = np.flatnonzero(base.is_customer)
        people, asked = base.people.at(rows), lever[rows]
        moved = change(self.world, people, asked, base.contacts[rows])
        season = float(self.conditions.season[month])
        kept = self.world.books.margin_rate - moved.given_away
        margin = float((expected_revenue(self.world, people) * moved.rate * kept).sum()) * season
        bought, phase = orders(self.world, people, base.phase[rows], month, season, asked, moved)
        risk = hazard(self.world, self.conditions, people, base.entry[rows], month) * moved.hazard
        is_customer, phases = base.is_customer.copy(), base.phase.copy()
        is_customer[rows], phases[rows] = stays(people, month, risk), phase
        self.base = Base(
            base.people, base.entry, base.entry_day, base.credited, is_customer, phases, lever != NOBODY, base.contacted
        )
        return margin, self._booked(bought, rows)

    def _booked(self, bought: MonthOrders, rows: NDArray[np.int64]) -> OrderBook:
        months = np.full(len(bought.buyer), self.month)
        return OrderBook(rows[bought.buyer], months, self.month * DAYS + bought.day, bought.revenue, bought.discount)

    def _newcomers(self, spend: Floats) -> tuple[float, OrderBook]:
        """Win this month's newcomers week by week; each brings a first order and stays at least to the next month."""
        parts: list[People] = []
        days: list[NDArray[np.int64]] = []
        credits: list[NDArray[np.int8]] = []
        for week in range(WEEKS_PER_MONTH):
            counts, credit = self._week(spend / WEEKS_PER_MONTH, self.month * WEEKS_PER_MONTH + week)
            credited = np.zeros(len(spend) + 1, dtype=np.int64)
            for source, count in enumerate(counts, start=ORGANIC):
                people = self.pool.take(source, int(self.taken[source]), int(count))
                self.taken[source] += count
                parts.append(people)
                within = 7 * uniform(people.key, self.month, Purpose.ORDER_DAY)
                days.append(self.month * DAYS + 7 * week + within.astype(np.int64))
                credits.append(credit.draw(people.key, source, self.month))
                credited += np.bincount(credits[-1] + 1, minlength=len(credited))
            price = self.conditions.price[self.month]
            impressions = 100 * spend / WEEKS_PER_MONTH / price
            self.weeks.append(WeekRow(self.month, spend / WEEKS_PER_MONTH, impressions, np.roll(credited, -1)))
        return self._welcome(People.joined(parts), np.concatenate(days), np.concatenate(credits))

    def _week(self, spend: Floats, week: int) -> tuple[NDArray[np.int64], Credit]:
        """Return this week's newcomers by source, organic first, and how last click credits them."""
        season, price = float(self.conditions.season[self.month]), float(self.conditions.price[self.month])
        self.media, won = week_on(self.channels, self.media, spend, season, price)
        organic = self.world.organic
        expected = np.concatenate([[organic.per_week * season**organic.season_weight], won])
        counts = drawn_week(self.seed, week, expected, np.concatenate([[organic.noise], self.channels.noise]))
        credit = Credit(self.channels, presence(self.channels, self.media.pressure))
        self.media = after(self.channels, self.media, counts[1:].astype(float))
        return counts, credit

    def _welcome(self, people: People, days: NDArray[np.int64], credited: NDArray[np.int8]) -> tuple[float, OrderBook]:
        rows = len(self.base.people) + np.arange(len(people))
        self.base = self.base.joined_by(people, self.month, days, credited)
        first = MonthOrders(np.arange(len(people)), days - self.month * DAYS, *self._first_prices(people))
        return self.world.books.margin_rate * float(order_value(self.world, people).sum()), self._booked(first, rows)

    def _first_prices(self, people: People) -> tuple[Floats, Floats]:
        luck = normal(people.key, self.month, Purpose.ORDER_SPEND)
        return np.exp(people.spend_log + self.world.people.spend_log_within * luck), np.zeros(len(people))

    def _record_outcomes(self, book: OrderBook) -> None:
        size = len(self.base.people)
        weights = (np.ones(len(book.buyer)), book.revenue, book.discount)
        totals = np.stack([np.bincount(book.buyer, weight, minlength=size) for weight in weights], axis=1).astype(float)
        self.campaigns = [
            campaign.with_month(totals) if self.month - campaign.month < OUTCOME_MONTHS else campaign
            for campaign in self.campaigns
        ]
