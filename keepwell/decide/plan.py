"""What an allocation says: the split, the next unit of money, both sides' curves, and what would change the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from keepwell.decide.margin_curve import Floats, Side
from keepwell.vocabulary.answer import Figure, Lean, Threshold
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable
from keepwell.vocabulary.plain import plain

LEVEL = 0.80


def estimate_of(draws: Floats, evidence: Evidence, note: str = "") -> Estimate:
    """Return the mean of posterior draws with their 80 % interval.

    >>> estimate_of(np.full(3, 2.0), Evidence.STATED).low
    2.0
    """
    low, high = np.quantile(draws, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return Estimate(float(draws.mean()), float(low), float(high), LEVEL, evidence, note)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One line of the split.

    ``spend`` is money over the period; ``spend_low`` to ``spend_high`` is the 80 % range of the spend that would be
    best if the truth were known, which is how far the evidence leaves the split open. ``margin`` is gained within the
    horizon before the spend is taken off; ``next_return`` is margin per unit of money on the next unit (not available
    at the cap). ``bound_by`` says what holds the spend where it is.
    """

    item: str
    side: Side
    spend: float
    spend_low: float
    spend_high: float
    spend_now: float | None
    margin: Estimate
    next_return: Figure
    evidence: Evidence
    bound_by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """What the next unit of money brings in one item: margin, before the unit itself is taken off."""

    item: str
    side: Side
    margin: Estimate
    spend_now: float


@dataclass(frozen=True, slots=True)
class NextUnit:
    """The next unit of money on both sides; ``keeping_beats_winning`` is a probability over the draws."""

    unit: float
    winning: Return | NotAvailable
    keeping: Return | NotAvailable
    keeping_beats_winning: float | NotAvailable
    lean: Lean
    sentence: str


@dataclass(frozen=True, slots=True)
class SideCurve:
    """The marginal return of one side when its money goes where it brings the most, item by item.

    ``spend`` is the side's total, at the middle of each step; ``marginal_return`` with ``low`` and ``high`` (80 %)
    is margin per unit of money there; ``item`` is where most of that step goes.
    """

    side: Side
    spend: tuple[float, ...]
    marginal_return: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    item: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole allocation.

    ``gain`` is margin less spend within the horizon; ``worst_fifth`` its mean over the worst fifth of the draws.
    Everything is chosen on half of the draws and scored on the other half; ``optimism`` is by how much the chosen
    half flattered the gain. ``most_worth_spending`` is where the next unit stops to pay, whatever the budget.
    """

    budget: float
    spent: float
    unspent: float
    lean: Lean
    headline: str
    stops: str
    items: tuple[PlanItem, ...]
    gain: Estimate
    worst_fifth: float
    optimism: float
    keeping_share: float | None
    most_worth_spending: float
    next_unit: NextUnit
    curves: tuple[SideCurve, ...]
    thresholds: tuple[Threshold, ...]

    def spend_of(self, item: str) -> float:
        """Return the spend on one item of the plan."""
        return next(line.spend for line in self.items if line.item == item)

    def as_dict(self) -> dict[str, object]:
        """Return the plan as plain values for JSON."""
        return cast(dict[str, object], plain(self))
