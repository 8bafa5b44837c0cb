"""What every model of contracts answers: survival, retention, and how long a customer still stays."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.contract.lifetime import sum_of_discounted, sum_of_undiscounted
from keepwell.stats.contract.renewals import Renewals
from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.maximum_likelihood import LOG_BOUND, Objective, maximise
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RenewalForecast:
    """One period of a forecast.

    Args:
        period: renewals gone through, from 0.
        survival: share of a cohort that is still there after them.
        retention: share of those who came to this renewal that stays; none at period 0.

    """

    period: int
    survival: Estimate
    retention: Estimate | NotAvailable


class ContractModel(FittedModel):
    """Customers who stay or leave at the end of each period, every one with their own chance of leaving.

    Periods are whatever the contracts run for; discount rates here are per period, ``(1 + yearly) ** (1 / 12) − 1``
    for months.
    """

    least_depth: ClassVar[int]

    def fit(self, renewals: Any) -> Self:
        """Fit by maximum likelihood.

        Args:
            renewals: survivors per period of one cohort, or of several of any lengths, or a table of customers with
                ``periods`` and ``is_churned``; see `Renewals.of`.

        Raises:
            InputError: the counts cannot be used; or "Not enough renewals: …", "Not enough churn: …".

        """
        found = Renewals.of(renewals)
        self._must_suffice(found)
        maximum = maximise(self.objective(found), self._starts(found), found.customers, self.parameter_names)
        return self._keep(maximum, found.customers)

    def objective(self, renewals: Renewals) -> Objective:
        """Return the log-likelihood by the logarithms of the parameters, with its gradient.

        Σ over renewals of renewed · ln r + lost · ln(1 − r): the same as Σ ln P(T = t) + Σ ln S(t) of the papers.
        """
        depth = renewals.depth
        period = np.arange(1, depth + 1, dtype=np.float64)
        renewed, lost = renewals.renewed[:depth], renewals.lost[:depth]
        has_loss = lost > 0

        def objective(logs: Floats) -> tuple[float, Floats]:
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # maximise turns back from infinities
                parameters = np.exp(logs)
                log_kept, slopes = self._log_retention(parameters, period)
                log_left = np.log(-np.expm1(log_kept))
                value = renewed @ log_kept + lost[has_loss] @ log_left[has_loss]
                odds = np.where(has_loss, lost * np.exp(log_kept - log_left), 0.0)
                return float(value), np.asarray(slopes @ (renewed - odds) * parameters, dtype=np.float64)

        return objective

    def survival(self, periods: Any) -> Floats:
        """Return the share of a cohort still there after each number of renewals, in [0, 1], shape (periods,)."""
        self._must_be_fitted()
        return np.asarray(np.exp(self._log_survival(self.parameters_, _periods(periods, 0))), dtype=np.float64)

    def retention(self, periods: Any) -> Floats:
        """Return the share of those who come to renewal t = 1, 2, … that stays, in [0, 1], shape (periods,)."""
        self._must_be_fitted()
        return np.asarray(np.exp(self._log_retention(self.parameters_, _periods(periods, 1))[0]), dtype=np.float64)

    def forecast(self, last_period: int, *, seed: int, level: float = 0.95, draws: int = 1000) -> list[RenewalForecast]:
        """Return survival and retention for periods 0 to ``last_period`` with intervals by draws of the parameters.

        The intervals are of the expected share, as of a large cohort; a small one scatters about it besides.

        Args:
            last_period: renewals ahead, from 0.
            seed: of the draws.
            level: of the intervals, in (0, 1).
            draws: how many, at least 100.

        """
        self._must_be_fitted()
        periods = np.arange(last_period + 1)
        if not 0 < level < 1 or draws < 100:
            message = "The level must be in (0, 1) and the draws 100 or more."
            raise InputError("forecast.interval", message, value=(level, draws))
        retention = self.retention_curves(last_period, seed=seed, draws=draws)
        whole = np.ones((len(retention), 1))
        survival = np.cumprod(np.hstack([whole, retention]), axis=1).astype(np.float64)
        none = NotAvailable("nobody comes to a renewal before the first")
        kept: list[Estimate | NotAvailable] = [none, *_estimates(retention, level)]
        stays = _estimates(survival, level)
        rows = zip(periods, stays, kept, strict=True)
        return [RenewalForecast(int(period), stay, keep) for period, stay, keep in rows]

    def retention_curves(self, last_period: int, *, seed: int, draws: int) -> Floats:
        """Return retention at renewals 1 to ``last_period``, shape (draws + 1, last_period).

        The first row is at the estimate, the others at parameters drawn from their sampling distribution, within the
        bounds of the fit: a direction that is hardly determined would draw infinity now and then.
        """
        self._must_be_fitted()
        periods = _periods(np.arange(last_period), 0) + 1
        with np.errstate(over="ignore"):
            drawn = np.clip(self.draws(draws, seed), np.exp(-LOG_BOUND), np.exp(LOG_BOUND))
        parameters = np.vstack([self.parameters_, drawn]).T[:, :, None]
        return np.asarray(np.exp(self._log_retention(parameters, periods)[0]), dtype=np.float64)

    def discounted_expected_lifetime(self, discount_rate: float) -> float:
        """Return Σ S(t) / (1 + d)^t over t = 0, 1, …: paid periods of a newcomer, the first now, at present value.

        Args:
            discount_rate: per period, above 0.

        """
        return 1 + self.discounted_expected_residual_lifetime(0, discount_rate) / (1 + discount_rate)

    def discounted_expected_residual_lifetime(self, renewed: int, discount_rate: float) -> float:
        """Return the paid periods to come of a customer just before their next renewal, at present value (DERL).

        Σ S(t) / S(n − 1) / (1 + d)^(t − n) over t = n, n + 1, … with n = renewed + 1 (Fader & Hardie 2010, eq. 4):
        the renewal at hand is not discounted.

        Args:
            renewed: renewals made so far, from 0 (in the papers n − 1).
            discount_rate: per period, above 0.

        Raises:
            InputError: a value is out of its range.

        """
        self._must_be_fitted()
        start = _periods([renewed], 0)[0]
        if not (np.isfinite(discount_rate) and discount_rate > 0):
            raise InputError(
                "discount.rate",
                f"The discount rate per period cannot be {discount_rate!r}.",
                value=discount_rate,
                advice="Give one above 0; without discounting ask for the expected residual lifetime.",
            )
        return sum_of_discounted(lambda ahead: self._log_survival_after(start, ahead), discount_rate)

    def expected_residual_lifetime(self, renewed: int, horizon: int | None = None) -> float | NotAvailable:
        """Return the renewals that a customer who has renewed so often is still expected to make.

        Args:
            renewed: renewals made so far, from 0.
            horizon: count only the next so many renewals, from 1; without one, all.

        Returns:
            The number; or why there is none: with many very loyal customers the sum over all times is infinite.

        """
        self._must_be_fitted()
        start = _periods([renewed], 0)[0]
        if horizon is not None:
            ahead = np.arange(1.0, _periods([horizon], 1)[0] + 1)
            return float(np.exp(self._log_survival_after(start, ahead)).sum())
        tail = self._tail_exponent()
        if tail <= 1:
            return NotAvailable(
                f"the most loyal customers stay so long (survival falls as t^-{tail:.2f}) that the mean is infinite; "
                "give a horizon or a discount rate"
            )
        return sum_of_undiscounted(lambda ahead: self._log_survival_after(start, ahead), tail)

    @abstractmethod
    def _starts(self, renewals: Renewals) -> Sequence[Floats]:
        """Return parameters to start the fit from."""

    @abstractmethod
    def _log_survival(self, parameters: Floats, periods: Floats) -> Floats:
        """Return ln S(t), shape (periods,)."""

    @abstractmethod
    def _log_retention(self, parameters: Floats, periods: Floats) -> tuple[Floats, Floats]:
        """Return ln r(t), shape (periods,), and its derivatives by the parameters, shape (p, periods).

        Parameters of shape (p, draws, 1) give one curve a draw, shape (draws, periods).
        """

    @abstractmethod
    def _log_survival_after(self, start: float, ahead: Floats) -> Floats:
        """Return ln S(start + ahead) − ln S(start), shape (ahead,)."""

    @abstractmethod
    def _tail_exponent(self) -> float:
        """Return k where S(t) falls as t^-k for large t."""

    def _must_suffice(self, renewals: Renewals) -> None:
        if renewals.depth < self.least_depth:
            raise InputError(
                "contract.few_renewals",
                f"Not enough renewals: customers came to {renewals.depth}, and {type(self).__name__} needs "
                f"{self.least_depth} to tell how churn changes with age.",
                where="renewals",
                value=renewals.depth,
                advice="Wait for further renewals, count in shorter periods, or use the plain retention rate.",
            )
        if not renewals.total_lost:
            raise InputError(
                "contract.no_churn",
                f"Not enough churn: none of {renewals.customers:,} customers has left in {renewals.depth} renewals.",
                where="renewals",
                advice="There is nothing to project yet; the share that leaves is below "
                f"{3 / renewals.at_risk.sum():.2g} a renewal (rule of three).",
            )


def _periods(periods: Any, least: int) -> Floats:
    found = np.atleast_1d(np.asarray(periods, dtype=np.float64))
    if not (np.isfinite(found) & (found >= least) & (found == np.floor(found))).all():
        raise InputError(
            "periods.number", f"Periods are whole numbers from {least} up.", value=np.asarray(periods).tolist()
        )
    return found


def _estimates(curves: Floats, level: float) -> list[Estimate]:
    low, high = np.quantile(curves[1:], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [
        Estimate(
            float(value), min(float(below), float(value)), max(float(above), float(value)), level, Evidence.OBSERVED
        )
        for value, below, above in zip(curves[0], low, high, strict=True)
    ]
