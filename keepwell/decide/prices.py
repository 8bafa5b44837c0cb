"""The prices of money and capacity at which people's own best choices fit within the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.optimize import linprog

from keepwell.decide.margin_curve import Floats

SAMPLE = 20_000
LARGE = 60_000  # people from which a sample finds the neighbourhood of the prices first
MOST_CUTS = 200
CLOSE = 1e-4


@dataclass(frozen=True, eq=False)
class Resources:
    """R limited resources, the budget first: names, units per contact by lever (R, K), and limits (R,).

    The budget's row of ``units`` is not used: costs differ by person.
    """

    names: tuple[str, ...]
    units: Floats
    most: Floats


@dataclass(frozen=True, eq=False)
class Choice:
    """Everybody's best lever at some prices, what they are worth together, and what they use, shape (R,)."""

    lever: npt.NDArray[np.int64]
    worth: float
    used: Floats


@dataclass(frozen=True, eq=False)
class Prices:
    """The dual's solution: best prices, shape (R,), its value, and the mix of prices that meets the limits."""

    best: Floats
    bound: float
    mix: tuple[tuple[float, Floats], ...]


@njit(cache=True)
def _choose(
    worth: Floats, cost: Floats, price: float, charge: Floats, lever: npt.NDArray[np.int64], counts: Floats
) -> tuple[float, float]:
    total, spent = 0.0, 0.0
    for person in range(worth.shape[0]):
        best, chosen = 0.0, -1
        for index in range(worth.shape[1]):
            left = worth[person, index] - price * cost[person, index] - charge[index]
            if left > best:
                best, chosen = left, index
        lever[person] = chosen
        if chosen >= 0:
            total += worth[person, chosen]
            spent += cost[person, chosen]
            counts[chosen] += 1.0
    return total, spent


def choose(worth: Floats, cost: Floats, prices: Floats, resources: Resources) -> Choice:
    """Return everybody's best lever at prices of the resources, shape (R,); −1 where none is worth its price."""
    lever = np.empty(len(worth), dtype=np.int64)
    counts = np.zeros(worth.shape[1])
    kernel = cast(Callable[..., tuple[float, float]], _choose)
    charge = prices[1:] @ resources.units[1:] if len(prices) > 1 else np.zeros(worth.shape[1])
    total, spent = kernel(worth, cost, float(prices[0]), charge, lever, counts)
    used = resources.units @ counts
    used[0] = spent
    return Choice(lever, total, used)


def find_prices(worth: Floats, cost: Floats, resources: Resources, *, seed: int = 0) -> Prices:
    """Return the prices that minimise ``Σ_i max(0, max_k(w_ik − λ c_ik − μ·a_k)) + λ B + μ·C``.

    Kelley's cutting planes: every trial's choices give one row of a small linear program, whose own dual says in what
    mix the trials meet the limits (Dantzig & Wolfe 1960). Many people are priced on a sample of 20,000 first.

    Args:
        worth: shape (N, K), −∞ where not allowed.
        cost: shape (N, K).
        resources: limits above 0 (a budget of 0 with nothing allowed is fine).
        seed: of the sample.

    """
    starts = [np.zeros(len(resources.most))]
    if len(worth) > LARGE:
        taken = np.sort(np.random.default_rng(seed).choice(len(worth), SAMPLE, replace=False))
        part = Resources(resources.names, resources.units, resources.most * (SAMPLE / len(worth)))
        near = _minimise(worth[taken], cost[taken], part, starts).best
        starts = [near]
        for index in np.flatnonzero(near > 0):
            for factor in (0.98, 1.02):
                beside = near.copy()
                beside[index] *= factor
                starts.append(beside)
    return _minimise(worth, cost, resources, starts)


def _minimise(worth: Floats, cost: Floats, resources: Resources, starts: list[Floats]) -> Prices:
    free = choose(worth, cost, np.zeros(len(resources.most)), resources)
    if free.worth <= 0 or (free.used <= resources.most).all():
        zero = np.zeros(len(resources.most))
        return Prices(zero, free.worth, ((1.0, zero),))
    scale = free.worth
    tried, cuts = [np.zeros(len(resources.most))], [free]
    best, bound = tried[0], scale  # at prices of 0 the dual is what everyone's choice is worth
    pending = [start for start in starts if start.any()]
    mix = np.ones(1)
    for _ in range(MOST_CUTS):
        if not pending:
            prices, least, mix = _master(cuts, resources.most, scale)
            if bound - least <= CLOSE * bound:
                break
            pending = [prices]
        trial = pending.pop(0)
        found = choose(worth, cost, trial, resources)
        tried.append(trial)
        cuts.append(found)
        dual = found.worth - float(trial @ found.used) + float(trial @ resources.most)
        if dual < bound:
            best, bound = trial, dual
    if len(mix) < len(cuts):
        mix = np.append(mix, np.zeros(len(cuts) - len(mix)))
    used = tuple((float(weight), prices) for weight, prices in zip(mix, tried, strict=True) if weight > 1e-9)
    return Prices(best, bound, used)


def _master(cuts: list[Choice], most: Floats, scale: float) -> tuple[Floats, float, Floats]:
    """Return the prices least by the rows so far, the dual's lower bound there, and the mix of the rows."""
    # In units of the limits and of the free worth, so that no coefficient is far from 1.
    rows = np.array([np.append(-cut.used / most, -1.0) for cut in cuts])
    right = np.array([-cut.worth / scale for cut in cuts])
    size = len(most)
    bounds = [(0.0, 2.0)] * size + [(0.0, None)]
    found = linprog(np.ones(size + 1), A_ub=rows, b_ub=right, bounds=bounds, method="highs")
    mix = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0)
    return np.asarray(found.x[:size]) * scale / most, float(found.fun) * scale, mix / max(mix.sum(), 1e-12)
