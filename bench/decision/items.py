"""Curves and people of any number, deterministic by seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.benchmark import Task
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.offers import Offers, TreatmentLimits
from keepwell.vocabulary.estimate import Evidence

Floats = npt.NDArray[np.float64]
SEED = 1996
DRAWS, POINTS, MOST = 1000, 41, 10_000.0
LEVERS = ("mail", "push", "coupon", "call", "gift")
COST = np.array([0.2, 0.5, 1.0, 3.0, 6.0])


def prepare_curves(rows: int, folder: Path) -> Path:
    """Write the margins of that many items, unless they are there, and return the file."""
    target = folder / f"curves-{rows}-{SEED}.npy"
    if not target.exists():
        random, spend = np.random.default_rng(SEED), np.linspace(0, MOST, POINTS)
        margins = np.empty((rows, DRAWS, POINTS))
        for index in range(rows):
            top = 2 * np.exp(random.normal(8.5, 0.6) + random.normal(0, 0.4, (DRAWS, 1)))
            half = np.exp(random.normal(8, 0.6) + random.normal(0, 0.3, (DRAWS, 1)))
            steep = 2.5 if index % 3 == 0 else 1.0
            margins[index] = top * spend**steep / (spend**steep + half**steep)
        np.save(target, margins)
    return target


def curves(task: Task) -> list[MarginCurve]:
    """Return the items, every second one of retention."""
    spend = np.linspace(0, MOST, POINTS)
    return [
        MarginCurve(f"item {index}", Side.KEEP if index % 2 else Side.WIN, spend, margin, Evidence.REGRESSION)
        for index, margin in enumerate(np.load(task.source))
    ]


def prepare_people(rows: int, folder: Path) -> Path:
    """Write the uplifts of that many people, unless they are there, and return the file."""
    target = folder / f"people-{rows}-{SEED}.npy"
    if not target.exists():
        random = np.random.default_rng(SEED)
        size = random.gamma(1, 6, (rows, 1))
        np.save(target, size * random.normal(0.3, 0.6, (rows, 5)) + random.normal(0, 1, (rows, 5)))
    return target


def offers(uplift: Floats) -> Offers:
    """Return the people as offers."""
    uses = {"sends": np.array([1.0, 1, 1, 0, 0]), "calls": np.array([0.0, 0, 0, 1, 1])}
    return Offers(LEVERS, uplift, COST, uses=uses)


def limits(people: int) -> TreatmentLimits:
    """Return limits that grow with the number of people; all of them bind."""
    capacity = {"sends": 0.3 * people, "calls": 0.02 * people}
    return TreatmentLimits(0.25 * people, capacity=capacity, caps={"mail": 0.05 * people})
