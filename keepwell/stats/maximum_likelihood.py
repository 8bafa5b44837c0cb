"""Maximum likelihood over positive parameters: the one optimiser that every model here is fitted with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]
# logarithms of the parameters → (log-likelihood, its gradient by those logarithms)
Objective = Callable[[Floats], tuple[float, Floats]]

LOG_BOUND = 25.0  # e^±25: beyond, a parameter is at zero or at infinity for every use there is
LOOSEST = 5.0  # standard deviation of a logarithm beyond which the data do not determine a direction
STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a fit ended.

    Args:
        is_converged: the gradient is zero but for rounding.
        iterations: of the best start.
        gradient: largest absolute derivative by the logarithm of a parameter, per customer.
        note: empty, or one sentence that says what is not determined and what it means for the answer.

    """

    is_converged: bool
    iterations: int
    gradient: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Maximum:
    """The best parameters found: natural scale, log-likelihood, covariance of their logarithms."""

    parameters: Floats
    log_likelihood: float
    log_covariance: Floats
    convergence: Convergence


def maximise(objective: Objective, starts: Sequence[Floats], customers: float, names: Sequence[str]) -> Maximum:
    """Return the maximum of a log-likelihood over the logarithms of positive parameters.

    L-BFGS-B from each start with the analytic gradient; the best end counts. The covariance is the inverse of the
    observed information (central differences of the gradient); where that is singular (a flat ridge, as when nobody
    in a young base has stopped yet), the directions that are not determined get no variance and the note says so.

    Args:
        objective: logarithms of the parameters to log-likelihood and gradient; minus infinity is allowed.
        starts: natural scale, each of shape (parameters,), above 0.
        customers: number of customers, so that tolerances do not depend on it.
        names: of the parameters, for the note.

    """

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, gradient = objective(logs)
        if not np.isfinite(value) or not np.isfinite(gradient).all():
            return 1e12, np.zeros_like(logs)
        return -value / customers, -gradient / customers

    bounds = [(-LOG_BOUND, LOG_BOUND)] * len(names)
    options = {"maxiter": 1000, "ftol": 1e-13, "gtol": 1e-8, "maxcor": 10}
    # Its linear algebra is of a few numbers: threads would only wait for each other, longer than all else takes.
    with threadpool_limits(limits=1, user_api="blas"):
        ends = [
            minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=bounds, options=options)
            for start in starts
        ]
    best = min(ends, key=lambda end: end.fun)
    logs = np.asarray(best.x, dtype=np.float64)
    gradient = float(np.max(np.abs(loss(logs)[1])))
    information = _information(objective, logs) / customers
    covariance, loose = _inverse(information, customers)
    at_bound = np.abs(logs) > LOG_BOUND - 1e-6
    note = _note(names, loose, at_bound, gradient)
    return Maximum(
        np.exp(logs),
        -float(best.fun) * customers,
        covariance / customers,
        Convergence(gradient < 1e-4, int(best.nit), gradient, note),
    )


def _information(objective: Objective, logs: Floats) -> Floats:
    size = len(logs)
    curvature = np.empty((size, size))
    for index in range(size):
        step = np.zeros(size)
        step[index] = STEP
        curvature[index] = (objective(logs + step)[1] - objective(logs - step)[1]) / (2 * STEP)
    return np.asarray(-(curvature + curvature.T) / 2, dtype=np.float64)


def _inverse(information: Floats, customers: float) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the inverse over the determined directions, and which parameters load on the others."""
    if not np.isfinite(information).all():
        return np.zeros_like(information), np.ones(len(information), dtype=bool)
    values, vectors = np.linalg.eigh(information)
    # A search stops on a ridge long before its curvature is zero, so it is judged by the error that it leaves.
    kept = values * customers > 1 / LOOSEST**2
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    loose = (np.abs(vectors[:, ~kept]) > 0.3).any(axis=1)
    return np.asarray(inverse, dtype=np.float64), loose


def _note(names: Sequence[str], loose: npt.NDArray[np.bool_], at_bound: npt.NDArray[np.bool_], gradient: float) -> str:
    undetermined = [name for name, flat, bound in zip(names, loose, at_bound, strict=True) if flat or bound]
    if undetermined:
        return (
            f"The data do not determine {' and '.join(undetermined)}: the likelihood is flat there. "
            "Predictions near the observed time can be used; the parameters themselves mean little."
        )
    if gradient >= 1e-4:
        return f"The fit stopped before the top (gradient {gradient:.1g} per customer): treat its figures as rough."
    return ""
