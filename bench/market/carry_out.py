"""Carries out a plan: checks it against the budget and the base, and lets the market live through the month."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bench.market.base import Campaign, MonthAccount
from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.plan import Ids, Plan, PlanError
from bench.market.relationship import NOBODY, Lever

ROUNDING = 0.01


def carry_out(market: Market, plan: Plan) -> MonthAccount:
    """Live through a month under a plan; a plan that overspends or names what is not there raises ``PlanError``."""
    spend, lever, campaigns = checked(market, plan)
    return market.advance(spend, lever, campaigns)


def checked(market: Market, plan: Plan) -> tuple[Floats, Lever, tuple[Campaign, ...]]:
    """Return money by channel, the lever of each person, and the campaigns that will be on record."""
    spend = channel_spend(market, plan)
    lever = np.full(len(market.base.people), NOBODY, dtype=np.int8)
    levers = [item.name for item in market.world.levers]
    treated = _rows(market, plan.treatments, levers)
    held = _rows(market, plan.holdout, levers)
    campaigns = []
    for number, name in enumerate(levers):
        rows, control = treated.get(name, np.zeros(0, np.int64)), held.get(name, np.zeros(0, np.int64))
        if np.any(lever[rows] != NOBODY):
            raise PlanError(f"{name}: some of these customers stand under another lever already.")
        lever[rows] = number
        if len(rows):
            campaigns.append(_campaign(market, number, rows, control))
    if any(np.any(lever[control] != NOBODY) for control in held.values()):
        raise PlanError("A customer of the holdout is treated.")
    cost = float(spend.sum()) + float(np.append(market.contact_costs(), 0.0)[lever].sum())
    if cost > market.world.books.budget + ROUNDING:
        raise PlanError(f"The plan costs {cost:,.2f} and the budget is {market.world.books.budget:,.2f}.")
    return spend, lever, tuple(campaigns)


def channel_spend(market: Market, plan: Plan) -> Floats:
    """Return a plan's money by channel, in the world's order."""
    names = [channel.name for channel in market.world.channels]
    if unknown := set(plan.spend) - set(names):
        raise PlanError(f"No such channel: {', '.join(sorted(unknown))}.")
    if any(not math.isfinite(money) or money < 0 for money in plan.spend.values()):
        raise PlanError(f"Money must be finite and not below zero: {dict(plan.spend)}.")
    return np.array([float(plan.spend.get(name, 0.0)) for name in names])


def _rows(market: Market, chosen: Mapping[str, Ids], levers: list[str]) -> dict[str, NDArray[np.int64]]:
    if unknown := set(chosen) - set(levers):
        raise PlanError(f"No such lever: {', '.join(sorted(unknown))}.")
    rows = {name: np.asarray(ids, dtype=np.int64) - 1 for name, ids in chosen.items()}
    for name, row in rows.items():
        if len(row) and (row.min() < 0 or row.max() >= len(market.base.people)):
            raise PlanError(f"{name}: there is no such customer.")
        if len(np.unique(row)) != len(row):
            raise PlanError(f"{name}: a customer is named twice.")
    return rows


def _campaign(market: Market, lever: int, rows: NDArray[np.int64], control: NDArray[np.int64]) -> Campaign:
    members = np.concatenate([rows, control])
    is_treated = np.arange(len(members)) < len(rows)
    return Campaign(lever, market.month, members, is_treated, len(control) > 0, np.zeros((len(members), 3)))
