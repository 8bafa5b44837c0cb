"""The library's own functions."""

from __future__ import annotations

import numpy as np

from bench.benchmark import Task
from bench.decision.answer import BUDGET, DECISIONS, candidates, timed, write
from bench.decision.items import curves, limits, offers
from keepwell.decide.allocate import allocate
from keepwell.decide.assign import assign
from keepwell.decide.constraints import Constraints
from keepwell.decide.experiments import experiment_values
from keepwell.decide.split import best_split


def plan(task: Task) -> dict[str, float]:
    items = curves(task)
    found, seconds = timed(lambda: allocate(items, Constraints(BUDGET)))
    write(task, spends=[line.spend for line in found.items])
    return seconds


def split(task: Task) -> dict[str, float]:
    items = curves(task)
    found, seconds = timed(lambda: best_split(items, Constraints(BUDGET)))
    write(task, spends=found.spends.tolist())
    return seconds


def assign_levers(task: Task) -> dict[str, float]:
    uplift = np.load(task.source)
    assign(offers(uplift[:1000]), limits(1000))
    people = offers(uplift)
    found, seconds = timed(lambda: assign(people, limits(task.rows)))
    write(task, value=found.value, bound=found.bound)
    return seconds


def experiments(task: Task) -> dict[str, float]:
    items = curves(task)
    tests = candidates(items)
    found, seconds = timed(lambda: experiment_values(items, Constraints(BUDGET), tests, decisions=DECISIONS))
    write(task, worth={entry.candidate.item: entry.information for entry in found})
    return seconds
