"""The parameters of a world, read from a file that must be complete and hold nothing else."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

TYPES = ("persuadable", "sure_thing", "lost_cause", "sleeping_dog")


class WorldFileError(ValueError):
    """A world's file lacks something or holds something that is not known."""


@dataclass(frozen=True)
class Time:
    """Months are of four weeks; the shock multiplies prices and dropout from ``shock_month`` of the run on."""

    first_day: date
    history_months: int
    months: int
    terminal_months: int
    shock_month: int
    shock_factor: float
    season: tuple[float, ...]


@dataclass(frozen=True)
class Books:
    """What the shop earns and may spend; ``budget`` is per month."""

    margin_rate: float
    discount_rate: float
    budget: float


@dataclass(frozen=True)
class Quality:
    """Log multipliers on the people a channel brings."""

    rate: float
    dropout: float
    spend: float


@dataclass(frozen=True)
class Channel:
    """A paid channel; ``ceiling`` is the share of prospects won in a week at endless pressure.

    Pressure is adstock: this week's spend at the prices of old plus ``carryover`` of last week's pressure; ``scale``
    and ``shape`` are of the Weibull distribution function over pressure. ``steal``: share of organic newcomers whom
    full presence has credited to it; ``harvest``: its pull on the credit of other channels' newcomers.
    """

    name: str
    prospects: float
    refill_per_week: float
    ceiling: float
    scale: float
    shape: float
    carryover: float
    season_weight: float
    noise: float
    steal: float
    harvest: float
    quality: Quality
    past_spend: float
    past_variation: float
    past_pauses: float


@dataclass(frozen=True)
class Organic:
    """Newcomers who come by themselves."""

    per_week: float
    season_weight: float
    noise: float


@dataclass(frozen=True)
class Country:
    """Where people live and how much more they spend (log)."""

    name: str
    share: float
    spend: float


@dataclass(frozen=True)
class People:
    """How people differ: gamma-mixed purchase rates (orders per month) and dropout, lognormal spend per order.

    Dropout's cumulative hazard is η·age^``dropout_age_power``, η gamma; below 1 new customers leave soonest.
    """

    rate_shape: float
    rate_mean: float
    dropout_shape: float
    dropout_mean: float
    dropout_age_power: float
    spend_log_mean: float
    spend_log_between: float
    spend_log_within: float
    spend_with_rate: float
    effect_shape: float
    countries: tuple[Country, ...]


@dataclass(frozen=True)
class TypeScore:
    """How a latent type depends on what shows: a softmax score over ranks in (−1, 1), country and channel."""

    intercept: float
    by_rate: float
    by_dropout: float
    by_spend: float
    by_country: Mapping[str, float]
    by_channel: Mapping[str, float]


@dataclass(frozen=True)
class Effect:
    """Mean log changes of the purchase rate and of the dropout hazard in the month of the contact."""

    rate: float
    hazard: float


@dataclass(frozen=True)
class LeverTruth:
    """A retention lever: prices in public, effects by type known to the simulator alone."""

    name: str
    cost: float
    discount: float
    redemption: float
    effects: Mapping[str, Effect]


@dataclass(frozen=True)
class Fatigue:
    """Each contact of the two months before multiplies effects by ``fade`` and adds ``pester`` to log hazard."""

    fade: float
    pester: float


@dataclass(frozen=True)
class PastCampaign:
    """A campaign of the shop's past: ``kind`` is by_lot (with ``control_share`` left out), by_risk or by_value."""

    months_before: int
    lever: str
    size: int
    kind: str
    control_share: float


@dataclass(frozen=True)
class World:
    """Everything that is true of a market."""

    name: str
    description: str
    right_answer: str
    time: Time
    books: Books
    organic: Organic
    channels: tuple[Channel, ...]
    people: People
    types: Mapping[str, TypeScore]
    levers: tuple[LeverTruth, ...]
    fatigue: Fatigue
    past_campaigns: tuple[PastCampaign, ...]


def load_world(path: Path) -> World:
    """Read a world; every field must be there and no other."""
    with path.open("rb") as file:
        world: World = _build(World, tomllib.load(file), path.name)
    if set(world.types) != set(TYPES) or any(set(lever.effects) != set(TYPES) for lever in world.levers):
        raise WorldFileError(f"{path.name}: types and every lever's effects must name {', '.join(TYPES)}.")
    return world


def _build(kind: Any, value: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        if set(hints) != set(value):
            raise WorldFileError(f"{where}: missing {set(hints) - set(value)}, not known {set(value) - set(hints)}.")
        return typing.cast(Any, kind)(**{name: _build(hints[name], value[name], f"{where}.{name}") for name in hints})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return tuple(_build(inner[0], item, f"{where}[{place}]") for place, item in enumerate(value))
    if origin is not None and not isinstance(kind, types.UnionType):
        return {name: _build(inner[1], item, f"{where}.{name}") for name, item in value.items()}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, kind):
        raise WorldFileError(f"{where}: {value!r} is not a {kind.__name__}.")
    return value
