"""Relative effects of several actions, learned together: what one action shows of people speaks for the others too.

For one campaign `decide.uplift.model.UpliftModel` is the default: it checks the lot, assumes no form of the effect, and
can say that nobody can be told apart. These effects are for a shop that acts month after month by several levers: each
campaign adds to what is known, in milliseconds, and a prior of the levers' likeness stands in where little was tried.
On Hillstrom's e-mails both rank people alike (Qini of visits, 5 halves: women's .0072 and .0074, men's .0020, .0019).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.uplift.effect_prior import EffectPrior, LikeliestScales, likeliest_scales
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

LEAST_CHANCE = 0.03  # of a yes or a no, for its variance
STEP = 0.05  # of ln scale, to see how far it moves the mean
PULL = 1.0  # of the baseline's coefficients towards the expectation handed in


@dataclass(frozen=True, eq=False)
class EffectEvidence:
    """What one experiment says of one action's coefficients: precision (p, p) and precision × mean (p,)."""

    precision: Floats
    pull: Floats
    people: int

    @property
    def columns(self) -> int:
        """Number of features, p."""
        return len(self.pull)


def effect_evidence(
    features: npt.ArrayLike,
    treated: npt.ArrayLike,
    propensity: npt.ArrayLike,
    outcome: npt.ArrayLike,
    expected: Floats,
    at_stake: Floats | None = None,
    *,
    yes_or_no: bool = False,
) -> EffectEvidence:
    """Return what an experiment says of a *relative* effect that is linear in features.

    ``y = w (1 + x'a) + (t − e) v x'b + ε``, ``Var ε = φ₁ w + φ₂ w²``: Robinson's partialling-out (Nie & Wager 2021,
    eq. 4) in units of what is at stake with each person, v, so that big and small customers speak of the same b.
    The baseline's a is fitted by weighted ridge; φ by least squares of squared residuals, at least Poisson's.

    Args:
        features: x, shape (people, p), the first column 1, others of spread about 1.
        treated: t, 1 or 0, shape (people,).
        propensity: e, chance of being treated, shape (people,) or one number, in (0, 1).
        outcome: y, counts or money over a window, shape (people,).
        expected: w, what was expected of each without treatment, at least 0, shape (people,), in the outcome's unit.
        at_stake: v, what an effect of 1 changes, shape (people,); w where not given. Of an action that keeps people
            from leaving it is what those would buy who are about to leave.
        yes_or_no: the outcome is 0 or 1 and w a chance: ``Var ε = p (1 − p)`` at the fitted p.

    Raises:
        InputError: shapes differ, or nobody was expected to do anything.

    >>> rng = np.random.default_rng(0)
    >>> w, t, x = rng.gamma(2, 1, 20000), rng.integers(0, 2, 20000), np.ones((20000, 1))
    >>> said = effect_evidence(x, t, 0.5, rng.poisson(w * (1 + 0.3 * t)), w)
    >>> bool(abs(said.pull[0] / said.precision[0, 0] - 0.3) < 3 / np.sqrt(said.precision[0, 0]))
    True

    """
    x, y, t = (np.asarray(values, dtype=np.float64) for values in (features, outcome, treated))
    w, chance = np.asarray(expected, dtype=np.float64), np.broadcast_to(np.asarray(propensity, np.float64), y.shape)
    if x.ndim != 2 or not len(x) == y.size == t.size == w.size or not w.max(initial=0.0) > 0 or w.min() < 0:
        raise InputError(
            "shared_effects.shape",
            "Features, treatment, outcome and expectation do not belong together.",
            value=(x.shape, t.shape, y.shape, w.shape),
            advice="Give one row a person, and expectations of at least 0, some above.",
        )
    floor = 0.05 * float(w.mean())
    scaled, variance = w[:, None] * x, np.maximum(w, floor)
    for _ in range(2):
        weighted = scaled / variance[:, None]
        baseline = np.linalg.solve(weighted.T @ scaled + PULL * np.eye(x.shape[1]), weighted.T @ (y - w))
        left = y - w - scaled @ baseline
        chances = np.clip(y - left, LEAST_CHANCE, 1 - LEAST_CHANCE)
        variance = chances * (1 - chances) if yes_or_no else _variance(left, np.maximum(w, floor))
    stake = w if at_stake is None else np.asarray(at_stake, dtype=np.float64)
    moved = (t - chance)[:, None] * stake[:, None] * x
    weighted = moved / variance[:, None]
    return EffectEvidence(weighted.T @ moved, weighted.T @ left, y.size)


