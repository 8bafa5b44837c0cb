"""S-, T-, R-, doubly robust and prognostic learners of the effect on a person, trained together on the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from keepwell.stats.boosted_means import BoostedMeans
from keepwell.stats.ridge_means import RidgeMeans
from keepwell.stats.uplift.doubly_robust import robust_scores
from keepwell.stats.uplift.mean_models import PULL, Base, MeanModel

Floats = npt.NDArray[np.float64]

LEAF_SHARE = 0.02  # of the rows that a leaf of effects must hold: effects are noisier than outcomes
LEAST_LEAF = 50
EFFECT_PULL = 20 * PULL


class Learner(StrEnum):
    """How the effect is learned.

    S: one model of the outcome with treatment as a feature. T: one model per arm. R: residual on residual (Nie &
    Wager 2021, eq. 4). DR: regression of doubly robust scores (Kennedy 2023). S and T as in Künzel et al. 2019.
    P: a straight line in the outcome expected without treatment (endogenous stratification, Abadie, Chingos & West
    2018): two numbers only, for actions that move everybody by a like *percentage*.
    """

    S = "S"
    T = "T"
    R = "R"
    DR = "DR"
    P = "P"


ALL_LEARNERS = tuple(Learner)


@dataclass(frozen=True, eq=False)
class People:
    """Rows to learn from: features (rows, columns), finite; treated 1 or 0, outcome and propensity of shape (rows,)."""

    features: Floats
    treated: Floats
    outcome: Floats
    propensity: Floats

    def at(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> People:
        """Return some of the rows."""
        return People(self.features[rows], self.treated[rows], self.outcome[rows], self.propensity[rows])

    @property
    def is_binary(self) -> bool:
        """Whether every outcome is 0 or 1."""
        return bool(np.isin(self.outcome, (0.0, 1.0)).all())


class EffectLearners:
    """Several learners of ``E[Y(1) − Y(0) | x]`` on the same people; outcome models are shared among them.

    Args:
        base: of every model.
        learners: which.
        seed: of folds and trees.

    >>> rng = np.random.default_rng(3)
    >>> x, t = rng.normal(size=(2000, 1)), rng.integers(0, 2, 2000).astype(float)
    >>> people = People(x, t, t * x[:, 0] + rng.normal(size=2000), np.full(2000, 0.5))
    >>> EffectLearners(Base.RIDGE, ALL_LEARNERS[:4]).fit(people).effects([[1.0]]).round(0).tolist()
    [[1.0, 1.0, 1.0, 1.0]]

    """

    def __init__(self, base: Base = Base.TREES, learners: Sequence[Learner] = ALL_LEARNERS, *, seed: int = 0) -> None:
        self.base = base
        self.learners = tuple(learners)
        self.seed = seed

    def fit(self, people: People) -> EffectLearners:
        """Fit to people of whom some were treated and some were not."""
        is_treated, features = people.treated == 1, people.features
        arms = []
        for arm in (is_treated, ~is_treated):
            model = self._outcome(people).fit(features[arm], people.outcome[arm])
            arms.append((arm, model))
        (_, self._treated), (_, self._control) = arms
        # Each person's two expected outcomes from models that have not seen that person.
        one, zero = (self._honest(arm, model, features) for arm, model in arms)
        if Learner.S in self.learners:
            self._single = self._outcome(people).fit(self._with(features, people.treated), people.outcome)
        if Learner.R in self.learners:
            away = people.treated - people.propensity
            expected = people.propensity * one + (1 - people.propensity) * zero
            self._residual = self._effect(features, (people.outcome - expected) / away, away**2)
        scores = robust_scores(people.outcome, people.treated, people.propensity, one, zero)
        if Learner.DR in self.learners:
            self._robust = self._effect(features, scores, np.ones(len(scores)))
        if Learner.P in self.learners:
            self._prognostic = RidgeMeans(ridge=EFFECT_PULL).fit(zero[:, None], scores)
        return self

    def outcomes(self, matrix: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return expected outcomes if treated and if not, each of shape (rows,), by the models per arm."""
        features = np.asarray(matrix, dtype=np.float64)
        return self._treated.mean(features), self._control.mean(features)

    def effects(self, matrix: npt.ArrayLike) -> Floats:
        """Return the effects of shape (rows, learners)."""
        features = np.asarray(matrix, dtype=np.float64)
        return np.column_stack([self._of(learner, features) for learner in self.learners])

    def _of(self, learner: Learner, features: Floats) -> Floats:
        match learner:
            case Learner.S:
                ones = np.ones(len(features))
                single = self._single
                return single.mean(self._with(features, ones)) - single.mean(self._with(features, 0 * ones))
            case Learner.T:
                one, zero = self.outcomes(features)
                return one - zero
            case Learner.R:
                return self._residual.mean(features)
            case Learner.DR:
                return self._robust.mean(features)
            case Learner.P:
                return self._prognostic.mean(self._control.mean(features)[:, None])

    def _outcome(self, people: People) -> MeanModel:
        return MeanModel(self.base, is_binary=people.is_binary, seed=self.seed)

    def _honest(self, arm: npt.NDArray[np.bool_], model: MeanModel, features: Floats) -> Floats:
        found = np.empty(len(features))
        found[arm] = model.out_of_fold_
        found[~arm] = model.mean(features[~arm])
        return found

    def _with(self, features: Floats, treated: Floats) -> Floats:
        """Return the features with treatment beside; a straight line also gets its products, else all gain alike."""
        if self.base is Base.TREES:
            return np.column_stack([features, treated])
        return np.column_stack([features, treated, features * (treated - 0.5)[:, None]])

    def _effect(self, features: Floats, target: Floats, weights: Floats) -> BoostedMeans | RidgeMeans:
        if self.base is Base.RIDGE:
            return RidgeMeans(ridge=EFFECT_PULL).fit(features, target, weights=weights)
        leaf = max(LEAST_LEAF, int(LEAF_SHARE * len(target)))
        return BoostedMeans(least_in_leaf=leaf, learning_rate=0.04, seed=self.seed).fit(
            features, target, weights=weights
        )
