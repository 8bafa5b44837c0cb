"""Linear regression with a little ridge: the yardstick for conditional means of a number."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]


class RidgeMeans:
    """Weighted least squares with a penalty on the coefficients of standardised columns (Hoerl & Kennard 1970).

    A constant column gets coefficient 0; the intercept is not penalised.

    Args:
        ridge: weight of Σ b² next to the sum of squares, the weights scaled to a mean of 1; above 0. Its pull is that
            of so many rows.

    After ``fit``: ``intercept_``, ``coefficients_`` (shape (columns,)), on the columns' own scale.

    >>> model = RidgeMeans(ridge=1e-6).fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    >>> model.mean([[3.0]]).round(3).tolist()
    [7.0]

    """

    intercept_: float
    coefficients_: Floats

    def __init__(self, ridge: float = 10.0) -> None:
        self.ridge = ridge

    def fit(self, matrix: npt.ArrayLike, outcome: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Self:
        """Fit to a matrix of shape (rows, columns) and outcomes of shape (rows,); weights are above 0.

        Raises:
            InputError: the ridge is not above 0, a cell is not finite, or the shapes differ.

        """
        columns, truth = np.asarray(matrix, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
        is_usable = columns.ndim == 2 and truth.shape == columns.shape[:1] and len(truth) > 0
        if self.ridge <= 0 or not is_usable or not (np.isfinite(columns).all() and np.isfinite(truth).all()):
            raise InputError(
                "ridge.input",
                "Ridge regression needs a finite matrix, one outcome a row, and a ridge above 0.",
                value=self.ridge,
                advice="Fill missing cells first.",
            )
        weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        weight = weight / weight.mean()
        centre = np.average(columns, axis=0, weights=weight)
        spread = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=weight))
        spread = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(centre)), spread, np.inf)
        scaled = (columns - centre) / spread
        middle = float(np.average(truth, weights=weight))
        squares = (scaled * weight[:, None]).T @ scaled + self.ridge * np.eye(scaled.shape[1])
        self.coefficients_ = np.linalg.solve(squares, scaled.T @ (weight * (truth - middle))) / spread
        self.intercept_ = middle - float(self.coefficients_ @ centre)
        return self

    def mean(self, matrix: npt.ArrayLike) -> Floats:
        """Return the means of shape (rows,)."""
        return np.asarray(self.intercept_ + np.asarray(matrix, dtype=np.float64) @ self.coefficients_, dtype=np.float64)
