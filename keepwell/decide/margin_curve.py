"""The one currency of the allocator: margin gained against money spent, as posterior draws, for keeping and winning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

Floats = npt.NDArray[np.float64]


class Side(StrEnum):
    """Which of the two an item of spend serves."""

    WIN = "win"
    KEEP = "keep"


@dataclass(frozen=True, eq=False)
class MarginCurve:
    """Contribution margin gained within the horizon by spending on one item: K spends, D posterior draws.

    Draw d of one curve belongs to draw d of every other curve of a plan: what they share (a newcomer's value, the
    state of the market) is shared draw by draw. Between two spends the margin is linear.

    Args:
        item: the channel, or the lever and segment.
        side: winning or keeping.
        spend: shape (K,), K ≥ 2, money over the planning period, strictly rising from 0.
        margin: shape (D, K), money, *before* the spend is taken off; the first column is 0.
        evidence: the grade of what the curve rests on.
        floor: the least that must be spent on the item, at least 0.
        cap: the most that may be spent, at most (and by default) the last of ``spend``.
        uses: per unit of money spent, how much it takes of each named capacity (sends, support hours …), at least 0.
        per_person: what one person stands for in money, for thresholds only: a newcomer's value (winning) or the cost
            of treating one customer (keeping); ``None`` when not known.
        note: one sentence on what was assumed or fallen back to.

    Raises:
        InputError: an array has the wrong shape, is not finite, does not start at 0, or floor and cap contradict.

    >>> import numpy as np
    >>> curve = MarginCurve("search", Side.WIN, np.array([0.0, 100, 200]), np.array([[0.0, 300, 400]]), Evidence.STATED)
    >>> curve.at(150.0), curve.mean, curve.cap
    (array([350.]), array([  0., 300., 400.]), 200.0)

    """

    item: str
    side: Side
    spend: Floats
    margin: Floats
    evidence: Evidence
    floor: float = 0.0
    cap: float | None = None
    uses: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    per_person: float | None = None

    def __post_init__(self) -> None:
        spend, margin = np.asarray(self.spend, dtype=np.float64), np.asarray(self.margin, dtype=np.float64)
        object.__setattr__(self, "spend", spend)
        object.__setattr__(self, "margin", margin)
        if spend.ndim != 1 or spend.size < 2 or margin.ndim != 2 or margin.shape[1] != spend.size or not len(margin):
            shapes = (spend.shape, margin.shape)
            raise self._bad("shape", shapes, "Give spends of shape (K,), K ≥ 2, and margins of shape (D, K).")
        if not (np.isfinite(spend).all() and np.isfinite(margin).all()):
            raise self._bad("number", "a number that is not finite", "Leave out what is not known.")
        if spend[0] != 0 or (np.diff(spend) <= 0).any():
            raise self._bad("spend", spend[:3].tolist(), "Let the spends rise strictly, from 0.")
        if margin[:, 0].any():
            raise self._bad("origin", float(np.abs(margin[:, 0]).max()), "Spending nothing gains nothing: start at 0.")
        if self.cap is None:
            object.__setattr__(self, "cap", float(spend[-1]))
        if not 0 <= self.floor <= self.most <= spend[-1] * (1 + 1e-12):
            bounds = (self.floor, self.cap)
            raise self._bad("bounds", bounds, f"Give 0 ≤ floor ≤ cap ≤ {spend[-1]:g}, the last spend of the curve.")
        if any(not (np.isfinite(use) and use >= 0) for use in self.uses.values()):
            raise self._bad("uses", dict(self.uses), "Give what a unit of money takes of a capacity, at least 0.")

    @property
    def draws(self) -> int:
        """Number of posterior draws, D."""
        return len(self.margin)

    @property
    def most(self) -> float:
        """The cap as a number."""
        return float(self.spend[-1]) if self.cap is None else self.cap

    @property
    def mean(self) -> Floats:
        """Mean margin over the draws, shape (K,)."""
        return np.asarray(self.margin.mean(axis=0), dtype=np.float64)

    def at(self, spend: float) -> Floats:
        """Return the margin at one spend, shape (D,); beyond the last spend nothing more is gained."""
        right = int(np.clip(np.searchsorted(self.spend, spend, side="right"), 1, self.spend.size - 1))
        left = right - 1
        share = min(1.0, max(0.0, (spend - self.spend[left]) / (self.spend[right] - self.spend[left])))
        return np.asarray((1 - share) * self.margin[:, left] + share * self.margin[:, right], dtype=np.float64)

    def of(self, draws: npt.NDArray[np.int64] | slice) -> MarginCurve:
        """Return the curve over some of the draws."""
        return replace(self, margin=self.margin[draws])

    def reserving(self, share: float) -> MarginCurve:
        """Return the curve when a random share of the people is held out: both axes shrink by ``1 − share``.

        Args:
            share: fraction of people left untreated, in [0, 1).

        """
        if not 0 <= share < 1:
            raise self._bad("holdout", share, "Give a fraction of at least 0 and below 1.")
        if share == 0:
            return self
        left, most = 1 - share, self.most * (1 - share)
        return replace(self, spend=self.spend * left, margin=self.margin * left, cap=most, floor=min(self.floor, most))

    def _bad(self, what: str, value: object, advice: str) -> InputError:
        message = f"The margin curve of {self.item!r} cannot be used: {value!r}."
        return InputError(f"margin_curve.{what}", message, where=self.item, value=value, advice=advice)


def check_together(curves: Sequence[MarginCurve]) -> int:
    """Return the number of draws that the curves of one plan share.

    Args:
        curves: at least one, each item named once.

    Raises:
        InputError: there is no curve, an item comes twice, or the numbers of draws differ.

    """
    if not curves:
        raise InputError("plan.empty", "There is nothing to spend on.", advice="Give at least one margin curve.")
    names = [curve.item for curve in curves]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"The item {twice!r} comes twice."
        raise InputError("plan.item", message, value=twice, advice="Name each item once, e.g. by lever and segment.")
    counts = {curve.draws for curve in curves}
    if len(counts) > 1:
        raise InputError(
            "plan.draws",
            f"The curves have different numbers of draws: {sorted(counts)}.",
            value=sorted(counts),
            advice="Draw all of them with the same number of draws.",
        )
    return counts.pop()
