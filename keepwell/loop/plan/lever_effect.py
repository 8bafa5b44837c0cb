"""What one lever does to every customer, from past campaigns or from what is stated of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from keepwell.decide.uplift.levers import LeverUplift
from keepwell.loop.plan.lever import PRIOR_EFFECT, Lever
from keepwell.loop.plan.past_actions import FEATURES
from keepwell.vocabulary.estimate import Evidence

Floats = npt.NDArray[np.float64]

WIDTH_80 = 2 * 1.2815515655446004  # standard deviations between the ends of an 80 % range


@dataclass(frozen=True, eq=False)
class LeverEffect:
    """One lever on every customer: uplift (before the contact's cost), its error, and cost, shape (N,) each.

    ``given_away`` is the mean incentive a customer that goes to those who would have ordered anyway: it is taken off
    the uplift already.
    """

    lever: Lever
    uplift: Floats
    error: Floats
    cost: Floats
    evidence: Evidence
    note: str
    given_away: float = 0.0

    def of(self, members: npt.NDArray[np.bool_]) -> LeverEffect:
        """Return the effect on some of the customers, by a mask of shape (N,)."""
        return replace(self, uplift=self.uplift[members], error=self.error[members], cost=self.cost[members])


def measured(people: pd.DataFrame, lever: Lever, past: LeverUplift) -> LeverEffect:
    """Return the effect that past campaigns showed; a discount is in their orders, so only the contact is paid."""
    found = past.predict(people[list(FEATURES)])
    cost = np.full(len(people), lever.contact_cost)
    note = f"{past.sentence} ({', '.join(past.campaigns)})"
    return LeverEffect(lever, found.value[:, 0], found.error[:, 0], cost, past.evidence, note)


def assumed(people: pd.DataFrame, lever: Lever, horizon_days: int) -> LeverEffect:
    """Return ``u = e m − incentive × redemption × P(orders anyway)`` with cost ``contact + incentive × e⁺ × orders``.

    m is the customer's expected margin and orders within the window, ``P = 1 − exp(−orders)``; the incentive of those
    who come because of the lever is a cost, that of those who would have come is margin given away.
    """
    low, high = lever.effect or PRIOR_EFFECT
    mean, spread = (low + high) / 2, (high - low) / WIDTH_80
    share = min(1.0, lever.window_days / horizon_days)
    margin = people["value"].to_numpy(dtype=np.float64) * share
    orders = people["expected_orders"].to_numpy(dtype=np.float64) * share
    given_away = lever.incentive * lever.redemption * -np.expm1(-orders)
    said = "stated by you" if lever.effect else "an industry prior, wide on purpose"
    note = f"Effect of {low:+.0%} to {high:+.0%} on margin within {lever.window_days} days: {said}, not measured."
    return LeverEffect(
        lever=lever,
        uplift=mean * margin - given_away,
        error=spread * margin,
        cost=lever.contact_cost + lever.incentive * max(0.0, mean) * orders,
        evidence=Evidence.STATED if lever.effect else Evidence.PRIOR,
        note=note.replace("-", "−"),
        given_away=float(given_away.mean()),
    )
