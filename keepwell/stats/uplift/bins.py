"""Foretold against measured differences, class by class of people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.uplift.doubly_robust import difference_in_means
from keepwell.vocabulary.estimate import Estimate, NotAvailable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class UpliftBin:
    """People foretold a similar effect.

    Args:
        bin: from 1, the largest foretold effect first.
        customers, treated: in the class.
        foretold: their mean foretold effect.
        measured: treated less control in the class; not available where an arm holds fewer than two people.

    """

    bin: int
    customers: int
    treated: int
    foretold: float
    measured: Estimate | NotAvailable


def uplift_bins(
    foretold: npt.ArrayLike, treated: npt.ArrayLike, outcome: npt.ArrayLike, bins: int = 5
) -> tuple[UpliftBin, ...]:
    """Return foretold and measured differences by quantile of the forecast, the largest first.

    People of equal forecast stay together, so there may be fewer classes than asked for.

    Args:
        foretold: shape (rows,), from a model that has not seen these people.
        treated: shape (rows,), 1 or 0.
        outcome: shape (rows,).
        bins: number of classes wanted, at least 1.

    >>> rows = uplift_bins([2.0, 2, 2, 2, 1, 1, 1, 1], [1, 0] * 4, [2, 0, 2, 0, 1, 0, 1, 0], bins=2)
    >>> [(row.foretold, row.measured.value) for row in rows]
    [(2.0, 2.0), (1.0, 1.0)]

    """
    rank = np.asarray(foretold, dtype=np.float64)
    t, y = np.asarray(treated, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    cuts = np.unique(np.quantile(rank, np.linspace(0, 1, bins + 1)[1:-1])) if bins > 1 else np.empty(0)
    place = np.searchsorted(cuts, rank, side="left")
    found = []
    for number, label in enumerate(np.unique(place)[::-1], 1):
        rows = place == label
        with_it = int(t[rows].sum())
        is_measured = min(with_it, int(rows.sum()) - with_it) >= 2
        measured = (
            difference_in_means(y[rows], t[rows]) if is_measured else NotAvailable("fewer than two people in an arm")
        )
        found.append(UpliftBin(number, int(rows.sum()), with_it, float(rank[rows].mean()), measured))
    return tuple(found)
