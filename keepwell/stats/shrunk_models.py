"""The same model fitted to groups, each drawn towards the model of everybody by how little it says itself."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.maximum_likelihood import Objective, maximise
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
Model = TypeVar("Model", bound=FittedModel)

# Spread of a log parameter between groups: from 0.05 % to a factor of 20, with the mass each grid point stands for.
WIDTHS = np.geomspace(5e-4, 3.0, 160)
MASSES = np.gradient(WIDTHS)
EXPECTED_WIDTH = 0.5  # scale of its half-normal prior: groups of one business seldom differ by more than e
LEAST_VARIANCE = 1e-12  # of a log parameter: below, a covariance says "not determined", not "known for sure"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one group's customers say of the logarithms of the parameters, apart from any prior.

    A quadratic picture of the group's log-likelihood about the base's parameters μ: ``pull · δ − δ' precision δ / 2``
    with δ = log θ − μ. A direction the group says nothing of has no precision and no pull.

    Args:
        pull: slope at the base's parameters, shape (p,).
        precision: information, shape (p, p), without negative eigenvalues.

    """

    pull: Floats
    precision: Floats


@dataclass(frozen=True)
class ShrunkModels(Generic[Model]):
    """Group models after shrinking.

    Args:
        models: by group; ``parameters_`` and ``log_covariance_`` are the posterior's, so that draws, standard errors
            and predictions are too; ``log_likelihood_`` and ``customers_`` stay those of the group's own fit.
        own_weight: by group, from 0 (the base's model) to 1 (the group's own): mean weight of its own evidence.
        width: typical spread between groups of the logarithm of a parameter (0.1: about 10 %).
        note: one sentence on how far the groups differ.

    """

    models: dict[str, Model]
    own_weight: dict[str, float]
    width: float
    note: str


def shrink(
    base: Model, groups: Mapping[str, Model], evidence: Mapping[str, Evidence] | None = None
) -> ShrunkModels[Model]:
    """Draw the groups' fitted parameters towards the base's, on the logarithms.

    Prior of a group: normal about the base's log parameters with one width τ for all; given τ, precision-weighted
    means (Lindley & Smith 1972, eq. 13); τ is averaged over its posterior under a half-normal prior of scale 0.5, so
    that few groups neither collapse to none nor run wild (empirical Bayes, Gelman et al., Bayesian Data Analysis,
    section 5.4). The base's own error is added where a group leans on it.

    Args:
        base: fitted to everybody, groups included.
        groups: name to a model of the same class and settings, fitted to that group alone.
        evidence: where given, in place of ``evidence_of(base, model)``; see `evidence_near`.

    Raises:
        InputError: a model is not fitted, or of another class or other settings than the base.

    >>> from keepwell.stats.gamma_gamma import GammaGamma
    >>> base = GammaGamma().fit({"frequency": [2, 1, 4, 3, 2], "monetary_value": [22.0, 12.0, 40.0, 31.0, 9.0]})
    >>> few = GammaGamma().fit({"frequency": [4, 2], "monetary_value": [40.0, 9.0]})
    >>> shrunk = shrink(base, {"few": few})
    >>> shrunk.own_weight["few"] < 0.5
    True

    """
    for name, model in groups.items():
        _must_match(base, model, name)
    found = {name: evidence[name] if evidence else evidence_of(base, model) for name, model in groups.items()}
    chances = _chances_of_widths(list(found.values()))
    posteriors = {name: _posterior(part, chances, base.log_covariance_) for name, part in found.items()}
    models = {name: _drawn(base, groups[name], *posterior[:2]) for name, posterior in posteriors.items()}
    width = float(WIDTHS @ chances)
    note = _note(width, len(groups))
    return ShrunkModels(models, {name: posterior[2] for name, posterior in posteriors.items()}, width, note)


def evidence_of(base: FittedModel, model: FittedModel) -> Evidence:
    """Return a group's evidence from its own maximum: its log parameters, and the inverse of their covariance.

    Directions that its data leave open (no variance in ``log_covariance_``) get no precision, so they follow the base.

    """
    precision = _inverse_where_known(model.log_covariance_)
    return Evidence(precision @ (np.log(model.parameters_) - np.log(base.parameters_)), precision)


