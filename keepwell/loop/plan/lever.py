"""A retention lever as a person describes it: what it costs, what it may change, whom it may reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from keepwell.vocabulary.errors import InputError

# Of a customer's margin within the window, where nobody states anything: 80 % between these. Wide on purpose, and it
# holds levers that drive customers away.
PRIOR_EFFECT = (-0.02, 0.08)
LONGEST_WINDOW = 3650


@dataclass(frozen=True)
class Lever:
    """One thing that can be done to keep customers.

    Args:
        name: in words.
        contact_cost: money per customer treated, above 0.
        incentive: money off that a customer who takes it up gets, at least 0.
        redemption: share of those who order anyway that takes the incentive up, in [0, 1].
        effect: relative change of a treated customer's margin within the window, 80 % range; ``None`` where it is not
            stated, for the prior.
        window_days: how long the effect lasts, from 1 to 3,650.
        segments: RFM segments it is for; empty for everybody.
        floor, cap: money over the planning period.
        spend_now: money over as long a period that is spent on it now.
        uses: units of each capacity per customer treated.

    Raises:
        InputError: a number is out of its range.

    """

    name: str
    contact_cost: float
    incentive: float = 0.0
    redemption: float = 1.0
    effect: tuple[float, float] | None = None
    window_days: int = 90
    segments: tuple[str, ...] = ()
    floor: float = 0.0
    cap: float | None = None
    spend_now: float = 0.0
    uses: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.contact_cost) and self.contact_cost > 0):
            raise _bad("contact_cost", self.contact_cost, "Give what one contact costs, above 0 (your time counts).")
        if not self.incentive >= 0:
            raise _bad("incentive", self.incentive, "Give money of at least 0.")
        if not 0 <= self.redemption <= 1:
            raise _bad("redemption", self.redemption, "Give a fraction between 0 and 1.")
        if self.effect is not None and not -1 < self.effect[0] < self.effect[1]:
            raise _bad("effect", self.effect, "Give effect_low below effect_high, such as 0.00 and 0.10.")
        if not 1 <= self.window_days <= LONGEST_WINDOW:
            raise _bad("window_days", self.window_days, f"Give from 1 to {LONGEST_WINDOW} days.")


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"lever.{name}", f"The lever's {name} cannot be {value!r}.", value=value, advice=advice)
