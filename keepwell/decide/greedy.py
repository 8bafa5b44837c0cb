"""The split of a budget by sorting: pieces of concave envelopes, best slope first."""

from __future__ import annotations

import numpy as np

from keepwell.decide.envelope import Segments
from keepwell.decide.margin_curve import Floats, MarginCurve


def fill(curves: list[MarginCurve], pieces: Segments, budget: float, least: float) -> Floats:
    """Return each item's spend: floors first, then piece after piece in falling slope while one pays.

    Exact where the curves are concave (Fox 1966): the next unit always goes where it brings the most, which is
    what "equal marginal returns" means for curves with corners.

    Args:
        curves: their floors count.
        pieces: of their envelopes.
        budget: money, at least the sum of the floors.
        least: the slope below which nothing more is spent, ``1 + hurdle``.

    """
    spends = np.array([curve.floor for curve in curves])
    paying = np.flatnonzero(pieces.slope >= least)
    # Equal slopes within an item are no corners, so a stable sort keeps each item's pieces in their order.
    ranked = paying[np.argsort(-pieces.slope[paying], kind="stable")]
    left = max(0.0, budget - float(spends.sum()))
    before = np.concatenate(([0.0], np.cumsum(pieces.width[ranked])))[:-1]
    taken = np.clip(left - before, 0.0, pieces.width[ranked])
    np.add.at(spends, pieces.item[ranked], taken)
    return spends


def envelope_value(curves: list[MarginCurve], means: list[Floats], pieces: Segments, spends: Floats) -> float:
    """Return the margin that the envelopes promise at a split: an upper bound of what any split of it reaches."""
    at_floor = sum(float(np.interp(c.floor, c.spend, mean)) for c, mean in zip(curves, means, strict=True))
    filled = np.clip(spends[pieces.item] - pieces.start, 0.0, pieces.width)
    return at_floor + float(filled @ pieces.slope)
