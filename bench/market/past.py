"""How the shop was run before anybody asked: uneven media spend and campaigns, few of them with a control group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.market.base import Campaign
from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.observe import MONTHS_PER_YEAR
from bench.market.parameters import PastCampaign, World
from bench.market.relationship import DAYS, NOBODY


def with_past(world: World, seed: int) -> Market:
    """Return the market of a seed on the first day of the run, its history lived through."""
    market = Market(world, seed)
    rng = np.random.default_rng([seed, 7_777])
    spend = past_spend(world, rng)
    for month in range(world.time.history_months):
        lever = np.full(len(market.base.people), NOBODY, dtype=np.int8)
        campaigns = []
        for past in world.past_campaigns:
            if world.time.history_months - past.months_before == month:
                campaign = _run(market, past, rng, lever)
                lever[campaign.members[campaign.is_treated]] = campaign.lever
                campaigns.append(campaign)
        market.advance(spend[month], lever, tuple(campaigns))
    return market


def past_spend(world: World, rng: np.random.Generator) -> Floats:
    """Return money by month and channel: a budget that wanders, channels partly in step, and pauses."""
    months = world.time.history_months
    shared = 0.4 * rng.standard_normal(months)
    spend = np.zeros((months, len(world.channels)))
    for place, channel in enumerate(world.channels):
        wandering, level = np.zeros(months), 0.0
        for month in range(months):
            level = 0.6 * level + 0.8 * rng.standard_normal()
            wandering[month] = level
        size = channel.past_variation * (shared + wandering)
        runs = rng.random(months) >= channel.past_pauses
        season = np.array(world.time.season)[np.arange(months) % MONTHS_PER_YEAR]
        spend[:, place] = channel.past_spend * np.exp(size - size.var() / 2) * runs * season**0.5
    return spend


def _run(market: Market, past: PastCampaign, rng: np.random.Generator, taken: NDArray[np.int8]) -> Campaign:
    """Choose whom a campaign of the past addressed, from what the shop itself could see."""
    size = len(market.base.people)
    days = market.month * DAYS
    last = np.full(size, -(10**6))
    spent = np.zeros(size)
    for book in market.book:
        np.maximum.at(last, book.buyer, book.day)
        spent += np.bincount(book.buyer, book.revenue, minlength=size)
    eligible = np.flatnonzero((days - last < MONTHS_PER_YEAR * DAYS) & (taken == NOBODY))
    silence, money = (days - last)[eligible], spent[eligible]
    match past.kind:
        case "by_lot":
            members = rng.permutation(eligible)[: past.size]
        case "by_risk":
            members = eligible[np.argsort(-silence, kind="stable")][: past.size]
        case "by_value":
            members = eligible[np.argsort(-money, kind="stable")][: past.size]
        case _:
            raise ValueError(f"A past campaign cannot be chosen {past.kind!r}: by_lot, by_risk or by_value.")
    is_lot = past.kind == "by_lot"
    treated = rng.random(len(members)) >= past.control_share if is_lot else np.ones(len(members), dtype=np.bool_)
    names = [lever.name for lever in market.world.levers]
    return Campaign(names.index(past.lever), market.month, members, treated, is_lot, np.zeros((len(members), 3)))
