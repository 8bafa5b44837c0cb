"""The beta-discrete-Weibull model: everybody has their own chance of leaving, and it may change with time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from keepwell.stats.contract.gamma_ratio import digamma_rise, log_beta_fall
from keepwell.stats.contract.model import ContractModel
from keepwell.stats.contract.renewals import Renewals

Floats = npt.NDArray[np.float64]
OLDEST = 1e150  # t^c beyond which nobody is left under any shapes; its square is still a number


class BetaDiscreteWeibull(ContractModel):
    """BdW: as sBG, with S(t) = B(α, β + t^c) / B(α, β); c above 1 makes each customer likelier to leave with time.

    With c = 1 it is sBG. Retention may fall first and rise later, which sBG cannot follow. Fader, Hardie, Liu, Davin
    & Steenburgh 2018, "How to project customer retention revisited: the role of duration dependence", Journal of
    Interactive Marketing 43.

    >>> model = BetaDiscreteWeibull().fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 2) for name, value in model.parameters().items()}, round(model.log_likelihood_, 2)
    ({'alpha': 0.21, 'beta': 1.43, 'c': 1.72}, -1605.31)

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "c")
    least_depth: ClassVar[int] = 3

    def _starts(self, renewals: Renewals) -> Sequence[Floats]:
        left = max(renewals.total_lost / renewals.at_risk.sum(), 1e-6)
        sizes = ((2.0, 1.0), (1.0, 1.5), (20.0, 0.8))
        return [np.array([size * left, size * max(1 - left, 1e-6), c]) for size, c in sizes]

    def _log_survival(self, parameters: Floats, periods: Floats) -> Floats:
        """Fader et al. 2018, eq. 3."""
        alpha, beta, c = parameters
        return log_beta_fall(alpha, beta, _aged(periods, c))

    def _log_retention(self, parameters: Floats, periods: Floats) -> tuple[Floats, Floats]:
        """Fader et al. 2018, eq. 4: the fall of ln B(α, β + t^c) from one period to the next."""
        alpha, beta, c = parameters
        before, after = _aged(periods - 1, c), _aged(periods, c)
        step = after - before
        whole = alpha + beta
        by_alpha = -digamma_rise(whole + before, step)
        by_beta = digamma_rise(beta + before, step) + by_alpha
        # d t^c / dc = t^c ln t, and 0 at t = 0
        grown = [power * np.log(np.maximum(time, 1.0)) for power, time in ((before, periods - 1), (after, periods))]
        by_c = digamma_rise(beta + before, alpha) * grown[0] - digamma_rise(beta + after, alpha) * grown[1]
        return log_beta_fall(alpha, beta + before, step), np.stack([by_alpha, by_beta, by_c])

    def _log_survival_after(self, start: float, ahead: Floats) -> Floats:
        alpha, beta, c = self.parameters_
        before = _aged(np.array(start), c)
        return log_beta_fall(alpha, beta + before, _aged(start + ahead, c) - before)

    def _tail_exponent(self) -> float:
        return float(self.parameters_[0] * self.parameters_[2])


def _aged(periods: Floats, c: float) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(periods**c, OLDEST), dtype=np.float64)
