"""How well a risk ranks who leaves first, where not everybody has left yet."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def concordance(duration: npt.ArrayLike, left: npt.ArrayLike, risk: npt.ArrayLike) -> Estimate | NotAvailable:
    """Return Harrell's C: of two customers, how often the one who left first had the higher risk (ties count half).

    Pairs count where it is known who left first: one left, and the other was still there then (Harrell, Lee & Mark
    1996, section 5.5); who was last seen at the moment of leaving counts as still there. The 95 % interval is normal
    with the infinitesimal jackknife (Therneau & Atkinson 2024, "Concordance", section 2.3). O(n log n).

    Args:
        duration: shape (rows,), time until leaving or until last seen, at least 0.
        left: shape (rows,), true where the customer left at ``duration``.
        risk: shape (rows,), higher where leaving is expected sooner.

    Raises:
        InputError: the shapes differ, or a value is not finite.

    >>> concordance([1, 2, 3], [True, True, False], [3.0, 2.0, 1.0]).value
    1.0

    """
    times, events = np.asarray(duration, dtype=np.float64), np.asarray(left, dtype=np.bool_)
    score = np.asarray(risk, dtype=np.float64)
    if not (times.shape == events.shape == score.shape and times.ndim == 1):
        raise InputError("concordance.shape", "Durations, ends and risks must be of one length.", value=times.shape)
    if not (np.isfinite(times).all() and np.isfinite(score).all()):
        raise InputError("concordance.finite", "A duration or a risk is not a number.", advice="Leave its row out.")
    _, ranks = np.unique(score, return_inverse=True)
    order = np.lexsort((~events, times))  # of one moment, those who left first
    won, pairs = _pairs(times[order], events[order], ranks[order].astype(np.int64))
    total = float(pairs.sum())
    if not total:
        return NotAvailable("nobody left while somebody else was still there")
    value = float(won.sum()) / total
    spread = float(np.sqrt((((won - value * pairs) * 2 / total) ** 2).sum()))
    return Estimate(value, max(0.0, value - Z_95 * spread), min(1.0, value + Z_95 * spread))


def _pairs(times: Floats, events: npt.NDArray[np.bool_], ranks: Ints) -> tuple[Floats, Floats]:
    """Return for each row the pairs it won or helped to win (half for ties), and all pairs it is in."""
    won, pairs = _count(times, events, ranks)
    return np.asarray(won), np.asarray(pairs)


@njit(cache=True)
def _count(times, events, ranks):  # type: ignore[no-untyped-def]
    won, pairs = np.zeros(len(times)), np.zeros(len(times))
    _as_who_left(times, events, ranks, won, pairs)
    _as_who_stayed(times, events, ranks, won, pairs)
    return won, pairs


@njit(cache=True)
def _as_who_left(times, events, ranks, won, pairs):  # type: ignore[no-untyped-def]
    # against all still there, from the last moment back
    tree = np.zeros(ranks.max() + 2)
    inside = 0.0
    end = len(times)
    while end > 0:
        start = end - 1
        while start > 0 and times[start - 1] == times[end - 1]:
            start -= 1
        for row in range(start, end):
            if not events[row]:
                _add(tree, ranks[row])
                inside += 1
        for row in range(start, end):
            if events[row]:
                below = _up_to(tree, ranks[row] - 1)
                same = _up_to(tree, ranks[row]) - below
                won[row] += below + 0.5 * same
                pairs[row] += inside
        for row in range(start, end):
            if events[row]:
                _add(tree, ranks[row])
                inside += 1
        end = start


@njit(cache=True)
def _as_who_stayed(times, events, ranks, won, pairs):  # type: ignore[no-untyped-def]
    # against all who had left, from the first moment on
    n = len(times)
    tree = np.zeros(ranks.max() + 2)
    inside = 0.0
    start = 0
    while start < n:
        end = start + 1
        while end < n and times[end] == times[start]:
            end += 1
        for row in range(start, end):
            if events[row]:
                _still(tree, ranks, won, pairs, row, inside)
        for row in range(start, end):
            if events[row]:
                _add(tree, ranks[row])
                inside += 1
        for row in range(start, end):
            if not events[row]:
                _still(tree, ranks, won, pairs, row, inside)
        start = end


@njit(cache=True)
def _still(tree, ranks, won, pairs, row, inside):  # type: ignore[no-untyped-def]
    upto = _up_to(tree, ranks[row])
    same = upto - _up_to(tree, ranks[row] - 1)
    won[row] += inside - upto + 0.5 * same
    pairs[row] += inside


@njit(cache=True)
def _add(tree, rank):  # type: ignore[no-untyped-def]
    place = rank + 1
    while place < len(tree):
        tree[place] += 1
        place += place & -place


@njit(cache=True)
def _up_to(tree, rank):  # type: ignore[no-untyped-def]
    total = 0.0
    place = rank + 1
    while place > 0:
        total += tree[place]
        place -= place & -place
    return total
