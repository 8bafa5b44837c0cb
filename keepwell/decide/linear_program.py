"""The split under capacities, cash and risk aversion: one linear program over the pieces of the envelopes."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from keepwell.decide.constraints import Constraints
from keepwell.decide.envelope import Segments
from keepwell.decide.margin_curve import Floats, MarginCurve
from keepwell.decide.risk import margin_of, objective, worst_mean, worst_weights
from keepwell.vocabulary.errors import InputError

MOST_CUTS = 15
CLOSE = 1e-4  # of the bound: where the cutting planes stop


def solve(curves: list[MarginCurve], means: list[Floats], pieces: Segments, limits: Constraints) -> Floats:
    """Return each item's spend, shape (items,), without risk aversion; variables are the lengths taken of the pieces.

    Raises:
        InputError: the limits cannot all be kept.

    """
    rows, room = _rows(curves, means, pieces, limits)
    bounds = np.column_stack((np.zeros(pieces.width.size), pieces.width))
    found = linprog(1 + limits.hurdle - pieces.slope, A_ub=rows, b_ub=room, bounds=bounds)
    return _spends(curves, pieces, _taken(found, pieces.width.size))


def solve_with_risk(
    curves: list[MarginCurve], means: list[Floats], pieces: Segments, limits: Constraints
) -> tuple[Floats, float]:
    """Return each item's spend, shape (items,), and the least bound found on the objective.

    CVaR is the least of the outcome's means over all weightings of the draws with no weight above 1 / (0.2 D); each
    weighting that is worst at a trial split adds one row (Kelley's cutting planes). For curves that are concave in
    every draw the end is the optimum; else the trial split that is best by the curves themselves counts.

    Raises:
        InputError: the limits cannot all be kept.

    """
    rows, room = _rows(curves, means, pieces, limits)
    aversion, least = limits.risk_aversion, 1 + limits.hurdle
    gain = (1 - aversion) * pieces.slope - least
    # What the program's variables leave out of the objective: the mean margin and the cost at the floors.
    fixed = sum(float(np.interp(c.floor, c.spend, mean)) for c, mean in zip(curves, means, strict=True))
    fixed = (1 - aversion) * fixed - least * sum(curve.floor for curve in curves)
    best, best_value, bound = np.array([curve.floor for curve in curves]), -np.inf, np.inf
    weights = np.full(curves[0].draws, 1 / curves[0].draws)
    cuts: list[tuple[float, Floats]] = []
    for _ in range(MOST_CUTS):
        cuts.append(_cut(curves, pieces, weights))
        taken, reached = _run_with_cuts(gain, rows, room, pieces, cuts, aversion)
        previous, bound = (best_value, bound), min(bound, reached + fixed)
        tried = _spends(curves, pieces, taken)
        value = objective(curves, tried, aversion, least)
        if value > best_value:
            best, best_value = tried, value
        margin = margin_of(curves, tried)
        weights = worst_weights(margin)
        seen = min(offset + float(slopes @ taken) for offset, slopes in cuts)
        close = CLOSE * max(1.0, abs(bound))
        is_stalled = best_value - previous[0] <= close / 10 and previous[1] - bound <= close / 10
        if is_stalled or aversion * (seen - worst_mean(margin)) <= close:
            break
    return best, bound


def _rows(
    curves: list[MarginCurve], means: list[Floats], pieces: Segments, limits: Constraints
) -> tuple[Floats, Floats]:
    """Return the rows ``A y ≤ room`` of budget, capacities and cash over the lengths taken."""
    floors = np.array([curve.floor for curve in curves])
    rows, room = [np.ones(pieces.item.size)], [limits.budget - float(floors.sum())]
    names = ["budget"]
    for name, units in limits.capacity.items():
        use = np.array([curve.uses.get(name, 0.0) for curve in curves])
        rows.append(use[pieces.item])
        room.append(units - float(use @ floors))
        names.append(f"capacity of {name}")
    if limits.cash is not None:
        shares = [limits.cash.shares(curve.item) for curve in curves]
        at_floor = np.array([np.interp(c.floor, c.spend, mean) for c, mean in zip(curves, means, strict=True)])
        for step in range(limits.cash.without.size):
            paid = np.array([share[0][step] for share in shares])
            received = np.array([share[1][step] for share in shares])
            rows.append(paid[pieces.item] - received[pieces.item] * pieces.slope)
            left = limits.cash.overdraft + limits.cash.without[step]
            room.append(float(left - paid @ floors + received @ at_floor))
            names.append(f"cash at step {step + 1}")
    for name, left in zip(names, room, strict=True):
        # A cash row may be negative and still be met, by margin that comes in; budget and capacity may not.
        if left < -1e-9 * max(1.0, limits.budget) and not name.startswith("cash"):
            raise infeasible(name, left)
    return np.array(rows), np.array(room)


def infeasible(name: str, left: float) -> InputError:
    """Return the error of floors that alone break a constraint."""
    message = f"The least spends alone exceed the {name} by {-left:g}."
    return InputError("plan.infeasible", message, value=left, advice="Lower a floor or raise the limit.")


def _run_with_cuts(
    gain: Floats, rows: Floats, room: Floats, pieces: Segments, cuts: list[tuple[float, Floats]], aversion: float
) -> tuple[Floats, float]:
    size = gain.size
    left = np.vstack([np.column_stack((rows, np.zeros(len(rows)))), *[np.append(-slopes, 1.0) for _, slopes in cuts]])
    right = np.concatenate((room, [offset for offset, _ in cuts]))
    bounds = np.vstack((np.column_stack((np.zeros(size), pieces.width)), [-np.inf, np.inf]))
    found = linprog(-np.append(gain, aversion), A_ub=left, b_ub=right, bounds=bounds)
    return _taken(found, size), -float(found.fun)


def _taken(found: object, size: int) -> Floats:
    taken = getattr(found, "x", None)
    if taken is None:
        advice = "Lower a floor, raise the overdraft, or give more capacity."
        raise InputError("plan.infeasible", "No split of the budget keeps to all the limits.", advice=advice)
    return np.asarray(taken[:size], dtype=np.float64)


def _cut(curves: list[MarginCurve], pieces: Segments, weights: Floats) -> tuple[float, Floats]:
    """Return the margin at the floors and the pieces' slopes under a weighting of the draws."""
    slopes, offset = np.empty(pieces.item.size), 0.0
    for index, curve in enumerate(curves):
        mine = pieces.item == index
        weighted = weights @ curve.margin
        offset += float(np.interp(curve.floor, curve.spend, weighted))
        ends = np.interp(pieces.start[mine] + pieces.width[mine], curve.spend, weighted)
        slopes[mine] = (ends - np.interp(pieces.start[mine], curve.spend, weighted)) / pieces.width[mine]
    return offset, slopes


def _spends(curves: list[MarginCurve], pieces: Segments, taken: Floats) -> Floats:
    spends = np.array([curve.floor for curve in curves])
    np.add.at(spends, pieces.item, taken)
    return spends
