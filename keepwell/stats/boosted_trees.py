"""Gradient boosting with small trees, as many as other rows' outcomes say are worth having."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from keepwell.stats.folds import folds
from keepwell.stats.ranking import binary
from keepwell.vocabulary.errors import InputError, KeepwellError

Floats = npt.NDArray[np.float64]


def lightgbm() -> ModuleType:
    """Return the boosting library.

    Raises:
        KeepwellError: it cannot be loaded; most often the system's OpenMP library is not installed.

    """
    try:
        # Not at the top of the file: the import takes a second, and on a machine without OpenMP it fails, which may
        # only stop what needs trees.
        import lightgbm as library
    except OSError as error:
        raise KeepwellError(
            "trees.library",
            f"LightGBM cannot be loaded ({error}).",
            advice="Install libgomp1 (Debian: apt install libgomp1), then try again.",
        ) from error
    return library


class BoostedTrees:
    """Probabilities of an event from gradient-boosted trees on the log-loss (Friedman 2001; LightGBM).

    Small trees, no resampling and no class weights, so that the probabilities stay probabilities. The number of trees
    is the one with the least log-loss on rows that were left out.

    Args:
        leaves: of a tree; 4 lets two features work together.
        learning_rate: of a tree's advice, the fraction that is taken.
        least_in_leaf: rows below which a leaf is not made.
        ridge: penalty on a leaf's value.
        feature_share: fraction of the features that a tree may look at, drawn anew for each; never fewer than three.
        most_trees: upper bound of their number.
        fold_count: folds in which rows are left out, at least 2.
        seed: of the folds and of the draws of features.
        threads: processor cores; results are the same for any number.

    After ``fit``: ``trees_`` (their number), ``out_of_fold_`` (log-odds of each row from trees that have not seen it,
    shape (rows,)).

    >>> x = np.arange(400.0)[:, None] % 10
    >>> model = BoostedTrees(most_trees=40).fit(x, x[:, 0] > 6)
    >>> bool(model.probability([[9.0]])[0] > 0.8 and model.probability([[1.0]])[0] < 0.2)
    True

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
        feature_share: float = 0.3,
        most_trees: int = 300,
        fold_count: int = 3,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.leaves = leaves
        self.learning_rate = learning_rate
        self.least_in_leaf = least_in_leaf
        self.ridge = ridge
        self.feature_share = feature_share
        self.most_trees = most_trees
        self.fold_count = fold_count
        self.seed = seed
        self.threads = threads

    def fit(
        self,
        matrix: npt.ArrayLike,
        labels: npt.ArrayLike,
        *,
        categories: Sequence[int] = (),
        groups: npt.ArrayLike | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> Self:
        """Fit.

        Args:
            matrix: shape (rows, features); NaN where a value is missing.
            labels: shape (rows,), 0 or 1, both present.
            categories: places of the columns that hold codes 0, 1, … of categories.
            groups: shape (rows,); rows of one group are left out together.
            weights: shape (rows,), above 0: how much of a case each row is, as a period watched only in part.

        Raises:
            InputError: the shapes differ, or one label only.
            KeepwellError: LightGBM cannot be loaded.

        """
        features = np.asarray(matrix, dtype=np.float64)
        truth, _ = binary(labels, np.zeros(len(features)))
        if truth.min() == truth.max():
            raise InputError("trees.one_class", "All labels are the same.", value=float(truth[0]), advice="Add rows.")
        weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
        place = folds(truth, self.fold_count, seed=self.seed, groups=groups)
        boosters, losses = [], np.zeros(self.most_trees)
        for fold in range(self.fold_count):
            booster, loss = self._left_out(features, truth, weight, place == fold, list(categories))
            boosters.append(booster)
            losses += loss * float(weight[place == fold].sum())
        self.trees_ = int(np.argmin(losses)) + 1
        self.out_of_fold_ = np.empty(len(truth))
        for fold, booster in enumerate(boosters):
            rows = place == fold
            self.out_of_fold_[rows] = booster.predict(
                features[rows], raw_score=True, num_iteration=self.trees_, num_threads=self.threads
            )
        self._booster = lightgbm().train(
            self._settings(features.shape[1]),
            self._rows(features, truth, weight, list(categories)),
            num_boost_round=self.trees_,
        )
        return self

    def log_odds(self, matrix: npt.ArrayLike) -> Floats:
        """Return the log-odds of shape (rows,) for a matrix of shape (rows, features)."""
        return self._predicted(matrix, raw_score=True)

    def probability(self, matrix: npt.ArrayLike) -> Floats:
        """Return the probabilities of shape (rows,)."""
        return np.asarray(expit(self.log_odds(matrix)), dtype=np.float64)

    def contributions(self, matrix: npt.ArrayLike) -> Floats:
        """Return what each feature adds to the log-odds, shape (rows, features + 1); the last is the mean of all.

        Shapley values of the trees (Lundberg et al. 2020, algorithm 2); a row's sum is its log-odds.
        """
        return self._predicted(matrix, pred_contrib=True)

    def _predicted(self, matrix: npt.ArrayLike, **kind: bool) -> Floats:
        if not hasattr(self, "trees_"):
            raise InputError("model.not_fitted", "BoostedTrees has not been fitted.", advice="Call fit(…) first.")
        features = np.asarray(matrix, dtype=np.float64)
        return np.asarray(self._booster.predict(features, num_threads=self.threads, **kind), dtype=np.float64)

    def _left_out(
        self, features: Floats, truth: Floats, weight: Floats, out: npt.NDArray[np.bool_], categories: list[int]
    ) -> tuple[Any, Floats]:
        """Return trees grown without some rows, and their log-loss on these after each tree."""
        library = lightgbm()
        history: dict[str, dict[str, list[float]]] = {}
        kept = self._rows(features[~out], truth[~out], weight[~out], categories)
        held = library.Dataset(features[out], truth[out], weight=weight[out], reference=kept)
        booster = library.train(
            self._settings(features.shape[1]),
            kept,
            num_boost_round=self.most_trees,
            valid_sets=[held],
            valid_names=["held"],
            callbacks=[library.record_evaluation(history)],
        )
        return booster, np.asarray(history["held"]["binary_logloss"], dtype=np.float64)

    def _rows(self, features: Floats, truth: Floats, weight: Floats, categories: list[int]) -> Any:
        return lightgbm().Dataset(
            features, truth, weight=weight, categorical_feature=categories, params={"verbose": -1}
        )

    def _settings(self, features: int) -> dict[str, Any]:
        return {
            "objective": "binary",
            "metric": "binary_logloss",
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.least_in_leaf,
            "lambda_l2": self.ridge,
            "feature_fraction": min(1.0, max(self.feature_share, 3 / features)),
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,  # LightGBM else times both ways and may take the other one the next day
            "seed": self.seed,
            "verbose": -1,
        }
