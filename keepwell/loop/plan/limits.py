"""What a plan's settings forbid, and how large its next unit of money is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from keepwell.decide.constraints import Cash, Constraints
from keepwell.decide.margin_curve import MarginCurve
from keepwell.loop.plan.keeping import caps
from keepwell.loop.plan.settings import PlanSettings


def limits_of(settings: PlanSettings) -> Constraints:
    """Return what the settings ask a plan to keep to."""
    cash = None
    if settings.overdraft is not None:
        cash = Cash(settings.overdraft, np.array(settings.without_plan, dtype=np.float64))
    return Constraints(
        budget=settings.budget or 0.0,
        hurdle=settings.hurdle,
        risk_aversion=settings.risk_aversion,
        capacity={**settings.capacity, **caps(settings.levers)},
        cash=cash,
        holdout=settings.holdout,
    )


def unit_of(settings: PlanSettings, curves: Sequence[MarginCurve], now: Mapping[str, float]) -> float:
    """Return the next unit: 1,000, or as much less as the budget and the best-stocked item of each side ask for."""
    if settings.unit is not None:
        return settings.unit
    room = {
        side: max(one.most - max(one.floor, now[one.item]) for one in curves if one.side is side)
        for side in {one.side for one in curves}
    }
    most = min([(settings.budget or math.inf) / 5, *(space for space in room.values() if space > 0)])
    return next((unit for unit in (1000.0, 100.0, 10.0) if unit <= most), 1.0)
