"""What a plan may not break: budget, hurdle, capacities, cash, and people held out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from keepwell.decide.margin_curve import Floats, MarginCurve, Side
from keepwell.vocabulary.errors import InputError

MOST = 1e15  # money beyond which cents are lost


@dataclass(frozen=True, eq=False)
class Cash:
    """The account may never fall below ``−overdraft``, as expected at the end of each of T steps of time.

    Args:
        overdraft: money, at least 0.
        without: cumulative cash without the plan, shape (T,).
        paid: per item the cumulative share of its spend paid by then, shape (T,); an item not named is paid at once.
        received: per item the cumulative share of its margin received by then, shape (T,); an item not named is
            received evenly, the last of it at the end.

    """

    overdraft: float
    without: Floats
    paid: Mapping[str, Floats] = field(default_factory=dict)
    received: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        steps = np.asarray(self.without, dtype=np.float64)
        object.__setattr__(self, "without", steps)
        if not (math.isfinite(self.overdraft) and self.overdraft >= 0):
            raise _bad("overdraft", self.overdraft, "Give how far the account may be overdrawn, at least 0.")
        if steps.ndim != 1 or not steps.size or not np.isfinite(steps).all():
            raise _bad("cash", steps.shape, "Give the cumulative cash without the plan for each step of time.")
        for name, shares in [*self.paid.items(), *self.received.items()]:
            share = np.asarray(shares, dtype=np.float64)
            if share.shape != steps.shape or not ((share >= 0) & (share <= 1)).all() or (np.diff(share) < 0).any():
                raise _bad("cash", name, f"Give {steps.size} cumulative shares between 0 and 1 that do not fall.")

    def shares(self, item: str) -> tuple[Floats, Floats]:
        """Return the cumulative shares paid and received of an item, each of shape (T,)."""
        steps = self.without.size
        paid = np.asarray(self.paid.get(item, np.ones(steps)), dtype=np.float64)
        received = np.asarray(self.received.get(item, np.arange(1, steps + 1) / steps), dtype=np.float64)
        return paid, received


@dataclass(frozen=True, eq=False)
class Constraints:
    """What a plan must keep to.

    Args:
        budget: money over the planning period, at least 0; it need not be used up.
        hurdle: the return asked for above getting the money back, e.g. 0.2: spending stops where the next unit
            returns less than ``1 + hurdle``.
        risk_aversion: ρ in [0, 1]: weight of the mean of the worst fifth of the draws.
        capacity: units of each capacity that ``MarginCurve.uses`` names; one not named here is not limited.
        cash: the cash constraint, or ``None``.
        holdout: fraction of people left untreated in every retention item, so that its effect is measured.
        holdouts: the same per item, before ``holdout``.

    Raises:
        InputError: a number is out of its range.

    """

    budget: float
    hurdle: float = 0.0
    risk_aversion: float = 0.0
    capacity: Mapping[str, float] = field(default_factory=dict)
    cash: Cash | None = None
    holdout: float = 0.0
    holdouts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.budget <= MOST:
            raise _bad("budget", self.budget, f"Give an amount of money from 0 to {MOST:,.0f}.")
        if not (math.isfinite(self.hurdle) and self.hurdle >= 0):
            raise _bad("hurdle", self.hurdle, "Give a return of at least 0, such as 0.2.")
        if not 0 <= self.risk_aversion <= 1:
            raise _bad("risk_aversion", self.risk_aversion, "Give a weight between 0 and 1.")
        for name, units in self.capacity.items():
            if not (math.isfinite(units) and units >= 0):
                raise _bad("capacity", f"{name}={units}", "Give an amount of at least 0.")
        for name, share in {"": self.holdout, **self.holdouts}.items():
            if not 0 <= share < 1:
                raise _bad("holdout", f"{name}={share}" if name else share, "Give a fraction in [0, 1).")

    @property
    def is_plain(self) -> bool:
        """Whether only the budget, floors, caps and the hurdle bind, so that a sort solves it."""
        return not self.capacity and self.cash is None and self.risk_aversion == 0

    def held_out(self, curves: Sequence[MarginCurve]) -> list[MarginCurve]:
        """Return the curves after the reserved holdout.

        Raises:
            InputError: a holdout names an item that is not there.

        """
        unknown = set(self.holdouts) - {curve.item for curve in curves}
        if unknown:
            raise _bad("holdouts", sorted(unknown), "Name items of the plan.")
        return [
            curve.reserving(self.holdouts.get(curve.item, self.holdout if curve.side is Side.KEEP else 0.0))
            for curve in curves
        ]


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"constraints.{name}", f"The {name} cannot be {value!r}.", value=value, advice=advice)
