"""The questions that both contenders answer, the files an answer is made of, and how answers are compared."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.benchmark import Task

WARM = 500  # customers of the first run, which is not counted
HORIZON_DAYS = 365
MONTHS, MONTH_DAYS = 12, 30
MONTHLY_RATE = 1.1 ** (1 / 12) - 1
SAME_FIT = 1e-4  # of a parameter's own size: as close as the other's stopping rule comes
SAME = 5e-5  # four decimals

Floats = npt.NDArray[np.float64]
Scores = tuple[Floats, Floats, Floats]  # P(alive), expected purchases, discounted value
Answer = TypeVar("Answer")


def timed(work: Callable[[], Answer]) -> tuple[Answer, dict[str, float]]:
    """Return what a function returns, and the processor seconds it took."""
    begin = time.process_time()
    answer = work()
    return answer, {"cpu_seconds": time.process_time() - begin}


def write_fit(task: Task, parameters: Mapping[str, float]) -> None:
    """Write the parameters."""
    content = {name: float(value) for name, value in parameters.items()}
    (task.results / "fit.json").write_text(json.dumps(content), encoding="utf-8")


def write_scores(task: Task, scores: Scores) -> None:
    """Write the scores of all customers."""
    table = pd.DataFrame(dict(zip(("alive", "expected", "value"), scores, strict=True)))
    table.to_parquet(task.results / "scores.parquet")


def compare_fit(folders: Sequence[Path]) -> list[str]:
    """Return which parameters differ from the first contender's."""
    first, *others = (json.loads((folder / "fit.json").read_text(encoding="utf-8")) for folder in folders)
    return [
        f"{folder.name}: {name} is {other[name]}, not {value}"
        for folder, other in zip(folders[1:], others, strict=True)
        for name, value in first.items()
        if not math.isclose(value, other[name], rel_tol=SAME_FIT)
    ]


def compare_scores(folders: Sequence[Path]) -> list[str]:
    """Return which scores differ from the first contender's in the fourth decimal."""
    first, *others = (pd.read_parquet(folder / "scores.parquet") for folder in folders)
    found = []
    for folder, other in zip(folders[1:], others, strict=True):
        apart = (first - other).abs()
        found += [
            f"{folder.name}: {name} of {int((gap > SAME).sum())} customers differs, by up to {gap.max():.2g}"
            for name, gap in apart.items()
            if not (gap <= SAME).all()
        ]
    return found
