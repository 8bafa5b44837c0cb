"""The shop's customers as the simulator knows them, and the books that policies may read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.market.people import People, Pool

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Base:
    """Everyone who ever came, by row; a customer's id is the row plus 1."""

    people: People
    entry: Integers
    entry_day: Integers
    credited: NDArray[np.int8]
    is_customer: NDArray[np.bool_]
    phase: NDArray[np.int8]
    contacted: NDArray[np.bool_]
    contacted_before: NDArray[np.bool_]

    @classmethod
    def empty(cls, pool: Pool) -> Self:
        """Return a base without anybody."""
        none = np.zeros(0)
        whole, small, flag = none.astype(np.int64), none.astype(np.int8), none.astype(np.bool_)
        return cls(pool.take(0, 0, 0), whole, whole, small, flag, small, flag, flag)

    def joined_by(self, people: People, month: int, days: Integers, credited: NDArray[np.int8]) -> Base:
        """Return the base with newcomers, who come with their first order and without a phase."""
        n = len(people)
        fresh = np.zeros(n, dtype=np.bool_)
        return Base(
            People.joined([self.people, people]),
            np.concatenate([self.entry, np.full(n, month)]),
            np.concatenate([self.entry_day, days]),
            np.concatenate([self.credited, credited]),
            np.concatenate([self.is_customer, ~fresh]),
            np.concatenate([self.phase, np.zeros(n, dtype=np.int8)]),
            np.concatenate([self.contacted, fresh]),
            np.concatenate([self.contacted_before, fresh]),
        )

    @property
    def contacts(self) -> NDArray[np.int8]:
        """How many contacts each had in the two months before."""
        return self.contacted.astype(np.int8) + self.contacted_before


@dataclass(frozen=True)
class OrderBook:
    """Every order so far: row of the buyer, absolute month, day since the first, revenue after discount, discount."""

    buyer: Integers
    month: Integers
    day: Integers
    revenue: NDArray[np.float64]
    discount: NDArray[np.float64]


@dataclass(frozen=True)
class Campaign:
    """A past action; ``outcome`` is member × (orders, revenue, discount), added up month by month."""

    lever: int
    month: int
    members: Integers
    is_treated: NDArray[np.bool_]
    has_control: bool
    outcome: NDArray[np.float64]

    def with_month(self, totals: NDArray[np.float64]) -> Campaign:
        """Return it with one more month of everybody's (orders, revenue, discount)."""
        return replace(self, outcome=self.outcome + totals[self.members])


@dataclass(frozen=True)
class WeekRow:
    """One week's books: money spent and newcomers credited by channel; organic newcomers last."""

    month: int
    spend: NDArray[np.float64]
    impressions: NDArray[np.float64]
    newcomers: Integers


@dataclass(frozen=True)
class MonthAccount:
    """What a month earned and cost: expected margin (after discounts) of those who were there, media, contacts."""

    month: int
    margin: float
    media: float
    contacts: float

    @property
    def net(self) -> float:
        """Margin less spending."""
        return self.margin - self.media - self.contacts
