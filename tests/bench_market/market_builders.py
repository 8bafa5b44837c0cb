"""Small worlds for the tests of the simulated market."""

from __future__ import annotations

from dataclasses import replace

from bench.market.parameters import World, load_world
from bench.market.tournament import world_files


def small(name: str, *, size: float = 0.1, months: int = 8, history: int = 14) -> World:
    """Return a judged world with a fraction of its people and money and fewer months."""
    world = load_world(world_files("judged")[name])
    channels = tuple(
        replace(
            channel,
            prospects=channel.prospects * size,
            refill_per_week=channel.refill_per_week * size,
            scale=channel.scale * size,
            past_spend=channel.past_spend * size,
        )
        for channel in world.channels
    )
    return replace(
        world,
        time=replace(world.time, months=months, history_months=history, shock_month=months // 2),
        books=replace(world.books, budget=world.books.budget * size),
        organic=replace(world.organic, per_week=world.organic.per_week * size),
        channels=channels,
        past_campaigns=tuple(
            replace(past, size=int(past.size * size))
            for past in world.past_campaigns
            if past.months_before < history - 2
        ),
    )
