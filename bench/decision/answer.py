"""The questions, the files an answer is made of, and how answers are compared."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

from bench.benchmark import Task
from bench.decision.items import MOST, POINTS
from keepwell.decide.candidate import Candidate
from keepwell.decide.margin_curve import MarginCurve

BUDGET, DECISIONS = 50_000.0, 12.0
WITHIN = 1e-3
Answer = TypeVar("Answer")


def timed(work: Callable[[], Answer]) -> tuple[Answer, dict[str, float]]:
    """Return what a function returns, and the processor seconds it took."""
    begin = time.process_time()
    answer = work()
    return answer, {"cpu_seconds": time.process_time() - begin}


def write(task: Task, **content: object) -> None:
    """Write an answer, and where its input lies."""
    text = json.dumps({**content, "source": str(task.source)})
    (task.results / "answer.json").write_text(text, encoding="utf-8")


def candidates(items: Sequence[MarginCurve]) -> list[Candidate]:
    """Return one experiment per item: its first 3,000 against nothing, measured with an error of 1,500."""
    return [Candidate(f"test {one.item}", one.item, 0.0, 3000.0, 1500.0, 100.0, 30) for one in items]


def compare_plans(folders: Sequence[Path]) -> list[str]:
    """Return whose split is worth less than the best by more than a thousandth; SLSQP is known to fail here."""
    answers = [_read(folder) for folder in folders]
    means = np.load(str(answers[0]["source"])).mean(axis=1)
    spend = np.linspace(0, MOST, POINTS)
    values = {
        folder.name: sum(np.interp(x, spend, mean) - x for x, mean in zip(answer["spends"], means, strict=True))
        for folder, answer in zip(folders, answers, strict=True)
    }
    best = max(values.values())
    return [
        f"{name}'s split is worth {value:,.0f}, the best {best:,.0f}"
        for name, value in values.items()
        if value < best * (1 - WITHIN) and name != "slsqp"
    ]


def compare_assignments(folders: Sequence[Path]) -> list[str]:
    """Return whether the first lies further from its bound than a thousandth, or anyone exceeds that bound."""
    first, *others = (_read(folder) for folder in folders)
    said = []
    if first["value"] < first["bound"] * (1 - WITHIN):
        said.append(f"the value {first['value']:,.0f} lies below the bound {first['bound']:,.0f}")
    said += ["another exceeds the bound" for other in others if other["value"] > first["bound"] * (1 + 1e-9)]
    return said


def compare_experiments(folders: Sequence[Path]) -> list[str]:
    """Return whether the two rank the experiments differently: rank correlation below 0.8."""
    first, other = (_read(folder)["worth"] for folder in folders)
    ranks = [np.argsort(np.argsort([worth[item] for item in sorted(first)])) for worth in (first, other)]
    alike = float(np.corrcoef(ranks[0], ranks[1])[0, 1])
    return [f"the ranks of the experiments correlate by {alike:.2f} only"] if alike < 0.8 else []


def _read(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
    return content
