"""What a policy may do in a month, and what it may say about the next unit of money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]


class PlanError(ValueError):
    """A plan that cannot be carried out: overspent, an unknown name, or one person asked twice."""


@dataclass(frozen=True)
class NextUnit:
    """A policy's statement about the next unit of money, made before the month begins.

    ``estimate``, ``low`` and ``high`` (an 80 % interval) are the **gross return per unit of money**: discounted
    contribution margin that the unit brings, divided by the unit; 1.0 breaks even. ``item`` is a channel or a lever.
    For a channel, ``unit`` is the money added to this month's planned spend. For a lever, ``customer_ids`` are
    those whom that money would contact next (their contact costs are the unit).
    """

    item: str
    unit: float
    estimate: float
    low: float
    high: float
    customer_ids: Ids | None = None


@dataclass(frozen=True)
class Plan:
    """One month's action.

    Args:
        spend: money per channel for the month, spread evenly over its weeks; a channel left out gets nothing.
        treatments: customer ids per lever; a person may stand under one lever only.
        holdout: customer ids per lever that were drawn by lot and are left alone, so that the lever's effect can be
            read from the campaign log later; costs nothing.
        next_units: what the policy believes about the next unit, for the check of its intervals.

    """

    spend: Mapping[str, float] = field(default_factory=dict)
    treatments: Mapping[str, Ids] = field(default_factory=dict)
    holdout: Mapping[str, Ids] = field(default_factory=dict)
    next_units: tuple[NextUnit, ...] = ()


NOTHING = Plan()
