"""How far the evidence leaves a split open: the best spend of each item if a draw were the truth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepwell.decide.constraints import Constraints
from keepwell.decide.envelope import between
from keepwell.decide.margin_curve import Floats, MarginCurve
from keepwell.decide.plan import LEVEL

MOST_DRAWS = 400
BISECTIONS = 30


def ranges(curves: Sequence[MarginCurve], limits: Constraints) -> tuple[Floats, Floats]:
    """Return the 10 % and 90 % quantile over the draws of each item's best spend, shape (items,) each."""
    spends = spends_if_known(curves, limits)
    low, high = np.quantile(spends, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    return low, high


def spends_if_known(curves: Sequence[MarginCurve], limits: Constraints) -> Floats:
    """Return the best split for each draw taken as the truth, shape (draws, items); at most 400 draws are used.

    One price of money λ_d per draw: each item takes the point that maximises ``margin − λ_d spend``, and the least
    λ_d ≥ 1 + hurdle at which the budget suffices is found by bisection, all draws at once (no envelope is needed).
    Budget, hurdle, floors and caps bind, and each capacity for every item by itself.

    Args:
        curves: the items, with equal numbers of draws.
        limits: budget, hurdle and capacities.

    """
    count = min(MOST_DRAWS, curves[0].draws)
    points = [_points(curve, limits, count) for curve in curves]
    least = np.full(count, 1 + limits.hurdle)
    steepest = [float((np.diff(y, axis=1) / np.diff(x)).max()) for x, y in points if x.size > 1]
    low, high = least.copy(), np.full(count, max([1 + limits.hurdle, *steepest]) * (1 + 1e-9))
    fits = _taken(points, low).sum(axis=1) <= limits.budget
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        within = _taken(points, middle).sum(axis=1) <= limits.budget
        low, high = np.where(within, low, middle), np.where(within, middle, high)
    most, enough = _taken(points, low), _taken(points, np.where(fits, least, high))
    # What jumps at the price itself is taken in part: a straight piece of the envelope.
    jump = (most - enough).sum(axis=1)
    part = np.where(fits | (jump <= 0), 0.0, (limits.budget - enough.sum(axis=1)) / np.where(jump > 0, jump, 1.0))
    return np.asarray(enough + np.clip(part, 0.0, 1.0)[:, None] * (most - enough), dtype=np.float64)


def _points(curve: MarginCurve, limits: Constraints, count: int) -> tuple[Floats, Floats]:
    x, _ = between(curve, curve.margin[0])
    most = min([units / curve.uses[name] for name, units in limits.capacity.items() if curve.uses.get(name)] or [x[-1]])
    x = x[x <= max(most, x[0])]
    y = curve.margin[:count]
    right = np.clip(np.searchsorted(curve.spend, x, side="right"), 1, curve.spend.size - 1)
    share = (x - curve.spend[right - 1]) / (curve.spend[right] - curve.spend[right - 1])
    return x, (1 - share) * y[:, right - 1] + share * y[:, right]


def _taken(points: list[tuple[Floats, Floats]], price: Floats) -> Floats:
    return np.column_stack([x[np.argmax(y - price[:, None] * x, axis=1)] for x, y in points])
