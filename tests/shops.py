"""A shop and a club whose customers behave as the models suppose: each at their own rate, until some day they stop."""

from __future__ import annotations

import numpy as np
import pandas as pd

CUSTOMERS = 400
LAST = 540  # days of the log
FIRST_DAY = pd.Timestamp("2023-01-01")


def orders(customers: int = CUSTOMERS, odd_name: str = "=c3") -> pd.DataFrame:
    """Return a year and a half of orders; one customer has a name that a spreadsheet would take for a formula."""
    random = np.random.default_rng(7)
    rows = []
    for who in range(customers):
        day, rate, stops = int(random.integers(0, 400)), random.gamma(1.2, 1 / 50), random.exponential(400)
        born, spends = day, random.gamma(6, 5)
        name, country = odd_name if who == 3 else f"c{who}", "PL" if who % 3 else "DE"
        while day < LAST and day <= born + stops:
            rows.append((name, day, spends * random.gamma(4, 0.25), country))
            day += 1 + int(random.exponential(1 / rate))
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount", "country"])
    days = FIRST_DAY + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.assign(order_id=range(len(frame)), order_date=days, amount=frame["amount"].round(2))


def subscriptions(best_plan: str = "pro") -> pd.DataFrame:
    """Return monthly terms of two plans up to 2024, of whom many end early and few late."""
    random = np.random.default_rng(11)
    rows = []
    for who in range(500):
        is_best = who % 2 == 0
        start = pd.Timestamp("2022-01-05") + pd.DateOffset(months=int(random.integers(0, 18)))
        lives = int(random.geometric(random.beta(0.8, 4 if is_best else 2)))
        end = start + pd.DateOffset(months=min(lives, 1000)) - pd.Timedelta(days=2)
        ended = end if end < pd.Timestamp("2024-01-01") else None
        rows.append((f"s{who}", f"c{who}", best_plan if is_best else "basic", 20.0, start, ended))
    return pd.DataFrame(rows, columns=["subscription_id", "customer_id", "plan", "mrr", "started_at", "ended_at"])
