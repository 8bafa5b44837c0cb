"""What every buy-till-you-die model answers, customer by customer."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.maximum_likelihood import Maximum
from keepwell.stats.time_unit import Length, TimeUnit, days_of
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]
Scores = tuple[Floats, Floats, Floats]

NODES = 16  # of Gauss–Legendre quadrature over the horizon: expected purchases bend gently
LARGEST_EXPONENT = 700.0  # e^700 is the last power of e that is finite


class BuyTillYouDie(FittedModel):
    """A model of customers who buy at their own rate and some day stop, unseen.

    Subclasses work in days inside; the parameters are kept and shown in ``unit`` (only those that are times or rates
    change with it, and the log-likelihood by a constant).

    Args:
        unit: of ``recency`` and ``T`` in tables handed in, and of the parameters: ``"day"``, ``"week"``, ``"month"``
            or ``"year"``. May be left out where the columns are ``recency_days`` and ``age_days``.

    """

    setting_names: ClassVar[tuple[str, ...]] = ("unit",)

    def __init__(self, unit: str | None = None) -> None:
        self.unit = unit

    @property
    def time_unit(self) -> TimeUnit:
        """The unit that the parameters are in."""
        return TimeUnit.DAY if self.unit is None else TimeUnit.parse(self.unit)

    def fit(self, rfm: Any) -> Self:
        """Fit by maximum likelihood.

        Args:
            rfm: see `CustomerBase.of`; one row a customer, or groups with the column ``customers``.

        Raises:
            InputError: the table cannot be used, or "Not enough repeat purchases: …".

        """
        base = self._base(rfm)
        if not int(((base.frequency > 0) * base.customers).sum()):
            raise InputError(
                "btyd.no_repeats",
                f"Not enough repeat purchases: none of {base.total:,} customers bought a second time.",
                where="rfm",
                advice="Wait for repeat purchases, or use a longer history; counts by cohort need no model.",
            )
        return self._keep(self._maximum(base), base.total)

    @abstractmethod
    def _maximum(self, base: CustomerBase) -> Maximum:
        """Return the maximum in the model's unit."""

    @abstractmethod
    def probability_alive(self, rfm: Any) -> Floats:
        """Return the probability that each customer has not stopped, in [0, 1], shape (rows,)."""

    @abstractmethod
    def expected_purchases(self, rfm: Any, horizon: Length) -> Floats:
        """Return each customer's expected purchase occasions in (T, T + horizon], shape (rows,)."""

    @abstractmethod
    def expected_purchases_of_newcomer(self, horizon: Length) -> float:
        """Return the expected repeat purchases of somebody who has just bought for the first time: E[X(t)]."""

    @abstractmethod
    def probability_of_no_purchase(self, rfm: Any, horizon: Length) -> Floats:
        """Return the probability that each customer does not buy in (T, T + horizon], shape (rows,)."""

    def expected_discounted_purchases(self, rfm: Any, horizon: Length, discount_rate: float) -> Floats:
        """Return what each customer's purchases in (T, T + horizon] are worth today, in purchases, shape (rows,).

        A purchase s days from now counts exp(−δs), δ = ln(1 + discount_rate) / 365. By parts, ∫ exp(−δs) dE(s) =
        exp(−δh) E(h) + δ ∫ exp(−δs) E(s) ds over the horizon h, by Gauss–Legendre quadrature.

        Args:
            rfm: see `CustomerBase.of`.
            horizon: see `days_of`.
            discount_rate: per year, at least 0.

        """
        base, unit = self._base(rfm), self.time_unit.days
        days, force = self._days(horizon), self._force(discount_rate)
        total = math.exp(-force * days) * self.expected_purchases(base, days / unit)
        if force:
            for day, weight in zip(*_nodes(days), strict=True):
                total += force * weight * math.exp(-force * day) * self.expected_purchases(base, day / unit)
        return np.asarray(total, dtype=np.float64)

    def expected_discounted_purchases_of_newcomer(self, horizon: Length, discount_rate: float) -> float:
        """Return what a newcomer's repeat purchases within the horizon are worth on the day of the first purchase.

        As `expected_discounted_purchases`, from E[X(t)]; the first purchase itself is not counted.
        """
        unit, days, force = self.time_unit.days, self._days(horizon), self._force(discount_rate)
        total = math.exp(-force * days) * self.expected_purchases_of_newcomer(days / unit)
        if force:
            for day, weight in zip(*_nodes(days), strict=True):
                total += force * weight * math.exp(-force * day) * self.expected_purchases_of_newcomer(day / unit)
        return float(total)

    def scores(self, rfm: Any, horizon: Length, discount_rate: float) -> Scores:
        """Return P(alive), expected purchases, and expected discounted purchases, each of shape (rows,), in one go.

        Args:
            rfm: see `CustomerBase.of`.
            horizon: of both expectations, see `days_of`.
            discount_rate: per year, at least 0.

        """
        base = self._base(rfm)
        return (
            self.probability_alive(base),
            self.expected_purchases(base, horizon),
            self.expected_discounted_purchases(base, horizon, discount_rate),
        )

    def wait_days(self, rfm: Any, quantile: float = 0.5) -> Floats:
        """Return the days from now to each customer's next purchase if they are still there, shape (rows,).

        Given that the customer is alive at T and buys at a rate λ of gamma(r + x, α + T), the wait is Lomax:
        (α + T)((1 − q)^(−1/(r + x)) − 1) for the quantile q; the median by default.

        Raises:
            InputError: the quantile is not inside (0, 1).

        """
        if not 0 < quantile < 1:
            raise InputError(
                "wait.quantile",
                f"The quantile must be between 0 and 1, not {quantile}.",
                value=quantile,
                advice="Use 0.5 for the median wait.",
            )
        base, parameters = self._base(rfm), self.parameters()
        exponent = -math.log1p(-quantile) / (parameters["r"] + base.frequency)
        scale = parameters["alpha"] * self.time_unit.days + base.age_days
        # beyond e^700 days nobody comes back: finite all the same
        return np.asarray(scale * np.expm1(np.minimum(exponent, LARGEST_EXPONENT / 2)), dtype=np.float64)

    def _base(self, rfm: Any) -> CustomerBase:
        if isinstance(rfm, CustomerBase):
            return rfm
        return CustomerBase.of(rfm, None if self.unit is None else self.time_unit)

    def _days(self, horizon: Length) -> float:
        return days_of(horizon, self.time_unit)

    def _force(self, discount_rate: float) -> float:
        """Return the continuous discount rate per day."""
        if not 0 <= discount_rate < math.inf:
            raise InputError(
                "discount.rate",
                f"The discount rate must be at least 0, not {discount_rate}.",
                value=discount_rate,
                advice="Give a fraction per year, such as 0.1 for 10 %.",
            )
        return math.log1p(discount_rate) / 365


def _nodes(days: float) -> tuple[Floats, Floats]:
    """Return the nodes and weights of Gauss–Legendre quadrature over (0, days)."""
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return (points + 1) * days / 2, weights * days / 2
