"""Customers who move between a business and its competitors: a Markov chain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepwell.vocabulary.errors import InputError


def shares_over_time(
    switching: Sequence[Sequence[float]], steps: int, start: Sequence[float] | None = None
) -> list[list[float]]:
    """Return the probability of buying from each business at every later purchase.

    Args:
        switching: square matrix; row i holds the probabilities of buying next from each business after i, sum 1.
        steps: number of purchases to look ahead, at least 0.
        start: probabilities now; the first business for certain unless given.

    Returns:
        ``steps`` rows with one probability per business (Rust, Lemon & Zeithaml 2004, eq. 1 and table 2).

    Raises:
        InputError: the matrix is not square, or a row is not a distribution.

    >>> [round(row[0], 6) for row in shares_over_time([[0.75, 0.25], [0.2, 0.8]], steps=3)]
    [0.75, 0.6125, 0.536875]

    """
    matrix = np.asarray(switching, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise _bad("The switching matrix must be square.", matrix.shape)
    if (matrix < 0).any() or not np.allclose(matrix.sum(axis=1), 1):
        raise _bad("Every row of the switching matrix must hold probabilities that sum to 1.", matrix.tolist())
    if steps < 0:
        raise _bad("The number of steps cannot be below 0.", steps)
    now = np.eye(len(matrix))[0] if start is None else np.asarray(start, dtype=float)
    if now.shape != (len(matrix),) or (now < 0).any() or not np.isclose(now.sum(), 1):
        raise _bad("The start must hold one probability per business, summing to 1.", now.tolist())
    path = []
    for _ in range(steps):
        now = now @ matrix
        path.append([float(share) for share in now])
    return path


def _bad(message: str, value: object) -> InputError:
    return InputError("switching.matrix", message, value=value, advice="Check the stated probabilities.")
