"""Copies the market's books into what a policy sees: nothing else leaves the simulator."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.market.market import OUTCOME_MONTHS, Market
from bench.market.observe import Lever, Observed
from bench.market.relationship import DAYS

ORGANIC_NAME = "organic"


def observed(market: Market) -> Observed:
    """Return the books on the first day of the market's month."""
    world, conditions = market.world, market.conditions
    costs = market.contact_costs()
    return Observed(
        month=market.month - conditions.start,
        months_left=conditions.end - market.month,
        today=conditions.first_day_of(market.month),
        orders=_orders(market),
        customers=_customers(market),
        spend=_spend(market),
        campaigns=_campaigns(market),
        levers={
            lever.name: Lever(lever.name, float(cost), lever.discount)
            for lever, cost in zip(world.levers, costs, strict=True)
        },
        channels=tuple(channel.name for channel in world.channels),
        margin_rate=world.books.margin_rate,
        discount_rate=world.books.discount_rate,
        budget=world.books.budget,
        terminal_months=world.time.terminal_months,
        outcome_months=OUTCOME_MONTHS,
    )


def _dates(market: Market, days: NDArray[np.int64]) -> NDArray[np.datetime64]:
    dates: NDArray[np.datetime64] = np.datetime64(market.conditions.first_day, "D") + days
    return dates.astype("datetime64[s]")


def _orders(market: Market) -> pd.DataFrame:
    parts = {
        name: np.concatenate([getattr(book, name) for book in market.book])
        for name in ("buyer", "day", "month", "revenue", "discount")
    }
    return pd.DataFrame(
        {
            "customer_id": parts["buyer"] + 1,
            "ordered_on": _dates(market, parts["day"]),
            "month": parts["month"] - market.conditions.start,
            "revenue": np.round(parts["revenue"], 2),
            "discount": np.round(parts["discount"], 2),
        }
    )


def _customers(market: Market) -> pd.DataFrame:
    base = market.base
    channels = [channel.name for channel in market.world.channels] + [ORGANIC_NAME]
    countries = [country.name for country in market.world.people.countries]
    return pd.DataFrame(
        {
            "customer_id": np.arange(len(base.people)) + 1,
            "acquired_on": _dates(market, base.entry_day),
            "acquired_month": base.entry - market.conditions.start,
            "channel": pd.Categorical.from_codes((base.credited % len(channels)).tolist(), pd.Index(channels)),
            "country": pd.Categorical.from_codes(base.people.country.tolist(), pd.Index(countries)),
        }
    )


def _spend(market: Market) -> pd.DataFrame:
    names = [channel.name for channel in market.world.channels] + [ORGANIC_NAME]
    count, weeks = len(names), len(market.weeks)
    starting = [market.conditions.first_day + timedelta(weeks=week) for week in range(weeks)]
    return pd.DataFrame(
        {
            "week_starting": np.repeat(np.array(starting, dtype="datetime64[s]"), count),
            "month": np.repeat([row.month - market.conditions.start for row in market.weeks], count),
            "channel": np.tile(names, weeks),
            "spend": np.concatenate([np.append(row.spend, 0.0) for row in market.weeks]),
            "impressions": np.concatenate([np.append(row.impressions, 0.0) for row in market.weeks]),
            "new_customers": np.concatenate([row.newcomers for row in market.weeks]),
        }
    )


def _campaigns(market: Market) -> pd.DataFrame:
    """One row a member; a campaign of the running month is not in it yet, one of the last two is not complete."""
    start, campaigns = market.conditions.start, market.campaigns
    sizes = [len(campaign.members) for campaign in campaigns]
    names = [lever.name for lever in market.world.levers]

    def spread(values: list[object]) -> NDArray[np.generic]:
        return np.repeat(np.array(values), sizes)

    months = [campaign.month for campaign in campaigns]
    outcome = np.concatenate([campaign.outcome for campaign in campaigns] or [np.zeros((0, 3))])
    empty = np.zeros(0, dtype=np.int64)
    return pd.DataFrame(
        {
            "campaign_id": spread(list(range(1, len(campaigns) + 1))),
            "lever": spread([names[campaign.lever] for campaign in campaigns]),
            "month": spread([month - start for month in months]),
            "started_on": _dates(market, spread([month * DAYS for month in months]).astype(np.int64)),
            "customer_id": np.concatenate([campaign.members + 1 for campaign in campaigns] or [empty]),
            "is_treated": np.concatenate([campaign.is_treated for campaign in campaigns] or [empty.astype(bool)]),
            "has_control": spread([campaign.has_control for campaign in campaigns]).astype(bool),
            "is_complete": spread([market.month - month >= OUTCOME_MONTHS for month in months]).astype(bool),
            "orders_after": outcome[:, 0].astype(np.int64),
            "revenue_after": outcome[:, 1],
            "discount_after": outcome[:, 2],
        }
    )
