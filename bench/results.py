"""What was measured, as Markdown: a table per benchmark and size, the machine in general terms, and the noise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.machine import busy, described
from bench.runner import Measured, Outcome

PACKAGES = ("duckdb", "ibis-framework", "polars", "pandas", "pyarrow", "deltalake")
SECTION = re.compile(r"(?=^## )", re.MULTILINE)


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the figures of one benchmark as Markdown, a table per size.

    A ratio above 1 says that Keepwell took less (time, or memory), below 1 that it took more.
    """
    return "\n\n".join(_one_size(outcome) for outcome in outcomes)


def write(path: Path, outcomes: Sequence[Outcome], *, memory: str) -> None:
    """Write the results file; sections of benchmarks that did not run this time are kept as they were."""
    sections = _kept(path)
    for name in dict.fromkeys(outcome.benchmark.name for outcome in outcomes):
        ran = [outcome for outcome in outcomes if outcome.benchmark.name == name]
        sections[ran[0].benchmark.title] = _section(ran, memory)
    path.write_text("\n\n".join([_head(), *sections.values()]) + "\n", encoding="utf-8")


def _head() -> str:
    return (
        "# Benchmarks\n\n"
        "Written by `make bench` (`python -m bench`). Each contender runs in a process of its own, in turn with the\n"
        "others; the figure is the median of its runs, beside it the lowest and the highest. A ratio is the other's\n"
        "figure divided by Keepwell's: **above 1 Keepwell takes less, below 1 it takes more.** Before a ratio is\n"
        "printed the answers are compared, and a difference stops the benchmark. Imports of packages are not timed,\n"
        "except where they are what is measured. Peak memory is the highest resident size of the process and of those\n"
        "it started."
    )


def _section(outcomes: Sequence[Outcome], memory: str) -> str:
    benchmark = outcomes[0].benchmark
    ways = "\n".join(f"* **{contender.name}**: {contender.how}" for contender in benchmark.contenders)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"## {benchmark.title}\n\n{benchmark.work}\n\nGoal: {benchmark.goal}.\n\n{ways}\n\n{table(outcomes)}\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {described()}; analytic engine limited to {memory}; {packages}. "
        f"{_noise(outcomes)}{busy()}"
    )


def _noise(outcomes: Sequence[Outcome]) -> str:
    spreads = [
        (max(m.figures) - min(m.figures)) / m.figure
        for outcome in outcomes
        for m in outcome.measured
        if len(m.figures) > 1
    ]
    if not spreads:
        return "Noise: one run each, so unknown; do not read anything into a difference below a half."
    return f"Noise: between runs of one contender figures differ by up to {max(spreads):.0%} of their median."


def _one_size(outcome: Outcome) -> str:
    benchmark = outcome.benchmark
    rate = " rows/s |" if benchmark.has_rate else ""
    lines = [
        f"**{outcome.rows:,} rows**\n",
        f"| contender | {benchmark.figure.replace('_', ' ')} | lowest–highest |{rate} ratio | peak memory | ratio |",
        "|---|--:|--:|" + ("--:|" if rate else "") + "--:|--:|--:|",
    ]
    lines += [_row(outcome, item) for item in outcome.measured]
    return "\n".join(lines)


def _row(outcome: Outcome, item: Measured) -> str:
    unit = outcome.benchmark.unit
    first = outcome.measured[0]
    cells = [item.contender.name, f"{item.figure:.3g} {unit}", f"{min(item.figures):.3g}–{max(item.figures):.3g}"]
    if outcome.benchmark.has_rate:
        cells.append(f"{outcome.rows / item.figure:,.0f}")
    cells += [f"{outcome.ratio(item):.2f}×", f"{item.peak:,.0f} MiB", f"{item.peak / first.peak:.2f}×"]
    return "| " + " | ".join(cells) + " |"


def _kept(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    _, *sections = SECTION.split(path.read_text(encoding="utf-8"))
    return {section.partition("\n")[0].removeprefix("## "): section.strip() for section in sections}
