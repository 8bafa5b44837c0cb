"""What is taken of effects before any experiment, and how far they spread, as the experiments themselves tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

FREEDOM = 0.6  # standard deviation of ln scale where none is given: spreads off by half or by double are not unlikely
MOST_STEPS = 40


@dataclass(frozen=True, eq=False)
class EffectPrior:
    """What is taken of G kinds of effect before any experiment.

    Args:
        mean: of each effect on average, shape (G,).
        spread: standard deviation of it, shape (G,), above 0.
        alike: correlation between kinds, shape (G, G), positive definite.
        of_features: spread of a feature's coefficient relative to the average's, shape (p,), the first 1.
        together: which kinds' spreads the data scale together, 1 or 0, shape (H, G): all kinds of one action, say, and
            one kind of all actions; ``None`` for all of them by one factor.
        freedom: standard deviation of the natural logarithm of each factor, shape (H,); ``None`` for 0.6.

    Raises:
        InputError: shapes do not fit.

    """

    mean: Floats
    spread: Floats
    alike: Floats
    of_features: Floats
    together: Floats | None = None
    freedom: Floats | None = None

    def __post_init__(self) -> None:
        together = np.ones((1, len(self.mean))) if self.together is None else np.asarray(self.together, np.float64)
        freedom = np.full(len(together), FREEDOM) if self.freedom is None else np.asarray(self.freedom, np.float64)
        fits = together.ndim == 2 and together.shape[1] == len(self.mean) and freedom.shape == (len(together),)
        if not fits or not (freedom >= 0).all():
            raise InputError(
                "effect_prior.together",
                "It is not clear which kinds of effect are scaled together.",
                value=(together.shape, freedom.shape, len(self.mean)),
                advice="Give one row per factor with a column per kind, and one freedom of at least 0 per factor.",
            )
        object.__setattr__(self, "together", together)
        object.__setattr__(self, "freedom", freedom)

    def covariance(self) -> Floats:
        """Return the prior covariance, shape (G p, G p), kinds outermost."""
        kinds = self.alike * np.outer(self.spread, self.spread)
        return np.asarray(np.kron(kinds, np.diag(self.of_features**2)), dtype=np.float64)

    def centre(self) -> Floats:
        """Return the prior mean, shape (G p,)."""
        only_average = np.eye(len(self.of_features))[0]
        return np.asarray(np.kron(self.mean, only_average), dtype=np.float64)

    def scaled(self, logs: Floats) -> EffectPrior:
        """Return the prior with factors of these natural logarithms, shape (H,), on the spreads."""
        return replace(self, spread=self.spread * np.exp(logs @ np.asarray(self.together)))


@dataclass(frozen=True, eq=False)
class LikeliestScales:
    """The factors on a prior's spreads under which experiments are likeliest: logarithms (H,) and covariance (H, H)."""

    logs: Floats
    covariance: Floats


def likeliest_scales(prior: EffectPrior, precision: Floats, pull: Floats) -> LikeliestScales:
    """Return the scales of a prior by empirical Bayes: the mode of marginal likelihood × lognormal hyperprior.

    With evidence of precision Λ and Λ × mean h, prior N(μ, K) and r = h − Λμ, the marginal likelihood of conjugate
    normals (Rasmussen & Williams 2006, eq. 5.8 and 5.9, rewritten for Λ that may be singular) is
    ``−½ ln|I + KΛ| + ½ r'K α``, ``α = (I + ΛK)⁻¹ r``. Its curvature at the mode gives the covariance.

    Args:
        prior: of G kinds and p features.
        precision: Λ, shape (G p, G p).
        pull: h, shape (G p,).

    >>> prior = EffectPrior(np.zeros(1), np.ones(1), np.ones((1, 1)), np.ones(1))
    >>> moved, still = (likeliest_scales(prior, np.eye(1) * 100, np.array([said])) for said in (300.0, 0.0))
    >>> moved.logs.round(2).tolist(), still.logs.round(2).tolist()
    ([0.6], [-0.35])

    """
    freedom = np.asarray(prior.freedom)
    free = np.flatnonzero(freedom > 0)
    descent = _descent(prior, precision, pull, free)
    found = minimize(descent, np.zeros(free.size), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    logs, covariance = np.zeros(freedom.size), np.zeros((freedom.size,) * 2)
    logs[free] = found.x * freedom[free]
    inverse = np.linalg.inv(_curvature(descent, found.x))
    covariance[np.ix_(free, free)] = inverse * np.outer(freedom[free], freedom[free])
    return LikeliestScales(logs, covariance)


def _descent(
    prior: EffectPrior, precision: Floats, pull: Floats, free: npt.NDArray[np.int64]
) -> Callable[[Floats], tuple[float, Floats]]:
    """Return minus the log density of the scales, in units of their freedom, with its gradient."""
    together, freedom = np.asarray(prior.together), np.asarray(prior.freedom)
    columns, identity = len(prior.of_features), np.eye(len(pull))
    rest = pull - precision @ prior.centre()

    def at(units: Floats) -> tuple[float, Floats]:
        logs = np.zeros(freedom.size)
        logs[free] = units * freedom[free]
        covariance = prior.scaled(logs).covariance()
        inverse = np.linalg.inv(identity + covariance @ precision)
        moved = inverse @ (covariance @ rest)
        alpha = rest - precision @ moved
        height = 0.5 * float(np.linalg.slogdet(inverse)[1]) + 0.5 * float(rest @ moved)
        each = alpha * moved - (1 - np.diag(inverse))
        slope = (together @ each.reshape(-1, columns).sum(axis=1) * freedom)[free]
        return 0.5 * float(units @ units) - height, units - slope

    return at


def _curvature(descent: Callable[[Floats], tuple[float, Floats]], mode: Floats) -> Floats:
    """Return the second derivatives at the mode by differences of gradients, at least those of the hyperprior / 4."""
    step = 1e-3
    rows = [(descent(mode + step * way)[1] - descent(mode - step * way)[1]) / (2 * step) for way in np.eye(mode.size)]
    both = np.array(rows).reshape(mode.size, mode.size)
    values, vectors = np.linalg.eigh(0.5 * (both + both.T))
    return np.asarray((vectors * np.maximum(values, 0.25)) @ vectors.T, dtype=np.float64)
