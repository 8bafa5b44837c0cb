"""The marginal return of keeping and of winning, each side's money going where it brings the most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepwell.decide.envelope import segments
from keepwell.decide.greedy import fill
from keepwell.decide.margin_curve import Floats, MarginCurve, Side
from keepwell.decide.plan import LEVEL, SideCurve
from keepwell.decide.risk import margin_of

STEPS = 24


def side_curves(choosing: Sequence[MarginCurve], scoring: Sequence[MarginCurve], most: float) -> tuple[SideCurve, ...]:
    """Return the marginal-return curve of each side that has an item, winning first.

    At every total the split over the side's items is the best one by the mean of ``choosing``; the marginal return of
    a step is the change of margin over the change of spend, by the draws of ``scoring``.

    Args:
        choosing: curves over one half of the draws.
        scoring: the same over the other half.
        most: the largest total to show, money above 0; a side that can take less ends there.

    """
    found = []
    for side in (Side.WIN, Side.KEEP):
        mine = [index for index, curve in enumerate(choosing) if curve.side is side]
        chosen, scored = [choosing[index] for index in mine], [scoring[index] for index in mine]
        curve = _side(side, chosen, scored, most) if mine else None
        if curve is not None:
            found.append(curve)
    return tuple(found)


def _side(side: Side, chosen: list[MarginCurve], scored: list[MarginCurve], most: float) -> SideCurve | None:
    least = sum(curve.floor for curve in chosen)
    top = min(most, sum(curve.most for curve in chosen))
    if top <= least:
        return None
    totals = np.linspace(least, top, STEPS + 1)
    pieces = segments(chosen, [curve.mean for curve in chosen])
    splits = np.array([fill(chosen, pieces, float(total), -np.inf) for total in totals])
    margins = np.array([margin_of(scored, split) for split in splits])
    step = np.diff(totals)
    returns: Floats = np.diff(margins, axis=0) / step[:, None]
    low, high = np.quantile(returns, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=1)
    goes_to = np.argmax(np.diff(splits, axis=0), axis=1)
    return SideCurve(
        side,
        tuple(((totals[1:] + totals[:-1]) / 2).tolist()),
        tuple(returns.mean(axis=1).tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
        tuple(chosen[index].item for index in goes_to),
    )
