"""From prices to whole people: split the indifferent, drop what does not fit, fill what is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
from numba import njit

from keepwell.decide.margin_curve import Floats
from keepwell.decide.prices import Prices, Resources, choose

Levers = npt.NDArray[np.int64]
MOST_LOOKED_AT = 50_000


def mixed(worth: Floats, cost: Floats, resources: Resources, prices: Prices, rng: np.random.Generator) -> Levers:
    """Return an assignment in which each person follows one of the mixed prices, drawn by its weight.

    Those whose choice is the same at all of them (nearly everyone) get it for sure; the rest meet the limits on
    average, which is how people who are exactly alike come to be treated in part.
    """
    lot = rng.random(len(worth))
    lever, below = np.full(len(worth), -1, dtype=np.int64), 0.0
    for weight, trial in prices.mix:
        is_mine = (lot >= below) & (lot < below + weight)
        below += weight
        lever[is_mine] = choose(worth[is_mine], cost[is_mine], trial, resources).lever
    return lever


def trim(lever: Levers, worth: Floats, cost: Floats, resources: Resources, prices: Floats) -> Levers:
    """Return the assignment without the people who bring least at the prices, until every limit is kept."""
    treated = np.flatnonzero(lever >= 0)
    left = _reduced(worth, cost, resources, prices, treated, lever[treated])
    ranked = treated[np.argsort(left, kind="stable")]
    found = lever.copy()
    kernel = cast(Callable[..., None], _trim)
    kernel(found, ranked, cost, resources.units, resources.most, _used(lever, cost, resources))
    return found


def fill_up(lever: Levers, worth: Floats, cost: Floats, resources: Resources, prices: Floats) -> Levers:
    """Return the assignment with what is left of the limits given to the next best people, or to better levers."""
    used = _used(lever, cost, resources)
    charge = prices[1:] @ resources.units[1:] if len(prices) > 1 else np.zeros(worth.shape[1])
    reduced = worth - prices[0] * cost - charge
    now = np.where(lever >= 0, np.take_along_axis(reduced, np.maximum(lever, 0)[:, None], axis=1)[:, 0], 0.0)
    plain = np.where(lever >= 0, np.take_along_axis(worth, np.maximum(lever, 0)[:, None], axis=1)[:, 0], 0.0)
    # A change is worth a look where it gains in itself; the least loss at the prices comes first.
    loss = np.where(worth > plain[:, None] + 1e-12, now[:, None] - reduced, np.inf).ravel()
    count = min(MOST_LOOKED_AT, int(np.isfinite(loss).sum()))
    if not count:
        return lever
    nearest = np.argpartition(loss, count - 1)[:count] if count < loss.size else np.arange(loss.size)
    nearest = nearest[np.argsort(loss[nearest], kind="stable")][:count]
    found = lever.copy()
    kernel = cast(Callable[..., None], _fill)
    kernel(found, nearest, worth, cost, resources.units, resources.most, used)
    return found


def _used(lever: Levers, cost: Floats, resources: Resources) -> Floats:
    treated = np.flatnonzero(lever >= 0)
    counts = np.bincount(lever[treated], minlength=cost.shape[1]).astype(np.float64)
    used = resources.units @ counts
    used[0] = float(cost[treated, lever[treated]].sum())
    return np.asarray(used, dtype=np.float64)


def _reduced(
    worth: Floats, cost: Floats, resources: Resources, prices: Floats, people: Levers, lever: Levers
) -> Floats:
    charge = prices[1:] @ resources.units[1:] if len(prices) > 1 else np.zeros(worth.shape[1])
    return np.asarray(worth[people, lever] - prices[0] * cost[people, lever] - charge[lever], dtype=np.float64)


@njit(cache=True)
def _trim(lever: Levers, ranked: Levers, cost: Floats, units: Floats, most: Floats, used: Floats) -> None:
    for person in ranked:
        is_over, helps = False, False
        for row in range(most.size):
            if used[row] > most[row] * (1 + 1e-12):
                is_over = True
                if row == 0 or units[row, lever[person]] > 0:
                    helps = True
        if not is_over:
            return
        if helps:
            index = lever[person]
            used[0] -= cost[person, index]
            for row in range(1, most.size):
                used[row] -= units[row, index]
            lever[person] = -1


@njit(cache=True)
def _fill(
    lever: Levers, nearest: Levers, worth: Floats, cost: Floats, units: Floats, most: Floats, used: Floats
) -> None:
    levers = worth.shape[1]
    for place in nearest:
        person, index = place // levers, place % levers
        now = lever[person]
        before = 0.0 if now < 0 else worth[person, now]
        if worth[person, index] <= before:
            continue
        fits = used[0] + cost[person, index] - (0.0 if now < 0 else cost[person, now]) <= most[0]
        for row in range(1, most.size):
            more = units[row, index] - (0.0 if now < 0 else units[row, now])
            if more > 0 and used[row] + more > most[row]:
                fits = False
        if fits:
            used[0] += cost[person, index] - (0.0 if now < 0 else cost[person, now])
            for row in range(1, most.size):
                used[row] += units[row, index] - (0.0 if now < 0 else units[row, now])
            lever[person] = index
