"""How paid media win prospects: Weibull response to carried-over pressure, and a market that empties and refills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bench.market.conditions import Conditions
from bench.market.luck import Floats, Keys, Purpose, normal, poisson, uniform
from bench.market.observe import WEEKS_PER_MONTH
from bench.market.parameters import World


@dataclass(frozen=True)
class Channels:
    """The channels' parameters as arrays, one entry a channel."""

    prospects: Floats
    refill: Floats
    ceiling: Floats
    scale: Floats
    shape: Floats
    carryover: Floats
    season_weight: Floats
    noise: Floats
    steal: Floats
    harvest: Floats

    @classmethod
    def of(cls, world: World) -> Self:
        """Collect them from a world."""
        names = ["prospects", "refill_per_week", "ceiling", "scale", "shape", "carryover"]
        names += ["season_weight", "noise", "steal", "harvest"]
        return cls(*(np.array([getattr(channel, name) for channel in world.channels]) for name in names))


@dataclass(frozen=True)
class MediaState:
    """Pressure and prospects left; the last axis is the channel, leading axes are alternatives looked at at once."""

    pressure: Floats
    prospects: Floats


def presence(channels: Channels, pressure: Floats) -> Floats:
    """Return how much of its reach a channel uses, in [0, 1): the Weibull distribution function of pressure."""
    reached: Floats = -np.expm1(-((pressure / channels.scale) ** channels.shape))
    return reached


def week_on(
    channels: Channels, state: MediaState, spend: Floats, season: float, price: float, demand: Floats | float = 1.0
) -> tuple[MediaState, Floats]:
    """Return the state with this week's pressure and the expected newcomers by channel."""
    pressure = channels.carryover * state.pressure + spend / price
    share = channels.ceiling * presence(channels, pressure) * season**channels.season_weight * demand
    return MediaState(pressure, state.prospects), state.prospects * np.minimum(share, 0.5)


def after(channels: Channels, state: MediaState, won: Floats) -> MediaState:
    """Return the state after so many were won; an empty market refills fastest, a full one not at all."""
    refill = channels.refill * np.maximum(1 - state.prospects / channels.prospects, 0)
    return MediaState(state.pressure, np.maximum(state.prospects - won + refill, 0))


def expected_newcomers(
    world: World, channels: Channels, conditions: Conditions, state: MediaState, month: int, spends: Floats
) -> Floats:
    """Return expected newcomers by alternative, month and channel.

    Args:
        world: the world.
        channels: its channels as arrays.
        conditions: its weather.
        state: pressure and prospects at the beginning of ``month``.
        month: absolute month in which the first of ``spends`` is spent.
        spends: money by alternative × month × channel.

    """
    alternatives, months, count = spends.shape
    start = MediaState(
        np.broadcast_to(state.pressure, (alternatives, count)), np.broadcast_to(state.prospects, (alternatives, count))
    )
    won = np.zeros(spends.shape)
    for ahead in range(months):
        weekly = spends[:, ahead] / WEEKS_PER_MONTH
        at = min(month + ahead, conditions.horizon)
        for _ in range(WEEKS_PER_MONTH):
            start, newcomers = week_on(channels, start, weekly, conditions.season[at], conditions.price[at])
            start = after(channels, start, newcomers)
            won[:, ahead] += newcomers
    return won


class Credit:
    """Last click: who gets the credit for a newcomer is not always who won them."""

    def __init__(self, channels: Channels, reached: Floats) -> None:
        self.organic = channels.steal * reached
        self.between = channels.harvest * reached

    def draw(self, keys: Keys, source: int, month: int) -> NDArray[np.int8]:
        """Return the credited channel (−1: organic) of newcomers whom ``source`` truly won."""
        pull = self.organic.copy() if source < 0 else self.between.copy()
        if source >= 0:
            pull[source] = 0.0
        edges = np.cumsum(pull)
        place = np.searchsorted(edges, uniform(keys, month, Purpose.CREDIT), side="right")
        credited: NDArray[np.int8] = np.where(place < len(pull), place, source).astype(np.int8)
        return credited


def drawn_week(seed: int, week: int, expected: Floats, noise: Floats) -> NDArray[np.int64]:
    """Return how many came, source by source, with demand noise and Poisson luck that belong to the week."""
    keys = np.arange(len(expected), dtype=np.uint64) + np.uint64(seed * 1000 + 1)
    demand = np.exp(noise * normal(keys, week, Purpose.DEMAND) - noise**2 / 2)
    return poisson(expected * demand, uniform(keys, week, Purpose.NEWCOMERS))
