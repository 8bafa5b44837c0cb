"""Many seeds, many worlds, two processes: every policy of a seed starts from the same day of the same market."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.market.luck import Floats
from bench.market.parameters import World, load_world
from bench.market.past import with_past
from bench.market.play import Run, play
from bench.market.registry import NOTHING, ORACLE, POLICIES
from bench.market.truth import newcomer_worths

WORLDS = Path(__file__).parent / "worlds"


@dataclass(frozen=True)
class Match:
    """One seed in one world, and who plays."""

    world: Path
    seed: int
    policies: tuple[str, ...]


def world_files(folder: str) -> dict[str, Path]:
    """Return the worlds of ``judged`` or ``tuning`` by name."""
    return {path.stem: path for path in sorted((WORLDS / folder).glob("*.toml"))}


@lru_cache(maxsize=16)
def _world(path: Path) -> tuple[World, Floats]:
    world = load_world(path)
    return world, newcomer_worths(world)


def play_match(match: Match) -> tuple[str, list[Run]]:
    """Return the world's name and the runs of a match."""
    world, worths = _world(match.world)
    market = with_past(world, match.seed)
    return world.name, [play(market, name, POLICIES[name], worths) for name in match.policies]


def tournament(
    worlds: Sequence[Path],
    seeds: Sequence[int],
    policies: Sequence[str],
    processes: int,
    tell: Callable[[str], None] = lambda _line: None,
) -> dict[str, list[Run]]:
    """Return all runs by world. Nothing and the oracle always play: the others are measured between them."""
    players = tuple(dict.fromkeys([NOTHING, *policies, ORACLE]))
    matches = [Match(world, seed, players) for world in worlds for seed in seeds]
    runs: dict[str, list[Run]] = {load_world(path).name: [] for path in worlds}
    for done, (world, played) in enumerate(_results(matches, processes), start=1):
        runs[world] += played
        tell(f"{done} of {len(matches)}: {world}, seed {played[0].seed}")
    return runs


def _results(matches: list[Match], processes: int) -> Iterator[tuple[str, list[Run]]]:
    if processes == 1:
        yield from map(play_match, matches)
        return
    # spawned, not forked: numerical libraries may hold threads at this point
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(play_match, matches)
