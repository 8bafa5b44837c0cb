"""Runs a benchmark: each contender in a fresh process, in turn, several times; then compares what they answered.

The runner itself imports nothing large: on Linux a new process inherits its parent's peak memory until it has begun
its own program, so a large parent would be counted as every contender's.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.benchmark import Benchmark, Contender

ROOT = Path(__file__).parents[1]
KIB, MIB = 1024, 1024 * 1024


class ChildFailedError(Exception):
    """A step ended with an error, which stands in the message."""


class UnequalError(Exception):
    """Contenders gave different answers, so that their times say nothing."""


@dataclass(frozen=True)
class Measured:
    """One contender's runs: the compared figure, the seconds and the peak memory of each."""

    contender: Contender
    figures: tuple[float, ...]
    seconds: tuple[float, ...]
    peak_mib: tuple[float, ...]

    @property
    def figure(self) -> float:
        """The median of the figure."""
        return statistics.median(self.figures)

    @property
    def peak(self) -> float:
        """The highest peak memory in MiB."""
        return max(self.peak_mib)


@dataclass(frozen=True)
class Outcome:
    """A benchmark at one size, Keepwell first; it exists only where the answers were equal."""

    benchmark: Benchmark
    rows: int
    measured: tuple[Measured, ...]

    def ratio(self, other: Measured) -> float:
        """Return how many times Keepwell's figure another's is."""
        return other.figure / self.measured[0].figure


def run(
    benchmark: Benchmark, rows: int, folder: Path, *, memory: str, repeats: int | None = None, keep: bool = False,
    tell: Callable[[str], None] = print,
) -> Outcome:  # fmt: skip
    """Run one benchmark at one size.

    Args:
        benchmark: what to run.
        rows: order lines.
        folder: for the input and the results; both are removed afterwards.
        memory: limit for the engines that take one.
        repeats: runs of each contender; the benchmark's own number where not given.
        keep: leave the input where it is, for the next run.
        tell: called with a line for each step.

    Raises:
        UnequalError: the answers differ.
        ChildFailedError: a step failed.

    """
    folder.mkdir(parents=True, exist_ok=True)
    source = folder
    results = folder / f"results-{benchmark.name}-{rows}"
    try:
        if benchmark.prepare:
            tell(f"{benchmark.name}, {rows:,} rows: preparing")
            order = {"step": "prepare", "function": benchmark.prepare, "rows": rows, "folder": str(folder)}
            source = Path(_child(order)["source"])
        measured = _rounds(benchmark, rows, source, results, memory, repeats or benchmark.repeats, tell)
        _check(benchmark, rows, [results / item.contender.name for item in measured])
        return Outcome(benchmark, rows, measured)
    finally:
        shutil.rmtree(results, ignore_errors=True)
        if source != folder and not keep:
            source.unlink(missing_ok=True)


def _rounds(
    benchmark: Benchmark, rows: int, source: Path, results: Path, memory: str, repeats: int,
    tell: Callable[[str], None],
) -> tuple[Measured, ...]:  # fmt: skip
    contenders = benchmark.contenders_at(rows)
    found: dict[str, list[dict[str, Any]]] = {contender.name: [] for contender in contenders}
    for _ in range(repeats):
        for contender in contenders:  # in turn, so that a slow minute of the machine hits everybody
            answer = results / contender.name
            shutil.rmtree(answer, ignore_errors=True)
            answer.mkdir(parents=True)
            figures = _child({
                "step": "run", "function": contender.run, "rows": rows, "source": str(source),
                "results": str(answer), "memory": memory,
            })  # fmt: skip
            found[contender.name].append(figures)
            value = figures[benchmark.figure]
            tell(f"  {contender.name}: {value:.3g} {benchmark.unit}, peak {figures['peak_mib']:,.0f} MiB")
    return tuple(_measured(benchmark, contender, found[contender.name]) for contender in contenders)


def _measured(benchmark: Benchmark, contender: Contender, runs: Sequence[dict[str, Any]]) -> Measured:
    return Measured(
        contender,
        tuple(item[benchmark.figure] for item in runs),
        tuple(item["seconds"] for item in runs),
        tuple(item["peak_mib"] for item in runs),
    )


def _check(benchmark: Benchmark, rows: int, results: Sequence[Path]) -> None:
    order = {"step": "compare", "function": benchmark.compare, "results": [str(folder) for folder in results]}
    if differences := _child(order)["differences"]:
        raise UnequalError(f"{benchmark.name}, {rows:,} rows: " + "; ".join(differences))


def _child(order: dict[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.child"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        json.dump(order, process.stdin)
        process.stdin.close()
        said = process.stdout.read()
        # wait4 gives the peak of this child and of the children it waited for, and of no other
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ChildFailedError(f"{order['step']} {order['function']} ended with {process.returncode}:\n{said[-4000:]}")
    figures: dict[str, Any] = json.loads(said.splitlines()[-1])
    return {**figures, "peak_mib": usage.ru_maxrss * KIB / MIB}
