"""Logistic regression with a little ridge: the honest yardstick for anything cleverer."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from keepwell.stats.ranking import binary
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

ITERATIONS = 100
CLOSE = 1e-9  # change of the penalised deviance per row at which it stops


class RidgeLogistic:
    """Maximum penalised likelihood by Newton's method (iteratively reweighted least squares; Cox 1958).

    Columns are put on one scale first, so that the penalty weighs all alike; a constant column gets coefficient 0. The
    intercept is not penalised.

    Args:
        ridge: weight of ½ Σ b² over the standardised coefficients, above 0 (1 is a standard normal prior).

    After ``fit``: ``intercept_`` and ``coefficients_`` (shape (columns,)), both on the columns' own scale.

    >>> model = RidgeLogistic(ridge=0.01).fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    >>> model.probability([[1.5]]).round(2).tolist()
    [0.5]

    """

    intercept_: float
    coefficients_: Floats

    def __init__(self, ridge: float = 1.0) -> None:
        self.ridge = ridge

    def fit(self, matrix: npt.ArrayLike, labels: npt.ArrayLike) -> Self:
        """Fit to a matrix of shape (rows, columns) and labels of shape (rows,), 0 or 1.

        Raises:
            InputError: the ridge is not above 0, a cell is not finite, or the shapes differ.

        """
        columns = np.asarray(matrix, dtype=np.float64)
        truth, _ = binary(labels, np.zeros(len(columns)))
        if self.ridge <= 0 or columns.ndim != 2 or not np.isfinite(columns).all():
            raise InputError(
                "logistic.input",
                "Logistic regression needs a finite matrix and a ridge above 0.",
                value=self.ridge,
                advice="Fill missing cells first.",
            )
        centre, spread = columns.mean(axis=0), columns.std(axis=0)
        spread = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(centre)), spread, np.inf)
        scaled = np.column_stack([np.ones(len(columns)), (columns - centre) / spread])
        weights = self._newton(scaled, truth)
        self.coefficients_ = weights[1:] / spread
        self.intercept_ = float(weights[0] - self.coefficients_ @ centre)
        return self

    def _newton(self, scaled: Floats, truth: Floats) -> Floats:
        penalty = np.full(scaled.shape[1], self.ridge)
        penalty[0] = 1e-8  # keeps the intercept finite where all labels are the same
        weights = np.zeros(scaled.shape[1])

        def loss(at: Floats) -> float:
            line = scaled @ at
            return float(np.sum(np.logaddexp(0.0, line) - truth * line) + penalty @ at**2 / 2)

        now = loss(weights)
        for _ in range(ITERATIONS):
            chance = expit(scaled @ weights)
            gradient = scaled.T @ (chance - truth) + penalty * weights
            information = (scaled * (chance * (1 - chance))[:, None]).T @ scaled + np.diag(penalty)
            step = np.linalg.solve(information, gradient)
            size = 1.0
            while loss(weights - size * step) > now and size > 1e-6:
                size /= 2
            weights = weights - size * step
            before, now = now, loss(weights)
            if before - now < CLOSE * len(truth):
                break
        return np.asarray(weights, dtype=np.float64)

    def log_odds(self, matrix: npt.ArrayLike) -> Floats:
        """Return the log-odds of shape (rows,) for a matrix of shape (rows, columns)."""
        return np.asarray(self.intercept_ + np.asarray(matrix, dtype=np.float64) @ self.coefficients_, dtype=np.float64)

    def probability(self, matrix: npt.ArrayLike) -> Floats:
        """Return the probabilities of shape (rows,)."""
        return np.asarray(expit(self.log_odds(matrix)), dtype=np.float64)
