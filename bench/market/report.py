"""The tournament's results as a table for people and as plain values for JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from bench.market.efficiency import Coverage, Interval, Score, coverage, regret, scores
from bench.market.parameters import World
from bench.market.play import Run

HEADER = "| policy | efficiency | 95 % interval | CE against nothing | worst seed | media | contacts | s/run |"
RULE = "|---|--:|--:|--:|--:|--:|--:|--:|"


def text(world: World, runs: Sequence[Run]) -> str:
    """Return one world's results as Markdown."""
    seeds = len({run.seed for run in runs})
    lines = [f"**{world.name}** ({seeds} seeds; right: {world.right_answer}). {world.description}", "", HEADER, RULE]
    lines += [_row(score) for score in scores(runs, world.time.months)]
    if split := regret(runs):
        lines += ["", f"Regret {_signed(split.total)}: of it gone with true curves {_signed(split.curves)}, "]
        lines[-1] += f"with true uplift {_signed(split.uplift)}."
    lines += [_coverage(row) for row in coverage(runs, _channels(world))]
    return "\n".join(lines)


def plain(worlds: Sequence[World], runs: Mapping[str, Sequence[Run]]) -> dict[str, object]:
    """Return all results as plain values."""
    found: dict[str, object] = {}
    for world in worlds:
        mine = runs[world.name]
        split = regret(mine)
        found[world.name] = {
            "scores": [dataclasses.asdict(score) for score in scores(mine, world.time.months)],
            "regret": dataclasses.asdict(split) if split else None,
            "coverage": [dataclasses.asdict(row) for row in coverage(mine, _channels(world))],
            "runs": [dataclasses.asdict(run) for run in mine],
        }
    return found


def _channels(world: World) -> frozenset[str]:
    return frozenset(channel.name for channel in world.channels)


def _row(score: Score) -> str:
    efficiency = "–" if score.efficiency is None else f"{score.efficiency.value:.3f}"
    between = "–" if score.efficiency is None else _between(score.efficiency)
    return (
        f"| {score.policy} | {efficiency} | {between} | {score.against_nothing.value:+.2%} | {score.worst:+.2%} "
        f"| {score.media_per_month:,.0f} | {score.contacts_per_month:,.0f} | {score.seconds:.2f} |"
    )


def _between(interval: Interval) -> str:
    return "–" if interval.low is None else f"{interval.low:.3f} … {interval.high:.3f}"


def _signed(interval: Interval) -> str:
    return f"{interval.value:+.3f} ({_between(interval)})"


def _coverage(row: Coverage) -> str:
    return (
        f"80 % intervals of {row.policy}, {row.items}: {row.share:.1%} of {row.statements} held the truth "
        f"({row.low:.1%} … {row.high:.1%})."
    )
