"""The best split of a budget over margin curves, those that are not concave included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepwell.decide import linear_program
from keepwell.decide.constraints import Constraints
from keepwell.decide.envelope import segments
from keepwell.decide.greedy import envelope_value, fill
from keepwell.decide.margin_curve import Floats, MarginCurve, check_together
from keepwell.decide.risk import objective

MOST_BRANCHES, MOST_BRANCHES_WITH_RISK = 32, 2
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Split:
    """Spends per item, shape (items,), the objective they reach, and a bound that no split exceeds.

    Both are ``(1 − ρ) E[M] + ρ CVaR₂₀(M) − (1 + hurdle) Σ spend``. The bound is exact for curves that are concave in
    the mean; under risk aversion for curves that are concave in every draw.
    """

    spends: Floats
    value: float
    bound: float


def best_split(curves: Sequence[MarginCurve], limits: Constraints) -> Split:
    """Return the split of a budget that brings the most, which may leave some of it or all of it unspent.

    Concave curves: a greedy merge of their pieces is exact. Where a curve is not concave in the mean (a channel that
    needs a minimum to work), its envelope is merged, and the one item left half-way along a piece of envelope that it
    does not reach is branched on: it stays below that piece, or gets all of it (branch and bound on the envelope's
    bound, at most 32 nodes, 2 under risk aversion).

    Args:
        curves: the items; what is held out should have been taken off (`Constraints.held_out`).
        limits: what must be kept to.

    Raises:
        InputError: the curves do not belong together, or the floors break a limit.

    >>> from keepwell.decide.margin_curve import Side
    >>> from keepwell.vocabulary.estimate import Evidence
    >>> spend = np.array([0.0, 100, 200])
    >>> a = MarginCurve("search", Side.WIN, spend, np.array([[0.0, 300, 450]]), Evidence.STATED)
    >>> b = MarginCurve("e-mail", Side.KEEP, spend, np.array([[0.0, 200, 250]]), Evidence.STATED)
    >>> best_split([a, b], Constraints(budget=1000)).spends
    array([200., 100.])

    """
    check_together(curves)
    listed = list(curves)
    floors = sum(curve.floor for curve in listed)
    if floors > limits.budget * (1 + TOLERANCE):
        raise linear_program.infeasible("budget", limits.budget - floors)
    means = [curve.mean for curve in listed]
    root = _relaxed(listed, means, limits)
    best, open_nodes = root, [(root, listed)]
    for _ in range(MOST_BRANCHES_WITH_RISK if limits.risk_aversion else MOST_BRANCHES):
        if not open_nodes:
            break
        node, bounded = open_nodes.pop()
        worst = _furthest_below(bounded, means, node)
        slack = (linear_program.CLOSE if limits.risk_aversion else TOLERANCE) * max(1.0, abs(best.value))
        if worst is None or node.bound <= best.value + slack:
            continue
        for child_curves in _branches(bounded, means, node, worst):
            if sum(curve.floor for curve in child_curves) > limits.budget:
                continue
            child = _relaxed(child_curves, means, limits)
            best = child if child.value > best.value else best
            open_nodes.append((child, child_curves))
        open_nodes.sort(key=lambda entry: entry[0].bound)
    # What was not looked into is bounded by its own envelope; all else is known.
    bound = max([best.value, *(node.bound for node, _ in open_nodes)])
    return Split(best.spends, best.value, min(root.bound, bound))


def _relaxed(curves: list[MarginCurve], means: list[Floats], limits: Constraints) -> Split:
    least = 1 + limits.hurdle
    pieces = segments(curves, means)
    if limits.risk_aversion:
        spends, bound = linear_program.solve_with_risk(curves, means, pieces, limits)
        return Split(spends, objective(curves, spends, limits.risk_aversion, least), bound)
    if limits.is_plain:
        spends = fill(curves, pieces, limits.budget, least)
    else:
        spends = linear_program.solve(curves, means, pieces, limits)
    cost = least * float(spends.sum())
    reached = sum(float(np.interp(x, c.spend, m)) for c, m, x in zip(curves, means, spends, strict=True))
    return Split(spends, reached - cost, envelope_value(curves, means, pieces, spends) - cost)


def _furthest_below(curves: list[MarginCurve], means: list[Floats], node: Split) -> tuple[int, float, float] | None:
    """Return the item that lies furthest below its envelope, with the ends of that piece; ``None`` when none does."""
    pieces = segments(curves, means)
    inside = node.spends[pieces.item] - pieces.start
    is_partial = (inside > 1e-9 * pieces.width) & (inside < pieces.width * (1 - 1e-9))
    worst, worst_gap = None, 1e-9 * max(1.0, abs(node.value))
    for index in np.flatnonzero(is_partial):
        item = int(pieces.item[index])
        curve, mean = curves[item], means[item]
        start = float(pieces.start[index])
        promised = float(np.interp(start, curve.spend, mean) + inside[index] * pieces.slope[index])
        gap = promised - float(np.interp(node.spends[item], curve.spend, mean))
        if gap > worst_gap:
            worst, worst_gap = (item, start, start + float(pieces.width[index])), gap
    return worst


def _branches(
    curves: list[MarginCurve], means: list[Floats], node: Split, worst: tuple[int, float, float]
) -> list[list[MarginCurve]]:
    """Return the children: below the piece, beyond it, and on either half of it that the envelope hides."""
    item, start, end = worst
    curve, here = curves[item], float(node.spends[item])
    ranges = [(curve.floor, start), (end, curve.most), (start, here), (here, end)]
    children = []
    for low, high in ranges:
        if high < low or (low, high) == (curve.floor, curve.most):
            continue
        child = list(curves)
        child[item] = replace(curve, floor=low, cap=high)
        children.append(child)
    return children
