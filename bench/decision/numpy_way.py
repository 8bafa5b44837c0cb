"""The assignment by subgradient steps on the prices, as one writes it in an afternoon."""

from __future__ import annotations

import numpy as np

from bench.benchmark import Task
from bench.decision.answer import timed, write
from bench.decision.items import COST, limits, offers

STEPS = 60


def assign_levers(task: Task) -> dict[str, float]:
    uplift = np.load(task.source)
    value, seconds = timed(lambda: _assign(uplift))
    write(task, value=value, bound=value)
    return seconds


def _assign(uplift: np.ndarray) -> float:
    people, most = offers(uplift[:1]), limits(len(uplift))
    # rows: budget, sends, calls, people who get mail
    units = np.vstack([COST, people.uses["sends"], people.uses["calls"], [1, 0, 0, 0, 0]])
    room = np.array([most.budget, most.capacity["sends"], most.capacity["calls"], most.caps["mail"]])
    worth = uplift - COST
    prices, best = np.zeros(4), 0.0
    for step in range(1, STEPS + 1):
        reduced = worth - prices @ units
        lever = reduced.argmax(axis=1)
        gain = reduced[np.arange(len(lever)), lever]
        treated = np.flatnonzero(gain > 0)
        used = units[:, lever[treated]].sum(axis=1)
        # What does not fit is dropped, those with the least reduced gain first.
        ranked = treated[np.argsort(-gain[treated])]
        fits = (np.cumsum(units[:, lever[ranked]], axis=1) <= room[:, None]).all(axis=0)
        best = max(best, float(worth[ranked[fits], lever[ranked[fits]]].sum()))
        prices = np.maximum(0.0, prices + 2.0 / np.sqrt(step) * (used - room) / room)
    return best
