"""NBD: customers who buy at a rate of their own and never stop; what models of stopping are measured against."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.stats.btyd.pareto_nbd_histories import Pairs, rising
from keepwell.stats.maximum_likelihood import Maximum, maximise
from keepwell.stats.time_unit import Length

Floats = npt.NDArray[np.float64]


class NBD(BuyTillYouDie):
    """The negative binomial model of repeat buying (Ehrenberg 1959; as timed in Fader, Hardie & Lee 2005).

    Every customer buys at the rate λ for ever; over customers λ is gamma with shape ``r`` and rate ``alpha`` (in
    ``unit``). A model with stopping that does not beat its log-likelihood has found no stopping in the data.

    >>> rfm = {"frequency": [2, 1, 0, 4], "recency": [30.4, 1.7, 0, 32.6], "T": [38.9] * 4, "customers": [9, 9, 60, 9]}
    >>> model = NBD(unit="week").fit(rfm)
    >>> model.expected_purchases(rfm, 39).round(2).tolist()
    [1.6, 0.91, 0.23, 2.96]

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def probability_alive(self, rfm: Any) -> Floats:
        """Return 1 for each customer, shape (rows,): nobody stops in this model."""
        self._must_be_fitted()
        return np.ones(self._base(rfm).rows)

    def expected_purchases(self, rfm: Any, horizon: Length) -> Floats:
        """Return each customer's expected purchases in (T, T + horizon], (r + x) h / (α + T), shape (rows,)."""
        base, (r, alpha) = self._base(rfm), self._in_days()
        return np.asarray((r + base.frequency) / (alpha + base.age_days) * self._days(horizon), dtype=np.float64)

    def expected_purchases_of_newcomer(self, horizon: Length) -> float:
        """Return the expected repeat purchases of somebody who has just bought for the first time: r h / α."""
        r, alpha = self._in_days()
        return r / alpha * self._days(horizon)

    def probability_of_no_purchase(self, rfm: Any, horizon: Length) -> Floats:
        """Return the probability that each customer does not buy in (T, T + horizon], shape (rows,).

        ((α + T) / (α + T + h))^(r + x).
        """
        base, (r, alpha) = self._base(rfm), self._in_days()
        ahead = np.log1p(self._days(horizon) / (alpha + base.age_days))
        return np.asarray(np.exp(-(r + base.frequency) * ahead), dtype=np.float64)

    def _maximum(self, base: CustomerBase) -> Maximum:
        pairs = Pairs.of(base.frequency, base.age_days)
        customers = np.bincount(pairs.of_row, weights=base.customers).astype(np.float64)

        def objective(logs: Floats) -> tuple[float, Floats]:
            return _log_likelihood(np.exp(logs), pairs, customers)

        age = max(float(np.average(base.age_days, weights=base.customers)), 1.0)
        purchases = float(np.average(base.frequency, weights=base.customers))
        maximum = maximise(objective, [np.array([0.5, 0.5 * age / purchases])], base.total, self.parameter_names)
        unit = self.time_unit.days
        return Maximum(
            maximum.parameters / np.array([1.0, unit]),
            maximum.log_likelihood + float((base.frequency * base.customers).sum()) * math.log(unit),
            maximum.log_covariance,
            maximum.convergence,
        )

    def _in_days(self) -> tuple[float, float]:
        self._must_be_fitted()
        return float(self.parameters_[0]), float(self.parameters_[1]) * self.time_unit.days


def _log_likelihood(parameters: Floats, pairs: Pairs, customers: Floats) -> tuple[float, Floats]:
    """Return Σ n (log Γ(r + x) − log Γ(r) + r log α − (r + x) log(α + T)) and its gradient by the logarithms."""
    r, alpha = float(parameters[0]), float(parameters[1])
    x, age = pairs.frequency, pairs.time
    values, slopes = rising(r, x)
    elapsed = np.log1p(age / alpha)
    total = customers @ (values - r * elapsed - x * np.log(alpha + age))
    by_r = r * (customers @ (slopes - elapsed))
    by_alpha = customers @ ((r * age - x * alpha) / (alpha + age))
    return float(total), np.array([by_r, by_alpha])
