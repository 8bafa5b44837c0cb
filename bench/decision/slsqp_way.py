"""The split by a general-purpose optimiser, from five starts."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from bench.benchmark import Task
from bench.decision.answer import BUDGET, timed, write
from bench.decision.items import MOST, SEED, curves


def split(task: Task) -> dict[str, float]:
    items = curves(task)
    found, seconds = timed(lambda: _split([(item.spend, item.mean) for item in items]))
    write(task, spends=found.tolist())
    return seconds


def _split(items: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    def loss(spends: np.ndarray) -> float:
        return float(sum(x - np.interp(x, spend, mean) for x, (spend, mean) in zip(spends, items, strict=True)))

    random = np.random.default_rng(SEED)
    starts = [np.full(len(items), BUDGET / len(items)), *(random.dirichlet(np.ones(len(items)), 4) * BUDGET)]
    room = {"type": "ineq", "fun": lambda spends: BUDGET - spends.sum()}
    ends = [
        minimize(loss, np.minimum(start, MOST), bounds=[(0, MOST)] * len(items), constraints=[room], method="SLSQP")
        for start in starts
    ]
    return np.asarray(min(ends, key=lambda end: end.fun).x)
