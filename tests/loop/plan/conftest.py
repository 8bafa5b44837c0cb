"""A shop with a known truth: spend on ads brings customers, spend on posters does not."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import keepwell as kw
from keepwell.understand.facts import Facts

FIRST_WEEK, WEEKS = date(2022, 1, 3), 104
ORDERS_A_WEEK = 0.05


def shop_orders(seed: int = 5) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return orders and weekly spend: 8 newcomers a week come by themselves, ads bring 16 x / (x + 600) more."""
    rng = np.random.default_rng(seed)
    ads, posters = 600 * np.exp(0.5 * rng.standard_normal(WEEKS)), 300 * np.exp(0.5 * rng.standard_normal(WEEKS))
    rows, spend, who = [], [], 0
    for week in range(WEEKS):
        monday = FIRST_WEEK + timedelta(days=7 * week)
        spend += [(monday, "ads", ads[week], 15), (monday, "posters", posters[week], 6)]
        for _ in range(rng.poisson(8 + 16 * ads[week] / (ads[week] + 600))):
            who += 1
            active, rate, usual = rng.exponential(60), rng.gamma(2, ORDERS_A_WEEK / 2), 1200 / rng.gamma(7)
            times = np.cumsum(np.concatenate(([0.0], rng.exponential(1 / rate, 20))))
            for order, after in enumerate(times[(times <= active) & (times + week < WEEKS)]):
                day = monday + timedelta(days=int(7 * after) + int(rng.integers(7)))
                if day < FIRST_WEEK + timedelta(days=7 * WEEKS):
                    rows.append((f"c{who}", f"o{who}-{order}", day, round(float(rng.gamma(4, usual / 4)), 2)))
    orders = pd.DataFrame(rows, columns=["customer", "order", "date", "total"])
    return orders, pd.DataFrame(spend, columns=["date", "channel", "cost", "conversions"])


@pytest.fixture(scope="session")
def shop() -> tuple[pd.DataFrame, pd.DataFrame]:
    return shop_orders()


@pytest.fixture(scope="session")
def facts(shop: tuple[pd.DataFrame, pd.DataFrame]) -> Facts:
    orders, spend = shop
    return kw.facts(orders, currency="GBP", margin_rate=0.4, spend=spend)
