"""Rows into folds, so that no row is judged by a model that has seen it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError

Ints = npt.NDArray[np.int64]


def folds(labels: npt.ArrayLike, count: int = 5, *, seed: int, groups: npt.ArrayLike | None = None) -> Ints:
    """Return the fold of each row, 0 to count − 1: at random, with the same share of events in each.

    Args:
        labels: shape (rows,), 0 or 1.
        count: number of folds, at least 2 and no more than there are groups.
        seed: of the shuffle.
        groups: shape (rows,); rows of one group (a customer in several snapshots) stay together.

    Raises:
        InputError: fewer groups than folds.

    >>> found = folds([1, 1, 0, 0], 2, seed=1)
    >>> sorted(found[:2].tolist()), sorted(found[2:].tolist())
    ([0, 1], [0, 1])

    """
    truth = np.asarray(labels, dtype=np.float64)
    ids = np.arange(len(truth)) if groups is None else np.asarray(groups)
    _, member = np.unique(ids, return_inverse=True)
    size = int(member.max()) + 1 if len(member) else 0
    if not 2 <= count <= size:
        raise InputError(
            "folds.count",
            f"{size} rows or customers cannot be put into {count} folds.",
            value=count,
            advice="Use at least 2 folds, and no more than there are customers.",
        )
    event = np.zeros(size, dtype=bool)
    np.logical_or.at(event, member, truth > 0)
    random, place = np.random.default_rng(seed), np.empty(size, dtype=np.int64)
    start = 0
    for kind in (True, False):
        rows = random.permutation(np.flatnonzero(event == kind))
        place[rows] = (start + np.arange(len(rows))) % count
        start += len(rows)
    return place[member]
