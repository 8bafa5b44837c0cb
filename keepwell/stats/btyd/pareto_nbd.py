"""Pareto/NBD: customers who buy at a rate of their own until an end of their own, both gamma over the base."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import exprel

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie, Scores
from keepwell.stats.btyd.pareto_nbd_histories import Histories, Pairs, rising
from keepwell.stats.btyd.pareto_nbd_kernels import (
    fill_log_sums,
    fill_still_buying,
    pair_terms,
    row_sums,
)
from keepwell.stats.maximum_likelihood import Maximum, maximise
from keepwell.stats.time_unit import Length

Floats = npt.NDArray[np.float64]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(32)


class ParetoNBD(BuyTillYouDie):
    """The Pareto/NBD model of Schmittlein, Morrison & Colombo (1987, Management Science 33(1)).

    While alive a customer buys at the rate λ; the end comes at the rate μ, unseen. Over customers λ is gamma with shape
    ``r`` and rate ``alpha`` (in ``unit``), μ gamma with shape ``s`` and rate ``beta`` (in ``unit``). Equations as in
    Fader & Hardie, "A note on deriving the Pareto/NBD model and related expressions" (2005), rearranged into sums of
    positive terms.

    >>> rfm = {"frequency": [2, 1, 0, 4], "recency": [30.4, 1.7, 0, 32.6], "T": [38.9] * 4, "customers": [9, 9, 60, 9]}
    >>> model = ParetoNBD(unit="week").fit(rfm)
    >>> model.probability_alive(rfm).round(2).tolist()
    [0.92, 0.09, 0.02, 0.94]

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def probability_alive(self, rfm: Any) -> Floats:
        """Return the probability that each customer is still alive at T, in [0, 1], shape (rows,).

        Also after no repeat at all it is below 1. Equation 11 of Schmittlein, Morrison & Colombo (1987).
        """
        base, parameters = self._base(rfm), self._in_days()
        end = Pairs.of(base.frequency, base.age_days)
        alive = np.empty_like(end.time)
        fill_still_buying(parameters, end.frequency, end.time, alive)
        return np.minimum(np.exp(alive[end.of_row] - self._log_likelihood(base, end)), 1.0)

    def expected_purchases(self, rfm: Any, horizon: Length) -> Floats:
        """Return each customer's expected purchase occasions in (T, T + horizon], shape (rows,).

        Equation 22 of Schmittlein, Morrison & Colombo (1987), with its limit at s = 1.
        """
        base = self._base(rfm)
        return self.probability_alive(base) * self._rate(base) * self._days_alive(base, self._days(horizon), 0.0)

    def expected_purchases_of_newcomer(self, horizon: Length) -> float:
        """Return the expected repeat purchases of somebody who has just bought for the first time: E[X(t)].

        Equation 17 of Schmittlein, Morrison & Colombo (1987), with its limit at s = 1.
        """
        r, alpha, s, beta = self._in_days()
        return float(r / alpha * _alive_days(s, np.array([beta]), self._days(horizon))[0])

    def probability_of_no_purchase(self, rfm: Any, horizon: Length) -> Floats:
        """Return the probability that each customer does not buy in (T, T + horizon], shape (rows,).

        They have then the same history seen from T + horizon: L(x, t_x, T + h) / L(x, t_x, T).
        """
        base, days = self._base(rfm), self._days(horizon)
        now, later = (Pairs.of(base.frequency, base.age_days + ahead) for ahead in (0.0, days))
        ratio = self._log_likelihood(base, later) - self._log_likelihood(base, now)
        return np.minimum(np.exp(ratio), 1.0)

    def expected_discounted_purchases(self, rfm: Any, horizon: Length, discount_rate: float) -> Floats:
        """Return what each customer's purchases in (T, T + horizon] are worth today, in purchases, shape (rows,).

        As in `BuyTillYouDie`; the time still alive is discounted once for every age, not for every customer.
        """
        return self.scores(rfm, horizon, discount_rate)[2]

    def scores(self, rfm: Any, horizon: Length, discount_rate: float) -> Scores:
        """Return P(alive), expected purchases, and expected discounted purchases, each of shape (rows,), in one go."""
        base, days, force = self._base(rfm), self._days(horizon), self._force(discount_rate)
        alive = self.probability_alive(base)
        rate = alive * self._rate(base)
        return alive, rate * self._days_alive(base, days, 0.0), rate * self._days_alive(base, days, force)

    def _maximum(self, base: CustomerBase) -> Maximum:
        histories = Histories.of(base)

        def objective(logs: Floats) -> tuple[float, Floats]:
            return log_likelihood(np.exp(logs), histories)

        maximum = maximise(objective, _starts(base), base.total, self.parameter_names)
        unit = self.time_unit.days
        return Maximum(
            maximum.parameters / np.array([1.0, unit, 1.0, unit]),
            maximum.log_likelihood + float((base.frequency * base.customers).sum()) * math.log(unit),
            maximum.log_covariance,
            maximum.convergence,
        )

    def _in_days(self) -> Floats:
        self._must_be_fitted()
        unit = self.time_unit.days
        return np.asarray(self.parameters_ * np.array([1.0, unit, 1.0, unit]), dtype=np.float64)

    def _log_likelihood(self, base: CustomerBase, end: Pairs) -> Floats:
        """Return log L(x, t_x, t) of each row but for Γ(r + x)/Γ(r), where t is the time in ``end``."""
        parameters, last = self._in_days(), Pairs.of(base.frequency, base.recency_days)
        buys, dies = _values(parameters, end, False), _values(parameters, last, True)
        total = np.empty(base.rows)
        fill_log_sums(buys, dies, end.of_row, last.of_row, total)
        return total

    def _rate(self, base: CustomerBase) -> Floats:
        r, alpha, _, _ = self._in_days()
        return np.asarray((r + base.frequency) / (alpha + base.age_days), dtype=np.float64)

    def _days_alive(self, base: CustomerBase, days: float, force: float) -> Floats:
        """Return for how many of the next days a customer alive at T is alive on average, discounted by the day."""
        _, _, s, beta = self._in_days()
        ages, of_row = np.unique(base.age_days, return_inverse=True)
        reach = beta + ages
        by_age = _discounted_days(s, reach, days, force) if force else _alive_days(s, reach, days)
        return np.asarray(by_age[of_row], dtype=np.float64)


