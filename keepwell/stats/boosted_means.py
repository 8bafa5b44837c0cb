"""Conditional means from gradient boosting with small trees, as many as other rows say are worth having."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.boosted_trees import lightgbm
from keepwell.stats.folds import folds
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


class BoostedMeans:
    """Means of a number given features, by boosted trees on the squared error (Friedman 2001; LightGBM).

    The number of trees is the one with the least squared error on rows left out, and may be none: then every mean is
    the mean of all, as befits an outcome that the features do not tell.

    Args:
        leaves: of a tree.
        learning_rate: of a tree's advice, the fraction that is taken.
        least_in_leaf: rows below which a leaf is not made.
        ridge: penalty on a leaf's value.
        most_trees: upper bound of their number.
        fold_count: folds in which rows are left out, at least 2.
        seed: of the folds and the trees.
        threads: processor cores; results are the same for any number.

    After ``fit``: ``trees_`` (their number), ``out_of_fold_`` (mean of each row from trees that have not seen it).

    >>> x = np.arange(600.0)[:, None] % 10
    >>> model = BoostedMeans().fit(x, 5 * (x[:, 0] > 6))
    >>> (model.mean([[9.0], [1.0]]).round(1) + 0).tolist()
    [5.0, 0.0]

    """

    trees_: int
    out_of_fold_: Floats

    def __init__(
        self,
        *,
        leaves: int = 4,
        learning_rate: float = 0.06,
        least_in_leaf: int = 30,
        ridge: float = 5.0,
        most_trees: int = 150,
        fold_count: int = 3,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.least_in_leaf = least_in_leaf
        self.ridge = ridge
        self.most_trees = most_trees
        self.fold_count = fold_count
        self.seed = seed
        self.threads = threads

    def fit(self, matrix: npt.ArrayLike, outcome: npt.ArrayLike, *, weights: npt.ArrayLike | None = None) -> Self:
        """Fit to a matrix of shape (rows, features) and outcomes of shape (rows,), finite; weights are above 0.

        Raises:
            InputError: the shapes differ, an outcome is not finite, or there are fewer rows than folds.
            KeepwellError: LightGBM cannot be loaded.

        """
        features, truth = np.asarray(matrix, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
        if features.ndim != 2 or truth.shape != features.shape[:1] or not np.isfinite(truth).all():
            raise InputError(
                "means.input",
                f"A matrix of shape {features.shape} and outcomes of shape {truth.shape} do not fit together.",
                value=truth.shape,
                advice="Hand in one finite outcome a row.",
            )
        weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        place = folds(truth > np.average(truth, weights=weight), self.fold_count, seed=self.seed)
        grown = [self._left_out(features, truth, weight, place == fold) for fold in range(self.fold_count)]
        # The first of the losses is that of no tree at all.
        losses = np.sum([loss for _, _, loss in grown], axis=0)
        self.trees_ = int(np.argmin(losses))
        self.out_of_fold_ = np.empty(len(truth))
        for fold, (booster, centre, _) in enumerate(grown):
            self.out_of_fold_[place == fold] = self._of(booster, centre, features[place == fold])
        self._centre = float(np.average(truth, weights=weight))
        self._booster = self._train(features, truth - self._centre, weight, max(1, self.trees_))
        return self

    def mean(self, matrix: npt.ArrayLike) -> Floats:
        """Return the means of shape (rows,)."""
        if not hasattr(self, "trees_"):
            raise InputError("model.not_fitted", "BoostedMeans has not been fitted.", advice="Call fit(…) first.")
        return self._of(self._booster, self._centre, np.asarray(matrix, dtype=np.float64))

    def _of(self, booster: Any, centre: float, features: Floats) -> Floats:
        if not self.trees_ or not len(features):
            return np.full(len(features), centre)
        found = booster.predict(features, num_iteration=self.trees_, num_threads=self.threads)
        return centre + np.asarray(found, dtype=np.float64)

    def _left_out(self, features: Floats, truth: Floats, weight: Floats, out: Flags) -> tuple[Any, float, Floats]:
        """Return trees grown without some rows, the mean they start from, and the loss on these after 0, 1, … trees."""
        centre = float(np.average(truth[~out], weights=weight[~out]))
        history: dict[str, dict[str, list[float]]] = {}
        library = lightgbm()
        kept = self._rows(features[~out], truth[~out] - centre, weight[~out])
        held = library.Dataset(features[out], truth[out] - centre, weight=weight[out], reference=kept)
        booster = library.train(
            self._settings(),
            kept,
            num_boost_round=self.most_trees,
            valid_sets=[held],
            valid_names=["held"],
            callbacks=[library.record_evaluation(history)],
        )
        total = float(weight[out].sum())
        none = float(np.average((truth[out] - centre) ** 2, weights=weight[out]))
        return booster, centre, total * np.array([none, *history["held"]["l2"]])

    def _train(self, features: Floats, truth: Floats, weight: Floats, trees: int) -> Any:
        return lightgbm().train(self._settings(), self._rows(features, truth, weight), num_boost_round=trees)

    def _rows(self, features: Floats, truth: Floats, weight: Floats) -> Any:
        return lightgbm().Dataset(features, truth, weight=weight, params={"verbose": -1})

    def _settings(self) -> dict[str, Any]:
        return {
            "objective": "regression",
            "metric": "l2",
            "boost_from_average": False,  # the mean is taken off before, so that no tree at all is a choice
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.least_in_leaf,
            "lambda_l2": self.ridge,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "seed": self.seed,
            "verbose": -1,
        }
