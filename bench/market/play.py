"""One policy, one seed, one run of 24 months."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from bench.market.books import observed
from bench.market.carry_out import carry_out, channel_spend
from bench.market.luck import Floats
from bench.market.market import Market
from bench.market.plan import Plan
from bench.market.truth import Truth


@dataclass(frozen=True)
class Contender:
    """A policy's factory; a fresh policy for each run. ``needs_truth``: it is called with the truth as well."""

    make: Callable[[], Callable[..., Plan]]
    needs_truth: bool = False
    note: str = ""


@dataclass(frozen=True)
class Statement:
    """A policy's interval of the next unit's return beside the truth."""

    month: int
    item: str
    estimate: float
    low: float
    high: float
    truth: float


@dataclass(frozen=True)
class Run:
    """What a policy left behind under one seed."""

    policy: str
    seed: int
    equity: float
    media: float
    contacts: float
    customers: int
    seconds: float
    media_by_channel: dict[str, float]
    contacts_by_lever: dict[str, int]
    statements: list[Statement] = field(default_factory=list)


def play(market: Market, name: str, contender: Contender, worths: Floats) -> Run:
    """Let a policy run a branch of the market to the end of the run; the market itself is left as it was."""
    branch, policy = market.branch(), contender.make()
    rng = np.random.default_rng([market.seed, 99])
    started = time.process_time()
    levers = {lever.name: 0 for lever in market.world.levers}
    channels = {channel.name: 0.0 for channel in market.world.channels}
    statements: list[Statement] = []
    while branch.month < branch.conditions.end:
        truth = Truth(branch, worths)
        books = observed(branch)
        plan = policy(books, rng, truth) if contender.needs_truth else policy(books, rng)
        statements += _compared(truth, plan)
        for channel, money in plan.spend.items():
            channels[channel] += money
        for lever, ids in plan.treatments.items():
            levers[lever] += len(ids)
        carry_out(branch, plan)
    accounts = branch.accounts[branch.conditions.start :]
    return Run(
        policy=name,
        seed=market.seed,
        equity=branch.equity(),
        media=sum(account.media for account in accounts),
        contacts=sum(account.contacts for account in accounts),
        customers=int(branch.base.is_customer.sum()),
        seconds=time.process_time() - started,
        media_by_channel=channels,
        contacts_by_lever=levers,
        statements=statements,
    )


def _compared(truth: Truth, plan: Plan) -> list[Statement]:
    spend = channel_spend(truth.market, plan)
    month = truth.market.month - truth.market.conditions.start
    return [
        Statement(
            month,
            unit.item,
            unit.estimate,
            unit.low,
            unit.high,
            truth.return_on_next_unit(spend, unit.item, unit.unit, unit.customer_ids),
        )
        for unit in plan.next_units
    ]
