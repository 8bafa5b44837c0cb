"""What the result of an experiment would be worth, before it is run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

REPEATS = 4  # simulated results per draw
KNOTS = (-1.0, 0.0, 1.0)  # of the regression, in standard deviations of the result
RIDGE = 1e-9  # of the mean square of the intercept: enough where a result takes few values


def value_of_sample(gain: Floats, measured: Floats, error: float, rng: np.random.Generator) -> float:
    """Return EVSI: ``E_X[max_a E(g_a | X)] − max_a E(g_a)``, X the measured quantity plus normal noise.

    By regression (Strong, Oakley, Brennan & Breeze 2015, eq. 8): results are simulated from the draws, gains are
    regressed on them with a cubic spline, and the fit says which action each result would lead to. Actions are chosen
    by the fit to one half of the draws and scored by the gains of the other, so that the regression's own error does
    not look like information.

    Args:
        gain: shape (D, A), money, what each of A actions gains if a draw is the truth.
        measured: shape (D,), the true value of what the experiment measures.
        error: standard deviation of its measurement, at least 0 (0: perfect information on it).
        rng: the generator of simulated results.

    Returns:
        Money per decision, at least 0.

    >>> draws = np.random.default_rng(1).standard_normal(20_000)
    >>> gains = np.column_stack((np.zeros(20_000), draws))
    >>> round(value_of_sample(gains, draws, 0.0, np.random.default_rng(2)), 1)  # 1 / √(2π) = 0.399
    0.4

    """
    count = len(gain)
    noise = rng.standard_normal((REPEATS, count))
    result = measured + error * noise
    scale = float(result.std())
    if scale == 0 or gain.shape[1] < 2:
        return 0.0
    terms = _terms((result - result.mean()) / scale)
    half = np.arange(count) % 2
    found = 0.0
    for part in (0, 1):
        fitted, scored = half != part, half == part
        design = terms[:, fitted].reshape(-1, terms.shape[2])
        # The gains are the same in each repeat, so their products with the design add up over repeats.
        products = terms[:, fitted].sum(axis=0).T @ gain[fitted]
        coefficients = np.linalg.solve(design.T @ design + RIDGE * len(design) * np.eye(design.shape[1]), products)
        chosen = np.argmax(terms[:, scored] @ coefficients, axis=2)
        without = int(np.argmax(gain[fitted].mean(axis=0)))
        own = gain[scored]
        with_result = own[np.arange(len(own))[None, :], chosen]
        found += float((with_result - own[:, without]).mean()) * scored.mean()
    return max(0.0, float(found))


def _terms(result: Floats) -> Floats:
    """Return the columns of a cubic spline, shape (..., 4 + knots)."""
    powers = [np.ones_like(result), result, result**2, result**3]
    return np.stack([*powers, *(np.maximum(result - knot, 0.0) ** 3 for knot in KNOTS)], axis=-1)
