"""``python -m bench.market``: let policies run markets with a known truth; print how near each comes to the best."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path


def main() -> int:
    """Play, print, and write JSON if asked."""
    given = _arguments()
    # one thread each: two processes with a pool of threads apiece would fight for the cores
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    from bench.market import report, tournament
    from bench.market.parameters import load_world
    from bench.market.registry import POLICIES

    files = tournament.world_files(given.set)
    if given.list:
        for name, contender in POLICIES.items():
            print(f"{name}: {contender.note}")
        print("worlds:", ", ".join(files))
        return 0
    chosen = [files[name] for name in given.worlds or files]
    policies = given.policies or list(POLICIES)
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    tell = (lambda line: print(line, file=sys.stderr, flush=True)) if given.progress else (lambda _line: None)
    runs = tournament.tournament(chosen, seeds, policies, given.processes, tell)
    worlds = [load_world(path) for path in chosen]
    for world in worlds:
        print(report.text(world, runs[world.name]) + "\n", flush=True)
    if given.json:
        given.json.write_text(json.dumps(report.plain(worlds, runs), indent=1))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.market", description=__doc__)
    parser.add_argument("--list", action="store_true", help="name policies and worlds, and run nothing")
    parser.add_argument("--set", choices=("judged", "tuning"), default="judged", help="which worlds (%(default)s)")
    parser.add_argument("--worlds", nargs="+", help="only these")
    parser.add_argument("--policies", nargs="+", help="only these; nothing and the oracle always play")
    parser.add_argument("--seeds", type=int, default=30, help="how many (%(default)s)")
    parser.add_argument("--first-seed", type=int, default=1, help="the first of them (%(default)s)")
    parser.add_argument("--processes", type=int, default=2, help="at once (%(default)s)")
    parser.add_argument("--json", type=Path, help="write everything here too")
    parser.add_argument("--progress", action="store_true", help="say on standard error what is done")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
