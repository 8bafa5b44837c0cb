"""The world's weather by month: season, prices, dropout; the same for every policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

import numpy as np

from bench.market.luck import Floats
from bench.market.observe import MONTHS_PER_YEAR, WEEKS_PER_MONTH
from bench.market.parameters import World


@dataclass(frozen=True)
class Conditions:
    """Arrays over absolute months: history, the run, and the terminal months after it."""

    season: Floats
    price: Floats
    churn: Floats
    start: int
    end: int
    horizon: int
    monthly_factor: float
    first_day: date

    @classmethod
    def of(cls, world: World) -> Self:
        """Lay out the months of a world; ``start`` is the first of the run, ``end`` the first after it."""
        time = world.time
        start, end = time.history_months, time.history_months + time.months
        horizon = end + time.terminal_months
        months = np.arange(horizon + 1)
        shock = np.where(months >= start + time.shock_month, time.shock_factor, 1.0)
        season = np.array(time.season)[months % MONTHS_PER_YEAR]
        factor = (1 + world.books.discount_rate) ** (-1 / MONTHS_PER_YEAR)
        return cls(season, shock, shock.copy(), start, end, horizon, factor, time.first_day)

    def first_day_of(self, month: int) -> date:
        """Return the Monday on which an absolute month begins."""
        return self.first_day + timedelta(weeks=WEEKS_PER_MONTH * month)
