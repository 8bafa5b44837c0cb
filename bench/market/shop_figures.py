"""Plain figures that a shop's analyst would read from the books; the simple policies live on them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.market.observe import MONTHS_PER_YEAR, WEEKS_PER_MONTH, Observed
from bench.market.plan import Ids

DAYS_PER_MONTH = 7 * WEEKS_PER_MONTH
LEAST_COHORT = 100  # customers that must still be under observation at an age
TAIL_AGES = 6


def by_risk(observed: Observed) -> Ids:
    """Return ids of last year's buyers, those first whose silence is longest against their own gaps."""
    today = pd.Timestamp(observed.today)
    days_ago = (today - observed.orders["ordered_on"]).dt.days.to_numpy()
    buyer = observed.orders["customer_id"].to_numpy()
    size = int(buyer.max()) + 1
    silence, since = np.full(size, 10**6), np.zeros(size, dtype=np.int64)
    np.minimum.at(silence, buyer, days_ago)
    np.maximum.at(since, buyer, days_ago)
    usual = (since - silence + 2 * DAYS_PER_MONTH) / np.maximum(np.bincount(buyer, minlength=size), 1)
    recent = np.flatnonzero(silence <= MONTHS_PER_YEAR * DAYS_PER_MONTH)
    ranked: Ids = recent[np.argsort(-(silence / usual)[recent], kind="stable")]
    return ranked


def spend_shares(observed: Observed, months: int = 6) -> dict[str, float]:
    """Return how media money was split over the last months; evenly where none was spent."""
    recent = observed.spend[observed.spend["month"] >= observed.month - months]
    money = recent.groupby("channel")["spend"].sum().reindex(list(observed.channels)).fillna(0.0)
    total = float(money.sum())
    if total <= 0:
        return {channel: 1 / len(observed.channels) for channel in observed.channels}
    return {channel: float(money[channel]) / total for channel in observed.channels}


def price_of_hundred(observed: Observed, channel: str) -> float:
    """Return what 100 impressions cost in the last week in which the channel was used; 1 where it never was."""
    used = observed.spend[(observed.spend["channel"] == channel) & (observed.spend["impressions"] > 0)]
    if used.empty:
        return 1.0
    last = used.iloc[-1]
    return 100 * float(last["spend"]) / float(last["impressions"])


def newcomer_values(observed: Observed) -> dict[str, float]:
    """Return the discounted margin of a newcomer by credited channel over the horizon that is judged.

    Mean margin by month of age over the customers still under observation at that age, carried on beyond by the mean
    decline between the last ages; a channel with few customers takes the whole base's value.
    """
    orders = observed.orders.merge(observed.customers, on="customer_id")
    orders["age"] = orders["month"] - orders["acquired_month"]
    orders["margin"] = observed.margin_rate * (orders["revenue"] + orders["discount"]) - orders["discount"]
    everyone = _discounted(observed, orders, observed.customers)
    values = {}
    for channel in observed.channels:
        members = observed.customers[observed.customers["channel"] == channel]
        enough = len(members) >= 5 * LEAST_COHORT
        values[channel] = _discounted(observed, orders[orders["channel"] == channel], members) if enough else everyone
    return values


def _discounted(observed: Observed, orders: pd.DataFrame, customers: pd.DataFrame) -> float:
    oldest = int(observed.month - customers["acquired_month"].min())
    ages = np.arange(max(oldest, 1))
    ages_now = observed.month - customers["acquired_month"].to_numpy()
    watched = np.array([(ages_now > age).sum() for age in ages])
    earned = orders[orders["age"] < len(ages)].groupby("age")["margin"].sum().reindex(ages).fillna(0.0).to_numpy()
    known = max(int((watched >= LEAST_COHORT).sum()), 1)
    margin = earned[:known] / np.maximum(watched[:known], 1)
    horizon = observed.months_left + observed.terminal_months
    if known > 2 * TAIL_AGES:
        late, before = margin[-TAIL_AGES:].mean(), margin[-2 * TAIL_AGES : -TAIL_AGES].mean()
        decline = float(np.clip(late / max(before, 1e-9), 0.3, 0.999)) ** (1 / TAIL_AGES)
    else:
        late, decline = margin[-min(3, known) :].mean(), 0.9
    tail = late * decline ** np.arange(1, max(horizon - known, 0) + 1)
    path = np.concatenate([margin, tail])[:horizon]
    factor = (1 + observed.discount_rate) ** (-1 / MONTHS_PER_YEAR)
    return float((path * factor ** np.arange(len(path))).sum())
