"""What customers spend an order: the gamma–gamma model, which shrinks a mean of few orders towards everybody's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma

from keepwell.stats.fitted_model import FittedModel
from keepwell.stats.gamma_gamma_kernel import spend_sums
from keepwell.stats.maximum_likelihood import Convergence, Maximum, Objective, maximise
from keepwell.stats.repeat_spend import RepeatSpend, correlation
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, NotAvailable

Floats = npt.NDArray[np.float64]

# p, q, γ with spend measured in the mean: ordinary shops, heavy tails, and customers who are all much alike
STARTS = (np.array([6.0, 4.0, 0.5]), np.array([1.0, 2.0, 1.0]), np.array([50.0, 50.0, 1.0]))
PROBE = 20_000  # rows that show where the top is, so that a million are gone through a few times only
ALIKE = 1e-4  # spread of the logarithm of spend below which everybody spends the same
FIRM = 1e6  # p and q where everybody does: shrinkage no longer shows
MOST = 1e5  # q beyond: customers' means vary by a third of a percent, and the curvature drowns in rounding
FEW = 30


class GammaGamma(FittedModel):
    """Mean spend per order varies between customers (gamma with q, γ), and orders about it (gamma with p).

    Fader, Hardie & Lee 2005 (RFM and CLV, Journal of Marketing Research 42); Fader & Hardie 2013 (brucehardie.com,
    note 025). It takes spend to be independent of how often a customer buys; ``correlation_`` says how true that is.
    After ``fit`` also: ``sample_mean_`` (mean spend of the repeat customers), ``left_out_`` (customers by reason).

    >>> model = GammaGamma().fit({"frequency": [2, 1, 4, 3, 0], "monetary_value": [22.0, 12.0, 40.0, 31.0, 0.0]})
    >>> own = model.expected_value([4, 0], [40.0, 0.0])
    >>> bool(own[1] < own[0] < 40), model.left_out_["no repeat purchase"]
    (True, 1)

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("p", "q", "gamma")
    fitted_names: ClassVar[tuple[str, ...]] = ("sample_mean_", "left_out_", "correlation_of_")

    sample_mean_: float
    left_out_: dict[str, int]
    correlation_of_: dict[str, Any]

    def fit(self, spend: Any) -> Self:
        """Fit by maximum likelihood (Fader & Hardie 2013, eq. 1a).

        Args:
            spend: one row a customer: ``frequency`` or ``purchases`` (how many orders the mean is of, from 0),
                ``monetary_value`` (their mean, in money; may be empty where there are none) and optionally
                ``customers`` (how many share the row). pandas, Polars, Arrow, or a dictionary. Rows without repeat
                purchases or with spend of zero or less are left out and counted in ``left_out_``.

        Raises:
            InputError: the table cannot be used, or "Not enough repeat purchases: …" (fewer than two customers).

        """
        base = RepeatSpend.of(spend)
        if base.total < 2:
            raise InputError(
                "spend.few",
                f"Not enough repeat purchases: {base.total} customer{'s' * (base.total != 1)} with any, "
                "and spend cannot be compared between fewer than 2.",
                where="spend",
                value=base.total,
                advice="Use a longer history, or take the mean order value of everybody.",
            )
        self.sample_mean_, self.left_out_ = base.mean, base.left_out
        found = correlation(base)
        self.correlation_of_ = asdict(found)
        return self._keep(_fitted(base), base.total)

    @property
    def correlation_(self) -> Estimate | NotAvailable:
        """Pearson's correlation of purchases and spend among the customers fitted, with its interval."""
        self._must_be_fitted()
        kept = self.correlation_of_
        if "reason" in kept:
            return NotAvailable(kept["reason"])
        return Estimate(kept["value"], kept["low"], kept["high"])

    @property
    def has_mean(self) -> bool:
        """Whether the mean over the population exists (q above 1)."""
        self._must_be_fitted()
        return float(self.parameters_[1]) > 1

    def mean_of_population(self) -> float:
        """Return the mean spend an order of somebody not seen yet: p γ / (q − 1) (Fader & Hardie 2013, eq. 3).

        Where q ≤ 1 that mean is infinite, as a few large spenders make up the sum; then the mean of the repeat
        customers (``sample_mean_``) takes its place, and ``convergence_.note`` says so.
        """
        if not self.has_mean:
            return self.sample_mean_
        p, q, gamma = self.parameters_
        return float(p * gamma / (q - 1))

    def expected_value(self, frequency: Any, monetary_value: Any) -> Floats:
        """Return each customer's expected spend per future order (Fader & Hardie 2013, eq. 5).

        Their own mean, weighted p x / (p x + q − 1), and the population's. Where q ≤ 1 that weight is taken as 1.

        Args:
            frequency: number of repeat purchases, from 0, shape (rows,).
            monetary_value: their mean spend, shape (rows,); where there is none, or none above 0, the population's
                mean is returned.

        Raises:
            InputError: a frequency is negative or no number, a spend is infinite, or the shapes differ.

        """
        self._must_be_fitted()
        purchases, own = _pair(frequency, monetary_value)
        p, q, _ = self.parameters_
        known = (purchases > 0) & (own > 0)
        seen = p * np.where(known, purchases, 0.0)
        weight = np.divide(seen, seen + max(q - 1, 0.0), out=np.zeros_like(seen), where=known)
        return np.asarray(
            weight * np.where(known, own, 0.0) + (1 - weight) * self.mean_of_population(), dtype=np.float64
        )