def _variance(residual: Floats, expected: Floats) -> Floats:
    """Return the fitted variance of each residual, ``φ₁ w + φ₂ w²``."""
    design = np.column_stack((expected, expected**2)) / expected[:, None]
    parts = np.linalg.lstsq(design, residual**2 / expected, rcond=None)[0]
    least = 0.3 * float((residual**2).sum() / expected.sum())
    first, second = max(float(parts[0]), least), max(float(parts[1]), 0.0)
    return np.asarray(first * expected + second * expected**2, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class SharedEffects:
    """The posterior of all coefficients: mean (G, p), covariance (G p, G p), factors on the prior's spreads (H,).

    The covariance counts that the factors are estimated too.
    """

    mean: Floats
    covariance: Floats
    scales: Floats

    def at(self, features: Floats, weights: Floats) -> tuple[Floats, Floats]:
        """Return ``Σ_g weights_g × x'b_g`` for each person and its standard error, each of shape (people,).

        Args:
            features: x, shape (people, p).
            weights: shape (people, G); what one unit of each relative effect is worth.

        """
        columns = features.shape[1]
        used = np.flatnonzero(weights.any(axis=0))
        rows = (weights[:, used, None] * features[:, None, :]).reshape(len(features), -1)
        place = (used[:, None] * columns + np.arange(columns)).ravel()
        square = ((rows @ self.covariance[np.ix_(place, place)]) * rows).sum(axis=1)
        return np.asarray(rows @ self.mean.ravel()[place]), np.sqrt(np.maximum(square, 0.0))

    def total(self, features: Floats, weights: Floats) -> tuple[float, float]:
        """Return the sum of `at` over people and its standard error, errors of the coefficients being common."""
        row = np.einsum("ng,np->gp", weights, features).ravel()
        return float(row @ self.mean.ravel()), float(np.sqrt(max(row @ self.covariance @ row, 0.0)))


def shared_effects(evidence: Sequence[Sequence[EffectEvidence]], prior: EffectPrior) -> SharedEffects:
    """Return the posterior of G kinds of effect after experiments: conjugate normal, jointly over all kinds.

    The prior's spreads are multiplied by the factors under which the data are likeliest (empirical Bayes): where
    nothing moves people, everything is drawn to nothing; an action that does more than others is drawn less.

    Args:
        evidence: per kind of effect, what each experiment says; may be empty.
        prior: of the G kinds.

    >>> said = EffectEvidence(np.array([[400.0]]), np.array([80.0]), 1000)
    >>> prior = EffectPrior(np.zeros(2), np.full(2, 0.2), np.array([[1, 0.8], [0.8, 1]]), np.ones(1))
    >>> shared_effects([[said], []], prior).mean.round(2).ravel().tolist()
    [0.19, 0.15]

    """
    kinds, columns = len(prior.mean), len(prior.of_features)
    if len(evidence) != kinds:
        raise InputError(
            "shared_effects.kinds",
            f"There is evidence for {len(evidence)} kinds of effect and a prior for {kinds}.",
            value=len(evidence),
            advice="Give one list per kind, empty where nothing was measured.",
        )
    precision, pull = np.zeros((kinds * columns,) * 2), np.zeros(kinds * columns)
    for kind, said in enumerate(evidence):
        place = slice(kind * columns, (kind + 1) * columns)
        for one in said:
            precision[place, place] += one.precision
            pull[place] += one.pull
    return _posterior(precision, pull, prior, likeliest_scales(prior, precision, pull))


def _posterior(precision: Floats, pull: Floats, prior: EffectPrior, scales: LikeliestScales) -> SharedEffects:
    mean, covariance = _conjugate(precision, pull, prior.scaled(scales.logs))
    values, vectors = np.linalg.eigh(scales.covariance)
    for value, way in zip(values, vectors.T, strict=True):
        if value <= 0:
            continue
        ends = [_conjugate(precision, pull, prior.scaled(scales.logs + side * STEP * way))[0] for side in (-1, 1)]
        slope = (ends[1] - ends[0]) / (2 * STEP)
        covariance = covariance + value * np.outer(slope, slope)
    shape = (len(prior.mean), len(prior.of_features))
    return SharedEffects(mean.reshape(shape), covariance, np.exp(scales.logs))


def _conjugate(precision: Floats, pull: Floats, prior: EffectPrior) -> tuple[Floats, Floats]:
    """Return mean and covariance of the normal posterior under a normal prior."""
    known, centre = prior.covariance(), prior.centre()
    inverse = np.linalg.inv(np.eye(len(pull)) + known @ precision)
    covariance = inverse @ known
    mean = centre + covariance @ (pull - precision @ centre)
    return np.asarray(mean), np.asarray(0.5 * (covariance + covariance.T))
