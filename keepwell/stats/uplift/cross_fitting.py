"""The effect on each person, from models that have not seen that person, drawn towards the effect on average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.folds import folds
from keepwell.stats.uplift.doubly_robust import average_effect, robust_scores
from keepwell.stats.uplift.learners import ALL_LEARNERS, EffectLearners, Learner, People
from keepwell.stats.uplift.mean_models import Base
from keepwell.stats.uplift.targetability import Slope, calibration_slope, sequential_test, trusted_share
from keepwell.vocabulary.estimate import Z_95, Estimate

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FOLDS = 5


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """What an experiment says of the effect on average and on each person.

    Args:
        average: the doubly robust average effect, 95 %.
        fold: of each person, shape (rows,).
        scores: doubly robust scores, shape (rows,).
        foretold: combined forecast of each person's distance from the average, before shrinking, shape (rows,), by
            models that have not seen the person.
        slope: of the scores on that forecast.
        trusted: share of a foretold distance that is believed, at least 0.
        chance: one-sided chance of forecasts this good if nobody differed (`sequential_test`).
        learners: which were combined, with their weights.
        is_alike: whether everybody is given the average.

    """

    average: Estimate
    fold: Ints
    scores: Floats
    foretold: Floats
    slope: Slope
    trusted: float
    chance: float
    learners: tuple[tuple[Learner, float], ...]
    is_alike: bool
    _models: tuple[EffectLearners, ...]
    _centre: Floats
    _untreated: float

    @property
    def average_error(self) -> float:
        """Standard error of the average."""
        return (self.average.value - (self.average.low or 0.0)) / Z_95

    @property
    def out_of_fold(self) -> Floats:
        """Effect on each person of the experiment as models that have not seen the person give it, shape (rows,)."""
        if self.is_alike:
            return np.full(len(self.scores), self.average.value)
        return self.average.value + self.trusted * self.foretold

    def untreated(self, matrix: npt.ArrayLike) -> Floats:
        """Return the outcome expected of other people if left alone, shape (rows,)."""
        features = np.asarray(matrix, dtype=np.float64)
        if not self._models:
            return np.full(len(features), self._untreated)
        return np.asarray(np.mean([model.outcomes(features)[1] for model in self._models], axis=0), dtype=np.float64)

    def effect(self, matrix: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return the effect on each of other people, and its standard error, each of shape (rows,).

        ``u = average + trusted × distance``. The error's square adds that of the average, that of the slope times the
        squared distance, and the models' own by the delete-a-group jackknife over folds (Kott 2001). Differences that
        no feature tells are not in it. Where everybody is given the average it is the average's.

        Args:
            matrix: shape (rows, features), as fitted.

        """
        features = np.asarray(matrix, dtype=np.float64)
        error = np.full(len(features), self.average_error)
        if self.is_alike:
            return np.full(len(features), self.average.value), error
        weights = np.array([weight for _, weight in self.learners])
        apart = np.array([(model.effects(features) - self._centre) @ weights for model in self._models])
        distance, count = apart.mean(axis=0), len(apart)
        jackknife = (count - 1) / count * ((apart - distance) ** 2).sum(axis=0)
        square = error**2 + (self.slope.error * distance) ** 2 + self.trusted**2 * jackknife
        return self.average.value + self.trusted * distance, np.asarray(np.sqrt(square), dtype=np.float64)


