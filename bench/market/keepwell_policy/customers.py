"""Every customer's purchases so far and what they are worth, by Keepwell's models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.market.observe import Observed
from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.stats.gamma_gamma import GammaGamma

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAYS = 28
BASE_MONTHS = 26  # whoever came earlier no longer shapes the models: the market moves on
ORDER_ERROR, CHANNEL_ERROR = 0.06, 0.08  # of ln value: what a model of its own form gets wrong, for all and by channel
LEAST_COHORT = 300
BORROWED, BORROWED_ERROR = 0.1, 0.06  # of newcomers: who would have been won in a later month anyway
MOST_TO_FIT = 2500  # customers drawn to fit a model to: parameters are known well enough, in a fraction of the time


@dataclass(frozen=True, eq=False)
class OrderLog:
    """All orders as arrays; ``customer`` is the place in ``ids``, ``day`` counts from the first order's day.

    Occasions are days on which a customer bought, in order of days.
    """

    ids: Ints
    customer: Ints
    day: Ints
    price: Floats
    revenue: Floats
    discount: Floats
    origin: np.datetime64
    occasion_customer: Ints
    occasion_day: Ints

    @classmethod
    def of(cls, observed: Observed) -> OrderLog:
        """Read the books."""
        orders = observed.orders
        ids = np.sort(observed.customers["customer_id"].to_numpy())
        days = orders["ordered_on"].to_numpy().astype("datetime64[D]")
        origin = days.min()
        revenue, discount = orders["revenue"].to_numpy(), orders["discount"].to_numpy()
        place = np.searchsorted(ids, orders["customer_id"].to_numpy())
        day, size = (days - origin).astype(np.int64), len(ids)
        key = np.sort(day * size + place)
        key = key[np.append(True, np.diff(key) > 0)]
        price = revenue + discount
        return cls(ids, place, day, price, revenue, discount, origin, key % size, key // size)

    def day_of(self, date: object) -> int:
        """Return a date as days since the first order."""
        return int((np.datetime64(date, "D") - self.origin).astype(np.int64))  # type: ignore[call-overload]

    def counts(self, start: int, end: int) -> Floats:
        """Return each customer's orders on days ``start`` to ``end − 1``."""
        within = (self.day >= start) & (self.day < end)
        return np.bincount(self.customer[within], minlength=len(self.ids)).astype(np.float64)

    def histories(self, today: int) -> Histories:
        """Return each customer's purchases before a day; those who had not come yet are left out."""
        size, earlier, before = len(self.ids), self.day < today, self.occasion_day < today
        buyer, day = self.occasion_customer[before], self.occasion_day[before]
        occasions = np.bincount(buyer, minlength=size)
        spent = np.bincount(self.customer[earlier], self.price[earlier], minlength=size)
        first, last = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        last[buyer] = day  # in order of days: the latest stays
        first[buyer[::-1]] = day[::-1]
        rows = np.flatnonzero(occasions)
        n = occasions[rows]
        return Histories(rows, n - 1, (last - first)[rows], today - 1 - first[rows], spent[rows] / n)


@dataclass(frozen=True, eq=False)
class Histories:
    """Customers known on a day: place in ``OrderLog.ids``, repeat occasions, recency, age in days, mean spend."""

    rows: Ints
    frequency: Ints
    recency_days: Ints
    age_days: Ints
    spend: Floats

    def base(self, kept: NDArray[np.bool_] | Ints | slice = slice(None)) -> dict[str, NDArray[np.generic]]:
        """Return the columns that models take."""
        return {name: getattr(self, name)[kept] for name in ("frequency", "recency_days", "age_days")}

    def spends(self, kept: NDArray[np.bool_] | Ints | slice = slice(None)) -> dict[str, NDArray[np.generic]]:
        """Return orders and their mean, the first one included."""
        return {"purchases": self.frequency[kept] + 1, "monetary_value": self.spend[kept]}


@dataclass(frozen=True, eq=False)
class ValueModels:
    """Fitted models of purchases and spend, and a newcomer's value by channel as draws."""

    purchases: ParetoNBD
    spend: GammaGamma
    newcomers: dict[str, Floats]

    def order_value(self, known: Histories) -> Floats:
        """Return each customer's expected spend an order."""
        return self.spend.expected_value(known.frequency + 1, known.spend)


def fit_values(observed: Observed, log: OrderLog, draws: int, rng: np.random.Generator) -> ValueModels:
    """Fit the models to those who came in the last two years, and value newcomers by channel over the run's horizon.

    A channel's own model is used where enough came by it; last click mixes channels, so its error is wider.
    """
    known = log.histories(log.day_of(observed.today))
    recent = known.age_days < BASE_MONTHS * DAYS
    purchases = _fitted(known, recent, rng)
    spend = GammaGamma().fit(known.spends(recent))
    place = pd.Series(observed.customers["channel"].astype(str).to_numpy(), observed.customers["customer_id"])
    channel = place.reindex(log.ids[known.rows]).to_numpy()
    everyone = _newcomer(observed, purchases, spend.mean_of_population())
    shared = np.exp(ORDER_ERROR * rng.standard_normal(draws)) * (1 - BORROWED)
    shared += BORROWED_ERROR * rng.standard_normal(draws)
    values = {}
    for name in observed.channels:
        mine = recent & (channel == name)
        value = everyone
        if mine.sum() >= LEAST_COHORT:
            shrunk = float(spend.expected_value(known.frequency[mine] + 1, known.spend[mine]).mean())
            value = _newcomer(observed, _fitted(known, mine, rng), shrunk)
        values[name] = value * shared * np.exp(CHANNEL_ERROR * rng.standard_normal(draws))
    return ValueModels(purchases, spend, values)


def _fitted(known: Histories, kept: NDArray[np.bool_], rng: np.random.Generator) -> ParetoNBD:
    rows = np.flatnonzero(kept)
    if rows.size > MOST_TO_FIT:
        rows = rng.choice(rows, MOST_TO_FIT, replace=False)
    return ParetoNBD().fit(known.base(rows))


def horizon_days(observed: Observed) -> int:
    """Return how far customer equity looks ahead, in days."""
    return (observed.months_left + observed.terminal_months) * DAYS


def _newcomer(observed: Observed, model: ParetoNBD, order_value: float) -> float:
    later = model.expected_discounted_purchases_of_newcomer(horizon_days(observed), observed.discount_rate)
    return observed.margin_rate * order_value * (1 + later)