def _alive_days(s: float, reach: Floats, days: float) -> Floats:
    """Return ∫₀ʰ (reach / (reach + u))ˢ du."""
    span = np.log1p(days / reach)
    return np.asarray(reach * span * exprel((1.0 - s) * span), dtype=np.float64)


def _discounted_days(s: float, reach: Floats, days: float, force: float) -> Floats:
    """Return ∫₀ʰ exp(−δu) (reach / (reach + u))ˢ du, over v = log(1 + u / reach)."""
    span = np.log1p(days / reach)[:, None]
    v = span * (NODES + 1.0) / 2.0
    ahead = reach[:, None] * np.expm1(v)
    integrand = reach[:, None] * np.exp((1.0 - s) * v - force * ahead)
    return np.asarray((integrand @ WEIGHTS) * span[:, 0] / 2.0, dtype=np.float64)


def log_likelihood(parameters: Floats, histories: Histories) -> tuple[float, Floats]:
    """Return the log-likelihood of r, α, s, β (times in days) and its gradient by their logarithms.

    Equation 18 of Fader & Hardie's note, as in `pair_terms`.
    """
    end, last = histories.at_end, histories.at_last
    buys, buys_by = np.empty(len(end.time)), np.empty((len(end.time), 4))
    dies, dies_by = np.empty(len(last.time)), np.empty((len(last.time), 4))
    pair_terms(parameters, end.frequency, end.time, False, buys, buys_by)
    pair_terms(parameters, last.frequency, last.time, True, dies, dies_by)
    weight_buys, weight_dies = np.zeros_like(buys), np.zeros_like(dies)
    total = row_sums(buys, dies, end.of_row, last.of_row, histories.customers, weight_buys, weight_dies)
    values, slopes = rising(parameters[0], histories.frequency)
    gradient = weight_buys @ buys_by + weight_dies @ dies_by
    gradient[0] += parameters[0] * float(slopes @ histories.frequency_customers)
    return float(total + values @ histories.frequency_customers), gradient


def _values(parameters: Floats, pairs: Pairs, is_death: bool) -> Floats:
    values = np.empty_like(pairs.time)
    pair_terms(parameters, pairs.frequency, pairs.time, is_death, values, np.empty((len(values), 4)))
    return values


def _starts(base: CustomerBase) -> list[Floats]:
    """Return where to start from: half the base's time alive, at the rate that this implies."""
    age = max(float(np.average(base.age_days, weights=base.customers)), 1.0)
    purchases = float(np.average(base.frequency, weights=base.customers))
    return [np.array([0.5, 0.25 * age / purchases, 0.5, age])]
