"""What every buy-till-you-die model answers, customer by customer."""

from __future__ import annotations

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

    def _base(self, rfm: Any) -> CustomerBase:
        if isinstance(rfm, CustomerBase):
            return rfm
        return CustomerBase.of(rfm, None if self.unit is None else self.time_unit)

    def _days(self, horizon: Length) -> float:
        return days_of(horizon, self.time_unit)