def cross_fit(
    people: People,
    *,
    base: Base = Base.TREES,
    learners: Sequence[Learner] = ALL_LEARNERS,
    level: float = 0.05,
    seed: int = 0,
) -> CrossFitted:
    """Return the cross-fitted effects of an experiment.

    Five folds; each person's scores and forecasts come from models of the other four (Chernozhukov et al. 2018,
    definition 3.1). Learners are combined by the squares of their t values and scaled by their slopes; the chance is
    from forecasts of each fold by models, and by weights, of earlier folds only.

    Args:
        people: of an experiment, at least 50 of each arm.
        base: of every model.
        learners: which.
        level: where the chance lies above, everybody is given the average; 1 to always tell people apart as far as
            shrinking leaves it.
        seed: of folds and trees.

    """
    place = folds(people.treated, FOLDS, seed=seed)
    models: list[EffectLearners] = []
    scores, raw = np.empty(len(place)), np.empty((len(place), len(learners)))
    for fold in range(FOLDS):
        out = place == fold
        models.append(EffectLearners(base, learners, seed=seed).fit(people.at(~out)))
        scores[out], raw[out] = _judge(models[-1], people.at(out))
    weights = _weights([calibration_slope(scores, column, place) for column in raw.T])
    centred = raw - _means(raw, place)
    foretold = centred @ weights
    slope = calibration_slope(scores, foretold, place)
    chance = _chance(people, place, base, learners, seed, models[-1])
    return CrossFitted(
        average=average_effect(scores),
        fold=place,
        scores=scores,
        foretold=foretold,
        slope=slope,
        trusted=trusted_share(slope),
        chance=chance,
        learners=tuple(zip(learners, weights.tolist(), strict=True)),
        is_alike=chance > level or trusted_share(slope) == 0,
        _models=tuple(models),
        _centre=raw.mean(axis=0),
        _untreated=float(people.outcome[people.treated == 0].mean()),
    )


def only_average(people: People, *, seed: int = 0) -> CrossFitted:
    """Return the average effect alone, for experiments too small to tell people apart; nobody's features count."""
    shares = people.propensity
    is_treated = people.treated == 1
    one = np.full(len(shares), people.outcome[is_treated].mean())
    zero = np.full(len(shares), people.outcome[~is_treated].mean())
    scores = robust_scores(people.outcome, people.treated, shares, one, zero)
    return CrossFitted(
        average=average_effect(scores),
        fold=folds(people.treated, FOLDS, seed=seed),
        scores=scores,
        foretold=np.zeros(len(scores)),
        slope=Slope(0.0, 0.0),
        trusted=0.0,
        chance=1.0,
        learners=(),
        is_alike=True,
        _models=(),
        _centre=np.empty(0),
        _untreated=float(zero[0]),
    )


def _judge(model: EffectLearners, people: People) -> tuple[Floats, Floats]:
    """Return doubly robust scores and forecasts of people whom the model has not seen."""
    one, zero = model.outcomes(people.features)
    scores = robust_scores(people.outcome, people.treated, people.propensity, one, zero)
    return scores, model.effects(people.features)


def _weights(slopes: Sequence[Slope]) -> Floats:
    """Return a weight per learner: by the square of a t value above 0, times the slope; alike where none is."""
    strength = np.array([max(0.0, slope.t) ** 2 for slope in slopes])
    if not strength.sum():
        return np.full(len(slopes), 1 / len(slopes))
    return np.asarray(strength / strength.sum() * np.array([slope.value for slope in slopes]), dtype=np.float64)


def _means(raw: Floats, place: Ints) -> Floats:
    return np.array([raw[place == fold].mean(axis=0) for fold in range(int(place.max()) + 1)])[place]


def _chance(
    people: People, place: Ints, base: Base, learners: Sequence[Learner], seed: int, last: EffectLearners
) -> float:
    """Return the sequential test's chance; ``last`` was fitted to all folds but the last."""
    slopes: list[Slope] = []
    trained: list[int] = []
    seen: list[tuple[Floats, Floats, Ints]] = []
    for fold in range(1, FOLDS):
        before, now = place < fold, place == fold
        model = last if fold == FOLDS - 1 else EffectLearners(base, learners, seed=seed).fit(people.at(before))
        scores, raw = _judge(model, people.at(now))
        known = [np.concatenate(parts) for parts in zip(*seen, strict=True)]
        weights = _weights(
            [calibration_slope(known[0], column, known[2]) for column in known[1].T]
            if known
            else [Slope(0.0, 0.0)] * len(learners)
        )
        slopes.append(calibration_slope(scores, raw @ weights))
        trained.append(int(before.sum()))
        seen.append((scores, raw, np.full(len(scores), fold)))
    return sequential_test(slopes, trained)
