"""How long ``import`` takes in a fresh process."""

from __future__ import annotations

from pathlib import Path

from bench.benchmark import Benchmark, Contender, Task

BENCHMARK = Benchmark(
    name="start_up",
    title="Start-up: importing the library",
    work="One import in a fresh process.",
    goal="below one second",
    rows=(0,),
    repeats=7,
    contenders=(
        Contender("keepwell", "bench.start_up:keepwell", "import keepwell as kw"),
        Contender("pandas", "bench.start_up:pandas", "import pandas as pd"),
        Contender("polars", "bench.start_up:polars", "import polars as pl"),
    ),
    compare="bench.start_up:compare",
)


def keepwell(task: Task) -> None:
    import keepwell as kw

    _imported(task, kw.__name__)


def pandas(task: Task) -> None:
    import pandas as pd

    _imported(task, pd.__name__)


def polars(task: Task) -> None:
    import polars as pl

    _imported(task, pl.__name__)


def compare(folders: list[Path]) -> list[str]:
    """Return who imported nothing; there is no further answer to compare."""
    return [f"{folder.name} imported nothing" for folder in folders if not (folder / "imported").exists()]


def _imported(task: Task, name: str) -> None:
    (task.results / "imported").write_text(name, encoding="utf-8")
