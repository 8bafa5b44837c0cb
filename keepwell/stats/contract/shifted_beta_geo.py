"""The shifted-beta-geometric model: everybody has their own, constant chance of leaving at a renewal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from keepwell.stats.contract.gamma_ratio import log_beta_fall
from keepwell.stats.contract.model import ContractModel
from keepwell.stats.contract.renewals import Renewals
from keepwell.vocabulary.estimate import NotAvailable

Floats = npt.NDArray[np.float64]


class ShiftedBetaGeo(ContractModel):
    """sBG: the chance of leaving varies between customers as Beta(α, β), so a cohort's retention rises with its age.

    Fader & Hardie 2007, "How to project customer retention", Journal of Interactive Marketing 21(1).

    >>> model = ShiftedBetaGeo().fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> {name: round(value, 3) for name, value in model.parameters().items()}, round(model.log_likelihood_, 2)
    ({'alpha': 0.668, 'beta': 3.806}, -1611.16)
    >>> round(float(model.survival(12)[0]), 3)
    0.378

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta")
    least_depth: ClassVar[int] = 2

    def _starts(self, renewals: Renewals) -> Sequence[Floats]:
        left = max(renewals.total_lost / renewals.at_risk.sum(), 1e-6)
        return [np.array([size * left, size * max(1 - left, 1e-6)]) for size in (2.0, 20.0)]

    def _log_survival(self, parameters: Floats, periods: Floats) -> Floats:
        """Fader & Hardie 2007, eq. 6."""
        alpha, beta = parameters
        return log_beta_fall(alpha, beta, periods)

    def _log_retention(self, parameters: Floats, periods: Floats) -> tuple[Floats, Floats]:
        """Fader & Hardie 2007, eq. 8: r(t) = (β + t − 1) / (α + β + t − 1)."""
        alpha, beta = parameters
        stayed, everybody = beta + periods - 1, alpha + beta + periods - 1
        by_alpha = -1 / everybody
        by_beta = alpha / (stayed * everybody)
        return -np.log1p(alpha / stayed), np.stack([by_alpha, by_beta])

    def _log_survival_after(self, start: float, ahead: Floats) -> Floats:
        alpha, beta = self.parameters_
        return log_beta_fall(alpha, beta + start, ahead)

    def _tail_exponent(self) -> float:
        return float(self.parameters_[0])

    def expected_residual_lifetime(self, renewed: int, horizon: int | None = None) -> float | NotAvailable:
        """Return the renewals still to come; without a horizon (β + renewed) / (α − 1), which needs α above 1."""
        alpha, beta = self.parameters()["alpha"], self.parameters()["beta"]
        if horizon is None and alpha > 1 and renewed >= 0:
            return (beta + renewed) / (alpha - 1)
        return super().expected_residual_lifetime(renewed, horizon)
