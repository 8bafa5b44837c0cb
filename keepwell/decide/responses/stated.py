"""A response curve from what the owner says: decision calculus (Little 1970)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from keepwell.decide.responses.channel_response import HALF_SPREAD, ChannelResponse
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

SPREAD = 0.6  # of ln n: within a factor of 1.8 two times in three


@dataclass(frozen=True, slots=True)
class Stated:
    """What a person who knows the channel says of it.

    Args:
        spend: money a week now, above 0.
        newcomers: customers a week that this brings and that would not come without it, above 0.
        ceiling: customers a week that no amount of money exceeds, above ``newcomers``.
        spread: standard deviation of the logarithm of ``newcomers``, above 0.

    Raises:
        InputError: a number is out of its range.

    """

    spend: float
    newcomers: float
    ceiling: float
    spread: float = SPREAD

    def __post_init__(self) -> None:
        if not (math.isfinite(self.spend) and self.spend > 0):
            raise _bad("spend", self.spend, "Give what is spent a week, above 0.")
        if not (math.isfinite(self.newcomers) and self.newcomers > 0):
            raise _bad("newcomers", self.newcomers, "Give the customers a week that the spend brings, above 0.")
        if not (math.isfinite(self.ceiling) and self.ceiling > self.newcomers):
            raise _bad("ceiling", self.ceiling, f"Give the most a week, above the {self.newcomers:g} of now.")
        if not self.spread > 0:
            raise _bad("spread", self.spread, "Give a spread above 0, such as 0.6.")


def stated_response(channel: str, stated: Stated, draws: int, rng: np.random.Generator) -> ChannelResponse:
    """Return the curve through the stated points, with the doubt that statements deserve.

    ``n ~ LogNormal(ln newcomers, spread)`` and ``κ ~ LogNormal(ln(ceiling / newcomers − 1), 0.7)``, for the curve's
    ceiling is ``n (1 + κ)``.

    Args:
        channel: its name.
        stated: what was said.
        draws: number of draws, D.
        rng: the generator.

    >>> rng = np.random.default_rng(1)
    >>> response = stated_response("radio", Stated(spend=500, newcomers=10, ceiling=25), 4000, rng)
    >>> round(float(np.median(response.gained))), round(float(np.median(response.half)), 1)
    (10, 1.5)

    """
    gained = stated.newcomers * np.exp(stated.spread * rng.standard_normal(draws))
    half = (stated.ceiling / stated.newcomers - 1) * np.exp(HALF_SPREAD * rng.standard_normal(draws))
    note = "Stated, not measured."
    return ChannelResponse(channel, stated.spend, gained, half, np.ones(draws), Evidence.STATED, (note,))


def _bad(name: str, value: float, advice: str) -> InputError:
    return InputError(f"stated.{name}", f"The stated {name} cannot be {value!r}.", value=value, advice=advice)
