"""The value of experiments by simulating results and making the plan anew for each."""

from __future__ import annotations

import numpy as np

from bench.benchmark import Task
from bench.decision.answer import BUDGET, candidates, timed, write
from bench.decision.items import SEED, curves
from keepwell.decide.constraints import Constraints
from keepwell.decide.margin_curve import MarginCurve
from keepwell.decide.split import best_split

RESULTS = 300


def experiments(task: Task) -> dict[str, float]:
    items = curves(task)
    worth, seconds = timed(lambda: _worth(items))
    write(task, worth=worth)
    return seconds


def _worth(items: list[MarginCurve]) -> dict[str, float]:
    random, limits = np.random.default_rng(SEED), Constraints(BUDGET)
    today = best_split(items, limits).spends
    found = {}
    for candidate, item in zip(candidates(items), items, strict=True):
        effect = item.at(candidate.spend_high) - item.at(candidate.spend_low)
        gains = []
        for draw in random.choice(effect.size, RESULTS):
            result = effect[draw] + candidate.standard_error * random.standard_normal()
            weights = np.exp(-0.5 * ((result - effect) / candidate.standard_error) ** 2)
            weights /= weights.sum()
            weighted = [
                MarginCurve(one.item, one.side, one.spend, (weights @ one.margin)[None, :], one.evidence)
                for one in items
            ]
            anew = best_split(weighted, limits)
            now = sum(float(one.at(x)[0]) for one, x in zip(weighted, today, strict=True)) - today.sum()
            gains.append(anew.value - now)
        found[candidate.item] = float(np.mean(gains))
    return found
