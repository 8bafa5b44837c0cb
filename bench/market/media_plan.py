"""The best media plan for the months left, by search on the true expected dynamics of the market."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.media import expected_newcomers

STEP = 1e-4  # of the budget, for differences
MOST_STEPS = 80
TOLERANCE = 2e-6  # of the budget, in net worth still to be had


@dataclass(frozen=True)
class MediaPlan:
    """Money by month and channel, what it is worth net, and the marginal net return of a month's budget."""

    spend: Floats
    net: float
    budget_price: Floats


class MediaProblem:
    """Net worth of a plan: Σ discounted newcomers × worth − spend; channels do not touch each other but by money."""

    def __init__(self, market: Market, worths: Floats, budgets: Floats) -> None:
        self.market, self.worths, self.budgets = market, worths, budgets
        self.months, self.count = worths.shape
        self.unit = float(budgets.max())
        self.factors = market.conditions.monthly_factor ** np.arange(self.months)[:, None]

    def by_channel(self, spends: Floats) -> Floats:
        """Return net worth by alternative and channel."""
        market = self.market
        won = expected_newcomers(market.world, market.channels, market.conditions, market.media, market.month, spends)
        net: Floats = ((won * self.worths - spends) * self.factors).sum(axis=1)
        return net

    def loss(self, scaled: Floats) -> tuple[float, Floats]:
        """Return the negative net worth and its gradient, both in units of the budget."""
        spend = scaled * self.unit
        step = STEP * self.unit
        moved = spend + step * np.eye(self.months)[:, :, None]
        nets = self.by_channel(np.concatenate([spend[None], moved]))
        gradient = (nets[1:] - nets[0]) / step
        return -float(nets[0].sum()) / self.unit, -gradient

    def solve(self, starts: list[Floats]) -> MediaPlan:
        """Return the best of the local optima that these starts (money by month and channel) lead to."""
        plans = [self._plan(climb(self.loss, start / self.unit, self.budgets / self.unit)) for start in starts]
        return max(plans, key=lambda plan: plan.net)

    def _plan(self, scaled: Floats) -> MediaPlan:
        spend = np.where(scaled < 1e-4, 0.0, scaled) * self.unit
        loss, gradient = self.loss(spend / self.unit)
        marginal = -gradient / self.factors
        weight = spend / np.maximum(spend.sum(axis=1, keepdims=True), 1e-9)
        is_bound = spend.sum(axis=1) > 0.995 * self.budgets
        price = np.where(is_bound, np.maximum((marginal * weight).sum(axis=1), 0.0), 0.0)
        return MediaPlan(spend, -loss * self.unit, price)


def within_budget(plan: Floats, budgets: Floats) -> Floats:
    """Return the nearest plan that spends nothing below zero and no month above its budget (Euclidean projection)."""
    positive = np.maximum(plan, 0.0)
    over = positive.sum(axis=1) > budgets
    if not over.any():
        return positive
    rows, limit = plan[over], budgets[over]
    falling = -np.sort(-rows, axis=1)
    excess = (np.cumsum(falling, axis=1) - limit[:, None]) / np.arange(1, rows.shape[1] + 1)
    used = (falling > excess).sum(axis=1) - 1
    positive[over] = np.maximum(rows - excess[np.arange(len(rows)), used][:, None], 0.0)
    return positive


def climb(loss: Callable[[Floats], tuple[float, Floats]], start: Floats, budgets: Floats) -> Floats:
    """Return a local optimum by spectral projected gradients (Birgin, Martínez & Raydan 2000, algorithm 2.1).

    General constrained solvers spend a hundred times as long in their quadratic sub-problems as on the market itself.
    """
    here = within_budget(start, budgets)
    value, slope = loss(here)
    best, recent, length = (value, here), [value], 0.1 / max(float(np.abs(slope).max()), 1e-12)
    for _ in range(MOST_STEPS):
        direction = within_budget(here - length * slope, budgets) - here
        downhill = float((direction * slope).sum())
        if downhill > -TOLERANCE:
            break
        share = 1.0
        while True:
            there = here + share * direction
            value, turned = loss(there)
            if value <= max(recent[-8:]) + 1e-4 * share * downhill or share < 1e-3:
                break
            share /= 2.5
        moved, bent = there - here, turned - slope
        curvature = float((moved * bent).sum())
        length = float((moved * moved).sum()) / curvature if curvature > 0 else 4 * length
        here, slope = there, turned
        recent.append(value)
        best = min(best, (value, here), key=lambda pair: pair[0])
    return best[1]
