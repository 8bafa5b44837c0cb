"""Whether the arms of an experiment look as a lot would have made them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import chi2

from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]


def sample_ratio_chance(counts: Sequence[int], planned: Sequence[float]) -> float:
    """Return the chance of arm sizes this far from the planned shares (Pearson's χ²; Fabijan et al. 2019).

    Args:
        counts: people per arm.
        planned: their planned shares, above 0; scaled to a sum of 1.

    Raises:
        InputError: lengths differ, nobody was counted, or a share is not above 0.

    >>> round(sample_ratio_chance([5050, 4950], [0.5, 0.5]), 3), sample_ratio_chance([5500, 4500], [1, 1]) < 1e-20
    (0.317, True)

    """
    seen, share = np.asarray(counts, dtype=np.float64), np.asarray(planned, dtype=np.float64)
    if seen.shape != share.shape or seen.sum() <= 0 or (share <= 0).any():
        raise InputError(
            "balance.planned",
            "Arm sizes and planned shares do not belong together.",
            value=(seen.tolist(), share.tolist()),
            advice="Give the planned share of every arm, above 0.",
        )
    expected = seen.sum() * share / share.sum()
    return float(chi2.sf(float(((seen - expected) ** 2 / expected).sum()), seen.size - 1))


def standardised_differences(features: npt.ArrayLike, treated: npt.ArrayLike) -> Floats:
    """Return (mean treated − mean control) / pooled standard deviation per column, 0 for constant columns.

    Args:
        features: shape (rows, columns), finite.
        treated: shape (rows,), 1 or 0, some of each.

    >>> standardised_differences([[0.0], [1.0], [1.0], [2.0]], [0, 0, 1, 1]).round(2).tolist()
    [1.41]

    """
    columns, is_treated = np.asarray(features, dtype=np.float64), np.asarray(treated) == 1
    one, zero = columns[is_treated], columns[~is_treated]
    ddof = 1 if min(len(one), len(zero)) > 1 else 0
    spread = np.sqrt((one.var(axis=0, ddof=ddof) + zero.var(axis=0, ddof=ddof)) / 2)
    gap = one.mean(axis=0) - zero.mean(axis=0)
    return np.asarray(np.divide(gap, spread, out=np.zeros_like(gap), where=spread > 0), dtype=np.float64)


def imbalance_chance(features: npt.ArrayLike, treated: npt.ArrayLike, strata: npt.ArrayLike | None = None) -> float:
    """Return the chance of differences this large in all columns together, were the arms drawn by lot.

    The omnibus test of Hansen & Bowers 2008 (eq. 6): d' V⁺ d, d the differences summed over strata.

    Args:
        features: shape (rows, columns), finite.
        treated: shape (rows,), 1 or 0.
        strata: group of each row within which lots were drawn; ``None`` for one.

    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(500, 3))
    >>> imbalance_chance(x, rng.integers(0, 2, 500)) > 0.01, imbalance_chance(x, x[:, 0] > 0) < 1e-9
    (True, True)

    """
    columns, t = np.asarray(features, dtype=np.float64), np.asarray(treated, dtype=np.float64)
    place = np.zeros(len(t)) if strata is None else np.asarray(strata)
    scale = columns.std(axis=0)
    columns = columns[:, scale > 0] / scale[scale > 0]
    total, spread = np.zeros(columns.shape[1]), np.zeros((columns.shape[1], columns.shape[1]))
    for group in np.unique(place):
        rows = place == group
        size, with_it = int(rows.sum()), float(t[rows].sum())
        if not 0 < with_it < size:
            continue
        centred = columns[rows] - columns[rows].mean(axis=0)
        total += centred.T @ t[rows]
        spread += centred.T @ centred * (with_it / size) * (1 - with_it / size) * size / (size - 1)
    values, vectors = np.linalg.eigh(spread)
    kept = values > 1e-9 * max(float(values.max(initial=0.0)), 1e-300)
    if not kept.any():
        return 1.0
    along = vectors[:, kept].T @ total
    return float(chi2.sf(float((along**2 / values[kept]).sum()), int(kept.sum())))
