"""The mean of an outcome given who somebody is: the base learner that every uplift learner is built of."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.boosted_means import BoostedMeans
from keepwell.stats.boosted_trees import BoostedTrees
from keepwell.stats.folds import folds
from keepwell.stats.logistic import RidgeLogistic
from keepwell.stats.ridge_means import RidgeMeans

Floats = npt.NDArray[np.float64]

FOLDS = 3
TREES = 150
FEWEST_EVENTS = 2 * FOLDS  # outcomes other than the commonest one; below, everybody has the mean of all
PULL = 10.0  # of the ridge, in rows


class Base(StrEnum):
    """What the means are made of: boosted small trees, or a straight line (in log-odds for a yes or no)."""

    TREES = "trees"
    RIDGE = "ridge"


class MeanModel:
    """Mean of a yes or no, or of a number, given features; each row's own also from models that have not seen it.

    Args:
        base: of which kind.
        is_binary: whether outcomes are 0 or 1; means then stay between.
        seed: of the folds and the trees.

    After ``fit``: ``out_of_fold_``, shape (rows,).

    >>> x = np.arange(600.0)[:, None] % 10
    >>> MeanModel(Base.RIDGE, is_binary=False).fit(x, 2 * x[:, 0]).mean([[5.0]]).round(1).tolist()
    [10.0]

    """

    out_of_fold_: Floats

    def __init__(self, base: Base, *, is_binary: bool, seed: int = 0) -> None:
        self.base = base
        self.is_binary = is_binary
        self.seed = seed

    def fit(self, matrix: npt.ArrayLike, outcome: npt.ArrayLike) -> Self:
        """Fit to a matrix of shape (rows, features), finite, and outcomes of shape (rows,)."""
        features, truth = np.asarray(matrix, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
        events = len(truth) - int(np.unique(truth, return_counts=True)[1].max())
        self._constant = float(truth.mean())
        self._model: BoostedTrees | BoostedMeans | RidgeLogistic | RidgeMeans | None = None
        if events < FEWEST_EVENTS or not features.shape[1]:
            total, size = truth.sum(), len(truth)
            self.out_of_fold_ = (total - truth) / max(1, size - 1)
        elif self.base is Base.TREES:
            self._fit_trees(features, truth)
        else:
            self._fit_ridge(features, truth)
        return self

    def mean(self, matrix: npt.ArrayLike) -> Floats:
        """Return the means of shape (rows,) for a matrix of shape (rows, features)."""
        features = np.asarray(matrix, dtype=np.float64)
        if self._model is None:
            return np.full(len(features), self._constant)
        return _mean(self._model, features)

    def _fit_trees(self, features: Floats, truth: Floats) -> None:
        # Every tree may look at every feature: whether somebody was treated is one of them in the S-learner.
        if self.is_binary:
            trees = BoostedTrees(feature_share=1.0, most_trees=TREES, fold_count=FOLDS, seed=self.seed)
            trees.fit(features, truth)
            self.out_of_fold_ = np.asarray(1 / (1 + np.exp(-trees.out_of_fold_)), dtype=np.float64)
            self._model = trees
            return
        means = BoostedMeans(most_trees=TREES, fold_count=FOLDS, seed=self.seed).fit(features, truth)
        self.out_of_fold_, self._model = means.out_of_fold_, means

    def _fit_ridge(self, features: Floats, truth: Floats) -> None:
        # Also for a straight line on many rows: what it knows of a row itself would bias effects told by the outcome
        # expected without treatment (Abadie, Chingos & West 2018).
        place = folds(truth > truth.mean(), FOLDS, seed=self.seed)
        self.out_of_fold_ = np.empty(len(truth))
        for fold in range(FOLDS):
            out = place == fold
            self.out_of_fold_[out] = _mean(self._line().fit(features[~out], truth[~out]), features[out])
        self._model = self._line().fit(features, truth)

    def _line(self) -> RidgeLogistic | RidgeMeans:
        return RidgeLogistic(ridge=PULL / 4) if self.is_binary else RidgeMeans(ridge=PULL)


def _mean(model: BoostedTrees | BoostedMeans | RidgeLogistic | RidgeMeans, features: Floats) -> Floats:
    if isinstance(model, BoostedTrees | RidgeLogistic):
        return model.probability(features)
    return model.mean(features)
