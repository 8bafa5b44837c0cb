"""The policy that follows Keepwell: it keeps to the rules of the market and to what the books show."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from bench.market.books import observed
from bench.market.carry_out import carry_out, checked
from bench.market.keepwell_policy.policy import Keepwell
from bench.market.market import Market
from bench.market.parameters import World, load_world
from bench.market.past import with_past
from bench.market.plan import Plan
from bench.market.registry import KEEPWELL, POLICIES
from bench.market.tournament import world_files

pytestmark = pytest.mark.soak

MONTHS = 3


def tiny(name: str, *, pull: float = 1.0) -> World:
    """Return a world for tuning with a tenth of its people and money; ``pull`` scales what media can win."""
    world, size = load_world(world_files("tuning")[name]), 0.1
    channels = tuple(
        replace(
            channel,
            prospects=channel.prospects * size,
            refill_per_week=channel.refill_per_week * size,
            scale=channel.scale * size,
            past_spend=channel.past_spend * size,
            ceiling=channel.ceiling * pull,
        )
        for channel in world.channels
    )
    return replace(
        world,
        time=replace(world.time, months=MONTHS + 1, history_months=24, shock_month=2),
        books=replace(world.books, budget=world.books.budget * size),
        organic=replace(world.organic, per_week=world.organic.per_week * size),
        channels=channels,
        past_campaigns=tuple(replace(past, size=int(past.size * size)) for past in world.past_campaigns),
    )


def plans(world: World, seed: int = 5, months: int = MONTHS) -> list[tuple[Market, Plan]]:
    """Return what the policy does month by month, each beside the market as it then was."""
    market, policy, rng = with_past(world, seed).branch(), Keepwell(), np.random.default_rng(seed)
    found = []
    for _ in range(months):
        plan = policy(observed(market), rng)
        found.append((market.branch(), plan))
        carry_out(market, plan)
    return found


@pytest.fixture(scope="module")
def run() -> list[tuple[Market, Plan]]:
    return plans(tiny("middle"))


def test_every_plan_can_be_carried_out_within_the_budget(run: list[tuple[Market, Plan]]) -> None:
    spent = [checked(market, plan)[0].sum() for market, plan in run]
    assert max(spent) <= run[0][0].world.books.budget + 0.01


def test_both_sides_are_spoken_of_every_month(run: list[tuple[Market, Plan]]) -> None:
    books = observed(run[0][0])
    for _, plan in run:
        items = {unit.item for unit in plan.next_units}
        assert items & set(books.channels)
        assert items & set(books.levers)


def test_statements_hold_their_estimate_inside_their_interval(run: list[tuple[Market, Plan]]) -> None:
    for _, plan in run:
        assert all(unit.low <= unit.estimate <= unit.high for unit in plan.next_units)


def test_people_held_out_are_not_treated(run: list[tuple[Market, Plan]]) -> None:
    for _, plan in run:
        treated = np.concatenate([*plan.treatments.values(), np.zeros(0, np.int64)])
        held = np.concatenate([*plan.holdout.values(), np.zeros(0, np.int64)])
        assert not np.intersect1d(treated, held).size


def test_the_same_seed_leads_to_the_same_plans(run: list[tuple[Market, Plan]]) -> None:
    again = plans(tiny("middle"))
    assert [plan.spend for _, plan in again] == [plan.spend for _, plan in run]


def test_keepwell_itself_is_never_handed_the_truth() -> None:
    assert not POLICIES[KEEPWELL].needs_truth


def test_media_stop_where_they_can_win_nobody() -> None:
    _, plan = plans(tiny("rest", pull=0.02), months=1)[0]
    assert sum(plan.spend.values()) < 0.25 * tiny("rest").books.budget
