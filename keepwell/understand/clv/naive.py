"""The forecast that every model has to beat: everybody goes on as before."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from keepwell.understand.clv.holdout import Holdout

Floats = npt.NDArray[np.float64]

SAME_AS_BEFORE = "Same as before"
NOBODY = "Nobody buys again"


def same_as_before(holdout: Holdout) -> Floats:
    """Return orders by row if each customer went on at the rate of the past: x h / T, shape (rows,).

    Whoever first bought on the very last day before the split has no past to go on from, and is expected not to
    come back, like everybody without a repeat.
    """
    return np.asarray(
        np.divide(
            holdout.frequency * holdout.days,
            holdout.age_days,
            out=np.zeros(len(holdout.orders)),
            where=holdout.age_days > 0,
        ),
        dtype=np.float64,
    )
