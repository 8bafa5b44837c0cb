"""People: what they buy, when they leave, what they are (a latent type), and how levers move them.

The k-th person whom a source wins is the same person under every policy; people are drawn in blocks when needed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from bench.market.luck import Floats, Keys
from bench.market.parameters import TYPES, Quality, World

BLOCK = 1024
ORGANIC = -1
_AVERAGE = Quality(0.0, 0.0, 0.0)


@dataclass
class People:
    """One row a person; ``rate_effect`` and ``hazard_effect`` are person × lever logs without fatigue."""

    key: Keys
    source: NDArray[np.int8]
    country: NDArray[np.int8]
    type: NDArray[np.int8]
    rate: Floats
    dropout: Floats
    spend_log: Floats
    rate_effect: Floats
    hazard_effect: Floats

    def __len__(self) -> int:
        return len(self.key)

    def at(self, rows: NDArray[np.int64] | NDArray[np.bool_] | slice) -> Self:
        """Return some of them."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @classmethod
    def joined(cls, parts: list[People]) -> People:
        """Return several groups as one."""
        return People(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(cls)})


class Pool:
    """Everyone who could ever come, by source, drawn from the seed when first asked for; shared by all policies."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.seed = seed
        self._block = lru_cache(maxsize=None)(self._draw)

    def take(self, source: int, first: int, count: int) -> People:
        """Return the ``count`` people whom a source (a channel's number, or ORGANIC) wins after ``first`` others."""
        if count == 0:
            return self._block(source, 0).at(slice(0, 0))
        blocks = range(first // BLOCK, (first + count - 1) // BLOCK + 1)
        together = People.joined([self._block(source, block) for block in blocks])
        start = first - blocks[0] * BLOCK
        return together.at(slice(start, start + count))

    def _draw(self, source: int, block: int) -> People:
        rng = np.random.default_rng([self.seed, source + 1, block])
        index = np.arange(block * BLOCK, (block + 1) * BLOCK, dtype=np.uint64)
        stamp = np.uint64(self.seed * 64 + source + 1)
        return draw_people(self.world, source, index + (stamp << np.uint64(32)), rng)


def draw_people(world: World, source: int, keys: Keys, rng: np.random.Generator) -> People:
    """Draw people of one source, one for each key."""
    truth = world.people
    quality = _AVERAGE if source == ORGANIC else world.channels[source].quality
    n = len(keys)
    countries = truth.countries
    country = rng.choice(len(countries), size=n, p=[place.share for place in countries]).astype(np.int8)
    rate = rng.gamma(truth.rate_shape, 1 / truth.rate_shape, n)
    dropout = rng.gamma(truth.dropout_shape, 1 / truth.dropout_shape, n)
    rate_rank = 2 * gammainc(truth.rate_shape, rate * truth.rate_shape) - 1
    dropout_rank = 2 * gammainc(truth.dropout_shape, dropout * truth.dropout_shape) - 1
    spend = truth.spend_log_between * rng.standard_normal(n) + truth.spend_with_rate * rate_rank
    spend_rank = np.tanh(spend / max(truth.spend_log_between, 1e-9))
    kind = _types(world, source, country, (rate_rank, dropout_rank, spend_rank), rng)
    strength = rng.gamma(truth.effect_shape, 1 / truth.effect_shape, (n, len(world.levers)))
    by_type = np.array([[(lever.effects[t].rate, lever.effects[t].hazard) for lever in world.levers] for t in TYPES])
    return People(
        key=keys,
        source=np.full(n, source, dtype=np.int8),
        country=country,
        type=kind,
        rate=rate * truth.rate_mean * np.exp(quality.rate),
        dropout=dropout * truth.dropout_mean * np.exp(quality.dropout),
        spend_log=truth.spend_log_mean + spend + quality.spend + np.array([c.spend for c in countries])[country],
        rate_effect=by_type[kind, :, 0] * strength,
        hazard_effect=by_type[kind, :, 1] * strength,
    )


def _types(
    world: World, source: int, country: NDArray[np.int8], ranks: tuple[Floats, ...], rng: np.random.Generator
) -> NDArray[np.int8]:
    """Draw latent types by a Gumbel maximum: related to what shows, never equal to it."""
    channel = "organic" if source == ORGANIC else world.channels[source].name
    scores = np.empty((len(country), len(TYPES)))
    for place, name in enumerate(TYPES):
        score = world.types[name]
        by_country = np.array([score.by_country.get(c.name, 0.0) for c in world.people.countries])
        shown = score.by_rate * ranks[0] + score.by_dropout * ranks[1] + score.by_spend * ranks[2]
        scores[:, place] = score.intercept + score.by_channel.get(channel, 0.0) + by_country[country] + shown
    drawn: NDArray[np.int8] = (scores + rng.gumbel(size=scores.shape)).argmax(axis=1).astype(np.int8)
    return drawn
