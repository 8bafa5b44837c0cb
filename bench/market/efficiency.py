"""Efficiency, its intervals, where regret comes from, and how often intervals held the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest, t

from bench.market.luck import Floats
from bench.market.play import Run, Statement
from bench.market.registry import KEEPWELL, NOTHING, ORACLE, TRUE_CURVES, TRUE_UPLIFT

RESAMPLES = 2000
LEAST_GAIN = 0.003  # of CE: where even the oracle gains less there is nothing to be efficient at


@dataclass(frozen=True)
class Interval:
    """A mean with its interval over paired seeds; the ends are None where there is one seed only."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Score:
    """How a policy did in a world.

    ``efficiency`` is None where the oracle itself hardly gains. ``against_nothing`` is the gain over doing nothing as
    a share of CE_nothing; ``worst`` the lowest such share of any seed.
    """

    policy: str
    seeds: int
    efficiency: Interval | None
    against_nothing: Interval
    worst: float
    media_per_month: float
    contacts_per_month: float
    seconds: float


@dataclass(frozen=True)
class Regret:
    """What of 1 − efficiency goes away with true curves, with true uplift, and what stays either way."""

    total: Interval
    curves: Interval
    uplift: Interval


@dataclass(frozen=True)
class Coverage:
    """Share of 80 % intervals that held the truth, with the interval of that share (exact binomial)."""

    policy: str
    items: str
    statements: int
    share: float
    low: float
    high: float


def equities(runs: Sequence[Run], policy: str) -> Floats:
    """Return customer equity by seed, in the order of seeds."""
    return np.array([run.equity for run in sorted(runs, key=lambda run: run.seed) if run.policy == policy])


def scores(runs: Sequence[Run], months: int) -> list[Score]:
    """Return every policy's score in one world."""
    return [_score(runs, policy, months) for policy in dict.fromkeys(run.policy for run in runs)]


def _score(runs: Sequence[Run], policy: str, months: int) -> Score:
    none = equities(runs, NOTHING)
    gains, best = equities(runs, policy) - none, equities(runs, ORACLE) - none
    mine = [run for run in runs if run.policy == policy]
    has_gain = best.mean() > LEAST_GAIN * none.mean()
    return Score(
        policy,
        len(gains),
        ratio(gains, best) if has_gain else None,
        mean(gains / none),
        float((gains / none).min()),
        float(np.mean([run.media for run in mine])) / months,
        float(np.mean([run.contacts for run in mine])) / months,
        float(np.mean([run.seconds for run in mine])),
    )


def mean(values: Floats) -> Interval:
    """Return the mean with its 95 % t interval."""
    if len(values) < 2:
        return Interval(float(values.mean()), None, None)
    half = float(t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))
    return Interval(float(values.mean()), float(values.mean()) - half, float(values.mean()) + half)


def ratio(gains: Floats, best: Floats) -> Interval:
    """Return Σ gains / Σ best with its 95 % interval by resampling seeds (pairs stay together)."""
    value = float(gains.sum() / best.sum())
    if len(gains) < 2:
        return Interval(value, None, None)
    rows = np.random.default_rng(1).integers(len(gains), size=(RESAMPLES, len(gains)))
    drawn = gains[rows].sum(axis=1) / best[rows].sum(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(value, float(low), float(high))


def lead(runs: Sequence[Run], policy: str, other: str) -> Interval:
    """Return how much more efficient a policy is than another, by paired seeds."""
    best = equities(runs, ORACLE) - equities(runs, NOTHING)
    return ratio(equities(runs, policy) - equities(runs, other), best)


def regret(runs: Sequence[Run]) -> Regret | None:
    """Return where Keepwell's regret comes from; None unless its three variants have played."""
    if {KEEPWELL, TRUE_CURVES, TRUE_UPLIFT} - {run.policy for run in runs}:
        return None
    return Regret(lead(runs, ORACLE, KEEPWELL), lead(runs, TRUE_CURVES, KEEPWELL), lead(runs, TRUE_UPLIFT, KEEPWELL))


def coverage(runs: Sequence[Run], channels: frozenset[str]) -> list[Coverage]:
    """Return how often policies' intervals of the next unit held the truth, for channels and for levers."""
    found = []
    for policy in dict.fromkeys(run.policy for run in runs):
        statements = [statement for run in runs if run.policy == policy for statement in run.statements]
        for items, is_channel in (("channels", True), ("levers", False)):
            mine = [statement for statement in statements if (statement.item in channels) is is_channel]
            if mine:
                found.append(_covered(policy, items, mine))
    return found


def _covered(policy: str, items: str, statements: list[Statement]) -> Coverage:
    held = sum(statement.low <= statement.truth <= statement.high for statement in statements)
    bounds = binomtest(held, len(statements)).proportion_ci(0.95)
    return Coverage(policy, items, len(statements), held / len(statements), float(bounds.low), float(bounds.high))
