"""Posterior draws by the Laplace approximation, corrected by importance resampling, and their update by evidence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
# parameters of shape (M, P) → log density of shape (M,), up to a constant
LogDensity = Callable[[Floats], Floats]

STEP = 1e-4
FREEDOM = 5.0  # of the proposal: heavier tails than the normal, so that no weight explodes
PROPOSALS = 6  # per draw wanted
ENOUGH = 100  # effective draws from which a single resampling will do
MOVES = 12  # Metropolis moves after each stage
LEAST_STAGE = 1e-9


@dataclass(frozen=True, eq=False)
class Mode:
    """The peak of a density: parameters of shape (P,), covariance there, and the log density."""

    at: Floats
    covariance: Floats
    log_density: float


def find_mode(log_density: LogDensity, starts: list[Floats]) -> Mode:
    """Return the highest peak found from the starts by L-BFGS-B, with the inverse of minus the Hessian there.

    Gradients and Hessian are central differences; directions in which the density does not fall get the variance of
    the flattest direction that does.

    Args:
        log_density: of (M, P) → (M,); a prior must keep it bounded.
        starts: each of shape (P,).

    """

    def loss(at: Floats) -> tuple[float, Floats]:
        size = at.size
        shifts = np.vstack([np.zeros(size), np.eye(size) * STEP, -np.eye(size) * STEP])
        values = log_density(at + shifts)
        return -float(values[0]), -(values[1 : size + 1] - values[size + 1 :]) / (2 * STEP)

    ends = [minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400}) for start in starts]
    best = min(ends, key=lambda end: end.fun)
    at = np.asarray(best.x, dtype=np.float64)
    return Mode(at, _covariance(log_density, at), -float(best.fun))


def _covariance(log_density: LogDensity, at: Floats) -> Floats:
    size, step = at.size, 1e-3
    identity = np.eye(size) * step
    points = [at + a * identity[i] + b * identity[j] for i in range(size) for j in range(size) for a, b in _CORNERS]
    values = log_density(np.array(points)).reshape(size, size, 4)
    hessian = (values[..., 0] - values[..., 1] - values[..., 2] + values[..., 3]) / (4 * step**2)
    curvature, directions = np.linalg.eigh(-(hessian + hessian.T) / 2)
    falling = curvature > 1e-6
    least = curvature[falling].min() if falling.any() else 1.0
    return np.asarray((directions / np.where(falling, curvature, least)) @ directions.T, dtype=np.float64)


_CORNERS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def draws_around(log_density: LogDensity, mode: Mode, count: int, rng: np.random.Generator) -> tuple[Floats, float]:
    """Return draws of a density near its peak, shape (count, P), and the effective number of proposals.

    Sampling importance resampling (Rubin 1988): proposals from a multivariate t with 5 degrees of freedom around the
    mode, weights truncated at √M times their mean (Ionides 2008), then systematic resampling.

    Args:
        log_density: of (M, P) → (M,).
        mode: from `find_mode`.
        count: draws wanted.
        rng: the generator.

    """
    proposals, size = PROPOSALS * count, mode.at.size
    root = np.linalg.cholesky(mode.covariance + 1e-12 * np.eye(size))
    normal = rng.standard_normal((proposals, size))
    stretch = np.sqrt(FREEDOM / rng.chisquare(FREEDOM, (proposals, 1)))
    tried = mode.at + stretch * normal @ root.T
    distance = (stretch[:, 0] ** 2) * (normal**2).sum(axis=1)
    proposed = -(FREEDOM + size) / 2 * np.log1p(distance / FREEDOM)
    weights = _weights(log_density(tried) - proposed)
    weights = np.minimum(weights, weights.mean() * np.sqrt(proposals))
    weights /= weights.sum()
    chosen = tried[systematic(weights, count, rng)]
    return rng.permutation(chosen), float(1 / (weights**2).sum())


def updated(draws: Floats, log_likelihood: LogDensity, rng: np.random.Generator) -> Floats:
    """Return draws of prior × likelihood from draws of the prior, shape (D, P).

    Where the likelihood leaves enough draws effective (100 and a twentieth, or a fifth), they are resampled by it,
    whatever the prior's form. Else the evidence lies in the prior's tail, where there are too few draws: then it is let
    in by stages that keep half of the draws effective (sequential Monte Carlo, Del Moral et al. 2006, tempered as in
    Jasra et al. 2011), and after each the draws make random-walk Metropolis moves under a normal prior with the draws'
    mean and covariance.

    Args:
        draws: of the prior, shape (D, P), D > P; logarithms of positive parameters, so that a normal suits them.
        log_likelihood: of (D, P) → (D,).
        rng: the generator.

    Raises:
        InputError: no draw of the prior can explain the evidence at all.

    """
    said = log_likelihood(draws)
    if not np.isfinite(said).any():
        message = "The evidence contradicts every draw of what was known before."
        raise InputError("evidence.contradiction", message, advice="Check its figures and units.")
    weights = _weights(np.where(np.isfinite(said), said, -np.inf))
    enough = min(0.2 * len(draws), max(ENOUGH, 0.05 * len(draws)))
    if 1 / (weights**2).sum() >= enough:
        return np.asarray(rng.permutation(draws[systematic(weights, len(draws), rng)]), dtype=np.float64)
    centre, precision = draws.mean(axis=0), np.linalg.inv(_spread(draws))
    current, reached = draws, 0.0
    while reached < 1 - 1e-9:
        said = log_likelihood(current)
        said = np.where(np.isfinite(said), said, -np.inf)
        step = _stage(said, 1 - reached)
        reached += step
        current = rng.permutation(current[systematic(_weights(step * said), len(draws), rng)])

        def log_density(theta: Floats, power: float = reached) -> Floats:
            away = theta - centre
            said_there = power * log_likelihood(theta)
            return np.asarray(said_there - 0.5 * np.einsum("mi,ij,mj->m", away, precision, away), dtype=np.float64)

        current = _moved(current, log_density, rng)
    return current


def _moved(draws: Floats, log_density: LogDensity, rng: np.random.Generator) -> Floats:
    """Return the draws after Metropolis moves that leave the density as it is."""
    root = np.linalg.cholesky(_spread(draws)) * 2.38 / np.sqrt(draws.shape[1])
    here, density = draws.copy(), log_density(draws)
    for _ in range(MOVES):
        there = here + rng.standard_normal(here.shape) @ root.T
        proposed = log_density(there)
        is_taken = np.log(rng.random(len(here))) < proposed - density
        here[is_taken], density[is_taken] = there[is_taken], proposed[is_taken]
    return here


def _spread(draws: Floats) -> Floats:
    size = draws.shape[1]
    spread = np.cov(draws, rowvar=False).reshape(size, size)
    return np.asarray(spread + 1e-10 * np.eye(size), dtype=np.float64)


def systematic(weights: Floats, count: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return indices drawn in proportion to weights that sum to 1, with the least spread (Kitagawa 1996)."""
    places = (rng.random() + np.arange(count)) / count
    total = np.cumsum(weights)
    return np.minimum(np.searchsorted(total / total[-1], places), weights.size - 1)


def _weights(log_weights: Floats) -> Floats:
    weights = np.exp(log_weights - log_weights.max())
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def _stage(said: Floats, left: float) -> float:
    """Return the largest power of the likelihood, up to what is left, that keeps half of the draws effective."""

    def effective(power: float) -> float:
        return float(1 / (_weights(power * said) ** 2).sum())

    if effective(left) >= said.size / 2:
        return left
    low, high = 0.0, left
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if effective(middle) >= said.size / 2 else (low, middle)
    return max(low, LEAST_STAGE)