def _pair(frequency: Any, monetary_value: Any) -> tuple[Floats, Floats]:
    purchases = np.atleast_1d(np.asarray(frequency, dtype=np.float64))
    own = np.atleast_1d(np.asarray(monetary_value, dtype=np.float64))
    if purchases.shape != own.shape:
        raise InputError(
            "spend.shape",
            f"There are {purchases.size} frequencies and {own.size} mean spends.",
            value=(purchases.shape, own.shape),
            advice="Hand in one of each for every customer.",
        )
    bad = np.flatnonzero(~np.isfinite(purchases) | (purchases < 0) | np.isinf(own))
    if bad.size:
        row = int(bad[0])
        raise InputError(
            "spend.row",
            f"A frequency must be a number from 0 up and a spend finite; {bad.size} rows are not.",
            where=f"row {row + 1}",
            value=(float(purchases[row]), float(own[row])),
        )
    return purchases, own


def _fitted(base: RepeatSpend) -> Maximum:
    if base.spread < ALIKE:
        return _all_alike(base)
    scaled = base.divided_by(base.mean)  # parameters near 1, whatever the currency
    probe = scaled.every(max(1, len(scaled.purchases) // PROBE))
    names = GammaGamma.parameter_names
    starts: Sequence[Floats] = STARTS
    if len(probe.purchases) < len(scaled.purchases):
        starts = (maximise(_objective(probe), STARTS, probe.total, names).parameters,)
    found = maximise(_objective(scaled), starts, base.total, names)
    p, q, gamma = found.parameters
    parameters = np.array([p, min(q, MOST), gamma * base.mean])
    log_likelihood = found.log_likelihood - base.total * math.log(base.mean)  # densities are per unit of money
    surely = parameters[1] / math.exp(2 * math.sqrt(found.log_covariance[1, 1]))
    notes = [found.convergence.note, _note_on_mean(parameters[1], surely, base), _note_on_few(base)]
    ended = found.convergence
    convergence = Convergence(ended.is_converged, ended.iterations, ended.gradient, " ".join(filter(None, notes)))
    return Maximum(parameters, log_likelihood, found.log_covariance, convergence)


def _all_alike(base: RepeatSpend) -> Maximum:
    """Return firm parameters about the one amount: the likelihood has no top, and every prediction is that amount."""
    parameters = np.array([FIRM, FIRM + 1, base.mean])
    log_likelihood = _objective(base)(np.log(parameters))[0]
    note = (
        f"All {base.total:,} repeat customers spend the same, {base.mean:,.2f} an order: p and q have no estimate, "
        "and that amount is expected of everybody."
    )
    return Maximum(parameters, log_likelihood, np.zeros((3, 3)), Convergence(True, 0, 0.0, note))


def _note_on_mean(q: float, surely: float, base: RepeatSpend) -> str:
    if q <= 1:
        return (
            f"Spend varies so much between customers (q = {q:.2f}, not above 1) that its mean does not exist: "
            f"the mean of the {base.total:,} repeat customers, {base.mean:,.2f}, is used instead, "
            "and repeat customers keep their own mean."
        )
    if surely < 1:
        return (
            f"q = {q:.2f} is not clearly above 1, so the mean of the population hangs on a few large spenders: "
            f"compare it with the mean of the repeat customers, {base.mean:,.2f}."
        )
    return ""


def _note_on_few(base: RepeatSpend) -> str:
    return f"Only {base.total} repeat customers: the spread of spend is known roughly." if base.total < FEW else ""


def _objective(base: RepeatSpend) -> Objective:
    """Return the log-likelihood by log p, log q, log γ, with its gradient.

    All gamma functions depend on the number of orders alone, so they are taken once per distinct number; only
    log(γ + total spend) and its inverse are taken per customer. Beyond ``MOST`` the likelihood is taken as flat in q.
    """
    x, position = base.distinct
    n = np.bincount(position, weights=base.customers, minlength=len(x)).astype(np.float64)
    total = base.purchases * base.spend
    weighted = base.customers * base.purchases
    orders_log_total = float(np.dot(weighted, np.log(total)))
    log_spend = float(np.dot(base.customers, np.log(base.spend)))
    counts = (float(base.customers.sum()), float(weighted.sum()))

    def objective(logs: Floats) -> tuple[float, Floats]:
        p, q, gamma = np.exp(logs)
        is_flat, q = q > MOST, min(q, MOST)
        log_sum, log_orders, inverse_sum, inverse_orders = spend_sums(total, base.customers, weighted, gamma)
        shape = p * x
        top = digamma(shape + q)
        value = (
            -np.dot(n, betaln(shape, q))
            + counts[0] * q * logs[2]
            + p * orders_log_total
            - log_spend
            - p * log_orders
            - q * log_sum
        )
        by_p = np.dot(n * x, top - digamma(shape)) + orders_log_total - log_orders
        by_q = np.dot(n, top) - counts[0] * (digamma(q) - logs[2]) - log_sum
        by_gamma = counts[0] * q / gamma - p * inverse_orders - q * inverse_sum
        return float(value), np.array([by_p * p, 0.0 if is_flat else by_q * q, by_gamma * gamma])

    return objective
