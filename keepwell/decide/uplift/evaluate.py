"""How good a ranking of people by uplift is, measured on a campaign it was not made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from keepwell.stats.uplift.bins import UpliftBin, uplift_bins
from keepwell.stats.uplift.doubly_robust import difference_in_means
from keepwell.stats.uplift.qini import REPEATS, QiniCurve, qini, qini_curve
from keepwell.vocabulary.estimate import Estimate


@dataclass(frozen=True, eq=False)
class UpliftEvaluation:
    """What a ranking is worth.

    Args:
        qini: 2 · area / N between the uplift curve and the straight line of treating by lot, for equal arms; 95 %.
        auuc: the same of the whole area under the curve: half the average effect for a ranking by lot.
        average: difference of the arms' means.
        curve: the uplift curve.
        bins: foretold and measured difference by quantile, the largest first.

    """

    qini: Estimate
    auuc: Estimate
    average: Estimate
    curve: QiniCurve
    bins: tuple[UpliftBin, ...]

    @property
    def beats_chance(self) -> bool:
        """Whether the ranking is better than lots beyond doubt: the interval of the Qini lies above 0."""
        return self.qini.low is not None and self.qini.low > 0


def evaluate_uplift(
    uplift: npt.ArrayLike,
    treated: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    bins: int = 5,
    repeats: int = REPEATS,
    seed: int = 0,
) -> UpliftEvaluation:
    """Return Qini, AUUC and calibration of foretold uplifts.

    Args:
        uplift: foretold, shape (people,), by a model that has not seen these people.
        treated: 1 or 0 by lot with one chance for all, shape (people,).
        outcome: shape (people,).
        bins: classes of the calibration.
        repeats: of the bootstrap behind the intervals.
        seed: of it.

    Raises:
        InputError: shapes differ, a number is not finite, or an arm is empty.

    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> effect, treated = rng.random(2000), rng.integers(0, 2, 2000)
    >>> evaluate_uplift(effect, treated, treated * effect).beats_chance
    True

    """
    area, whole = qini(uplift, treated, outcome, repeats=repeats, seed=seed)
    return UpliftEvaluation(
        area,
        whole,
        difference_in_means(outcome, treated),
        qini_curve(uplift, treated, outcome),
        uplift_bins(uplift, treated, outcome, bins),
    )
