"""``python -m bench``: run the benchmarks, print ratios, write ``bench/RESULTS.md``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench.registry import BENCHMARKS
from bench.results import table, write
from bench.runner import ChildFailedError, Outcome, UnequalError, run

HERE = Path(__file__).parent


def main() -> int:
    given = _arguments()
    if given.list:
        for benchmark in BENCHMARKS.values():
            sizes = ", ".join(f"{rows:,}" for rows in benchmark.rows)
            print(f"{benchmark.name}: {benchmark.title} ({sizes} rows). Goal: {benchmark.goal}.")
        return 0
    outcomes: list[Outcome] = []
    failed = False
    for name in given.only or BENCHMARKS:
        benchmark = BENCHMARKS[name]
        for rows in given.rows or benchmark.rows:
            try:
                outcome = run(
                    benchmark, rows, given.folder, memory=given.memory, repeats=given.repeats, keep=given.keep
                )
            except (UnequalError, ChildFailedError) as error:
                print(f"FAILED {error}", file=sys.stderr)
                failed = True
                continue
            outcomes.append(outcome)
            print("\n" + table([outcome]) + "\n", flush=True)
    if outcomes and given.results:
        write(given.results, outcomes, memory=given.memory)
        print(f"Written: {given.results}")
    return int(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    parser.add_argument("--only", action="append", choices=list(BENCHMARKS), help="run this one; may be repeated")
    parser.add_argument(
        "--rows", action="append", type=int, help="size instead of the benchmark's own; may be repeated"
    )
    parser.add_argument("--repeats", type=int, help="runs of each contender instead of the benchmark's own")
    parser.add_argument("--memory", default="4GB", help="limit of the analytic engine (default: %(default)s)")
    parser.add_argument("--folder", type=Path, default=HERE / "data", help="for generated files (default: bench/data)")
    parser.add_argument("--keep", action="store_true", help="leave generated inputs for the next run")
    parser.add_argument(
        "--results", type=Path, default=HERE / "RESULTS.md", help="file to write (default: bench/RESULTS.md)"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
