"""BG/BB: customers who use an opportunity with a chance of their own, until an end of their own."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from keepwell.stats.btyd.beta_geo_beta_binomial_kernel import history_terms
from keepwell.stats.btyd.opportunity_base import MOST, OpportunityBase
from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.maximum_likelihood import maximise
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]


class BetaGeoBetaBinomial(FittedModel):
    """The BG/BB model of Fader, Hardie & Shang (2010, Marketing Science 29(6)), for discrete opportunities.

    At each opportunity a customer who is still there acts with probability p and, before the next, stops with
    probability θ. Over customers p is beta(``alpha``, ``beta``) and θ is beta(``gamma``, ``delta``). There is no unit
    of time: everything is counted in opportunities, such as years of a yearly appeal.

    >>> histories = {"frequency": [0, 2, 4, 6], "recency": [0, 3, 5, 6], "opportunities": [6] * 4}
    >>> model = BetaGeoBetaBinomial().fit({**histories, "customers": [50, 20, 20, 10]})
    >>> model.expected_purchases(histories, 5).round(2).tolist()
    [0.0, 0.52, 2.51, 3.23]

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma", "delta")

    def fit(self, histories: Any) -> Self:
        """Fit by maximum likelihood.

        Args:
            histories: see `OpportunityBase.of`; one row a customer, or groups with the column ``customers``.

        Raises:
            InputError: the table cannot be used, or nobody used an opportunity.

        """
        base = self._base(histories)
        if not base.frequency.any():
            raise InputError(
                "histories.none_used",
                f"Not enough repeat purchases: none of {base.total:,} customers used an opportunity.",
                where="histories",
                advice="Wait for the first that is used, or use a longer history.",
            )

        def objective(logs: Floats) -> tuple[float, Floats]:
            values, gradients, _ = history_terms(np.exp(logs), base)
            return float(values @ base.customers), base.customers @ gradients

        maximum = maximise(objective, [np.array([1.0, 1.0, 0.5, 3.0])], base.total, self.parameter_names)
        return self._keep(maximum, base.total)

    def probability_alive(self, histories: Any) -> Floats:
        """Return the probability that each customer is there at the next opportunity n + 1, in [0, 1], shape (rows,).

        Equation 11 of Fader, Hardie & Shang (2010); below 1 also for who used the last opportunity.
        """
        base = self._base(histories)
        alive = self._there(base)
        _, _, gamma, delta = self.parameters_
        stays = (delta + base.opportunities) / (gamma + delta + base.opportunities)
        return np.asarray((alive * stays)[base.of_row], dtype=np.float64)

    def expected_purchases(self, histories: Any, opportunities: int) -> Floats:
        """Return how many of the next opportunities each customer is expected to use, shape (rows,).

        Equation 13 of Fader, Hardie & Shang (2010) as a sum over the opportunities.

        Args:
            histories: see `OpportunityBase.of`.
            opportunities: how many to look ahead, from 1 up.

        """
        return self.expected_discounted_purchases(histories, opportunities, 0.0)

    def expected_discounted_purchases(self, histories: Any, opportunities: int, discount_rate: float) -> Floats:
        """Return what each customer's use of the next opportunities is worth today, in purchases, shape (rows,).

        The k-th opportunity from now counts (1 + discount_rate)⁻ᵏ; over very many, this is the paper's discounted
        expected residual transactions.

        Args:
            histories: see `OpportunityBase.of`.
            opportunities: how many to look ahead, from 1 up.
            discount_rate: from one opportunity to the next, above −1.

        """
        base, ahead = self._base(histories), _ahead(opportunities)
        if not discount_rate > -1:
            raise InputError("discount.rate", f"A discount rate of {discount_rate} is none.", value=discount_rate)
        alive = self._there(base)
        alpha, beta, _, _ = self.parameters_
        buys = (alpha + base.frequency) / (alpha + beta + base.opportunities)
        seen, at_seen = np.unique(base.opportunities, return_inverse=True)
        stays = np.array([self._staying(int(count), ahead, discount_rate) for count in seen])
        return np.asarray((alive * buys * stays[at_seen])[base.of_row], dtype=np.float64)

    def expected_purchases_of_newcomer(self, opportunities: int) -> float:
        """Return how many of the first opportunities a new customer is expected to use: E[X(n)], equation 9."""
        self._must_be_fitted()
        alpha, beta, _, _ = self.parameters_
        return float(alpha / (alpha + beta) * self._staying(0, _ahead(opportunities), 0.0))

    def probability_of_no_purchase(self, histories: Any, opportunities: int) -> Floats:
        """Return the probability that each customer uses none of the next opportunities, shape (rows,).

        They have then the same history seen from there: L(x, t_x, n + h) / L(x, t_x, n).
        """
        self._must_be_fitted()
        base, ahead = self._base(histories), _ahead(opportunities)
        later, now = history_terms(self.parameters_, base, ahead)[0], history_terms(self.parameters_, base)[0]
        return np.asarray(np.minimum(np.exp(later - now), 1.0)[base.of_row], dtype=np.float64)

    def _base(self, histories: Any) -> OpportunityBase:
        return histories if isinstance(histories, OpportunityBase) else OpportunityBase.of(histories)

    def _there(self, base: OpportunityBase) -> Floats:
        """Return the probability that each customer had not stopped by the last opportunity."""
        self._must_be_fitted()
        values, _, alive = history_terms(self.parameters_, base)
        return np.asarray(np.exp(alive - values), dtype=np.float64)

    def _staying(self, seen: int, ahead: int, discount_rate: float) -> float:
        """Return Σ P(there at n + k | there at n) (1 + d)⁻ᵏ over the opportunities ahead."""
        _, _, gamma, delta = self.parameters_
        before = delta + seen + np.arange(ahead)
        logs = np.cumsum(-np.log1p(gamma / before)) - np.log1p(discount_rate) * np.arange(1, ahead + 1)
        return float(np.exp(logs).sum())


def _ahead(opportunities: int) -> int:
    if not 1 <= opportunities <= MOST or opportunities != int(opportunities):
        raise InputError(
            "horizon.opportunities",
            f"The horizon must be a whole number of opportunities from 1 to {MOST:,}, not {opportunities}.",
            value=opportunities,
            advice="BG/BB counts opportunities, not days.",
        )
    return int(opportunities)
