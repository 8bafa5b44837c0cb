"""What payers under contract are still expected to bring: months, and discounted margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.stats.contract.model import ContractModel
from keepwell.vocabulary.estimate import Estimate, Evidence

Floats = npt.NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class Remaining:
    """What is expected of a payer who has made 0, 1, 2, … renewals; arrays of shape (draws + 1, renewals made).

    The first row is at the estimate, the others at draws of the parameters.

    Args:
        retention: chance of making the next renewal.
        periods: renewals expected within the horizon.
        worth: present value of 1 paid at each of them.

    """

    retention: Floats
    periods: Floats
    worth: Floats


def remaining(
    model: ContractModel, most: int, horizon: int, discount_rate: float, *, seed: int, draws: int = 200
) -> Remaining:
    """Return what is expected within the next ``horizon`` renewals.

    A payer is taken to stand in the middle of a paid period, so the next renewal is half a period away.

    Args:
        model: fitted.
        most: largest number of renewals made so far.
        horizon: renewals ahead, from 1.
        discount_rate: per period, from 0.
        seed: of the draws.
        draws: how many.

    >>> from keepwell.stats.contract.shifted_beta_geo import ShiftedBetaGeo
    >>> model = ShiftedBetaGeo().fit([1000, 869, 743, 653, 593])
    >>> ahead = remaining(model, most=3, horizon=12, discount_rate=0.008, seed=1)
    >>> bool((np.diff(ahead.periods[0]) > 0).all())  # who has stayed longer stays longer
    True

    """
    now = np.arange(most + 1)
    discount = (1 + discount_rate) ** -(np.arange(1, horizon + 1) - 0.5)
    chance = model.retention_curves(most + horizon, seed=seed, draws=draws)
    log_kept = np.cumsum(np.log(np.maximum(chance, 1e-300)), axis=1)
    start = np.pad(log_kept, ((0, 0), (1, 0)))[:, now]
    stays = np.exp(log_kept[:, now[:, None] + np.arange(horizon)] - start[:, :, None])
    return Remaining(chance[:, : most + 1], stays.sum(axis=2), stays @ discount)


def interval(drawn: Floats, note: str = "") -> Estimate:
    """Return the estimate of row 0 with the interval of the rows after it, shape (draws + 1,)."""
    value = float(drawn[0])
    low, high = np.quantile(drawn[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), LEVEL, Evidence.OBSERVED, note)


def bounds(drawn: Floats) -> tuple[Floats, Floats]:
    """Return low and high of each column, shape (draws + 1, n) → (n,), never on the wrong side of row 0."""
    low, high = np.quantile(drawn[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return np.minimum(low, drawn[0]), np.maximum(high, drawn[0])