def evidence_near(base: FittedModel, objective: Objective, customers: float, width: float = 2.0) -> Evidence:
    """Return a group's evidence from its log-likelihood near the base, where its own maximum may lie at infinity.

    As for forty customers of whom none has left: the likelihood rises for ever towards no churn, yet says much at
    hand. It is expanded about the maximum with a wide normal prior about the base, and the prior is taken out again.

    Args:
        base: fitted to everybody.
        objective: the group's log-likelihood by log parameters, with its gradient.
        customers: in the group, at least 1.
        width: standard deviation of the wide prior, on the logarithms.

    """
    centre = np.log(base.parameters_)
    found = maximise(held_near(objective, centre, width), [base.parameters_], customers, base.parameter_names)
    precision = _without_negative(_inverse_where_known(found.log_covariance) - np.eye(len(centre)) / width**2)
    away = np.log(found.parameters) - centre
    return Evidence(precision @ away + away / width**2, precision)


def held_near(objective: Objective, centre: Floats, width: float) -> Objective:
    """Return a log-likelihood with a normal prior on the log parameters about ``centre`` (shape (p,))."""

    def held(logs: Floats) -> tuple[float, Floats]:
        value, gradient = objective(logs)
        away = (logs - centre) / width
        return value - 0.5 * float(away @ away), gradient - away / width

    return held


def _chances_of_widths(evidence: list[Evidence]) -> Floats:
    """Return the posterior over ``WIDTHS``, given all groups."""
    log_chance = -0.5 * (WIDTHS / EXPECTED_WIDTH) ** 2
    for part in evidence:
        values, pull = _by_direction(part)
        spread = 1 + WIDTHS[:, None] ** 2 * values
        log_chance = log_chance + 0.5 * (WIDTHS[:, None] ** 2 * pull**2 / spread - np.log(spread)).sum(axis=1)
    chance = MASSES * np.exp(log_chance - log_chance.max())
    return np.asarray(chance / chance.sum(), dtype=np.float64)


def _by_direction(part: Evidence) -> tuple[Floats, Floats]:
    values, vectors = np.linalg.eigh(part.precision)
    return np.clip(values, 0.0, None), np.asarray(vectors.T @ part.pull, dtype=np.float64)


def _posterior(part: Evidence, chances: Floats, base_covariance: Floats) -> tuple[Floats, Floats, float]:
    """Return the mean of δ, its covariance, and the mean weight of the group's own evidence."""
    size = len(part.pull)
    values, vectors = np.linalg.eigh(part.precision)
    values = np.clip(values, 0.0, None)
    pull = vectors.T @ part.pull
    squares = WIDTHS[:, None] ** 2
    variances = squares / (1 + squares * values)  # shape (widths, p), along the eigenvectors
    means = variances * pull
    mean = chances @ means
    apart = means - mean
    along = np.diag(chances @ variances) + (apart * chances[:, None]).T @ apart
    weights = chances @ (variances * values)
    leaning = vectors @ np.diag(1 - weights) @ vectors.T
    covariance = vectors @ along @ vectors.T + leaning @ base_covariance @ leaning.T
    return vectors @ mean, covariance, float(weights.sum() / size)


def _drawn(base: Model, own: Model, away: Floats, covariance: Floats) -> Model:
    model = copy.copy(own)
    model.parameters_ = np.asarray(base.parameters_ * np.exp(away), dtype=np.float64)
    model.log_covariance_ = (covariance + covariance.T) / 2
    model.convergence_ = replace(own.convergence_, note="")  # what the group left open, the base has closed
    return model


def _inverse_where_known(covariance: Floats) -> Floats:
    values, vectors = np.linalg.eigh(covariance)
    known = values > max(LEAST_VARIANCE, 1e-13 * float(values.max(initial=0.0)))
    return np.asarray((vectors[:, known] / values[known]) @ vectors[:, known].T, dtype=np.float64)


def _without_negative(precision: Floats) -> Floats:
    values, vectors = np.linalg.eigh((precision + precision.T) / 2)
    return np.asarray((vectors * np.clip(values, 0.0, None)) @ vectors.T, dtype=np.float64)


def _note(width: float, groups: int) -> str:
    if not groups:
        return "There are no groups."
    return f"Between {groups} group{'s' * (groups != 1)}, parameters differ by a factor of about {math.exp(width):.2f}."


def _must_match(base: FittedModel, model: FittedModel, name: str) -> None:
    same = type(model) is type(base) and all(getattr(model, key) == getattr(base, key) for key in base.setting_names)
    if not same or not (base.is_fitted and model.is_fitted):
        raise InputError(
            "groups.other_model",
            f"The model of group {name} is {model!r}, which cannot be drawn towards {base!r}.",
            where=name,
            advice="Fit the same class with the same settings to the base and to every group.",
        )
