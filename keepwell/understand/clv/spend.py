"""Which model of spend a base can carry, and what a reader should know of it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import betaln

from keepwell.stats.gamma_gamma import GammaGamma
from keepwell.stats.maximum_likelihood import Convergence
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable, SampleMean

Floats = npt.NDArray[np.float64]

FEWEST = 30  # repeat customers from which the three parameters of spend are fitted
EVERYBODYS_ORDERS = 1.0  # orders that everybody's mean counts as, beside a customer's own, where nothing is fitted
CORRELATED = 0.2


def fitted_spend(spend: dict[str, Floats], first_values: SampleMean) -> GammaGamma:
    """Return the gamma–gamma model of the repeat customers, or where they are too few their shrunk sample mean.

    The fallback has the form of the model, without a fit: expected spend is ``(x m + μ) / (x + 1)``, with x repeat
    occasions of mean m, and μ the mean first order of everybody; its p is that of the spread of first orders, and
    only μ has a standard error. ``convergence_.note`` says so.

    Args:
        spend: as returned by `repeat_spend`.
        first_values: of the first occasions of all customers.

    Raises:
        InputError: there is no order with a value above zero.

    """
    usable = int((spend["monetary_value"] > 0).sum())
    return GammaGamma().fit(spend) if usable >= FEWEST else shrunk_sample_mean(spend, first_values)


def shrunk_sample_mean(spend: dict[str, Floats], first_values: SampleMean) -> GammaGamma:
    """Return the fallback of `fitted_spend`.

    >>> model = shrunk_sample_mean({"frequency": np.array([1.0]), "monetary_value": np.array([30.0])},
    ...                            SampleMean(n=4, total=40.0, sum_squares=500.0))
    >>> model.expected_value([0, 1], [0.0, 30.0]).round(6).tolist()
    [10.0, 20.0]

    """
    if not first_values.n or not first_values.total > 0:
        raise InputError(
            "clv.no_spend",
            "No first order has a value above zero, so there is nothing to expect orders to be worth.",
            where="orders.revenue",
            advice="Check which column holds the amounts.",
        )
    mean = first_values.mean
    relative = math.sqrt(first_values.variance) / mean
    p = min(max(1 / relative**2, 0.1), 1e4) if relative > 0 else 1e4
    q = 1 + p * EVERYBODYS_ORDERS
    model = GammaGamma()
    gamma = mean * (q - 1) / p
    model.parameters_ = np.array([p, q, gamma])
    model.log_covariance_ = np.diag([0.0, 0.0, relative**2 / first_values.n])
    usable = spend["monetary_value"] > 0
    x, own = spend["frequency"][usable], spend["monetary_value"][usable]
    model.log_likelihood_ = _log_likelihood(p, q, gamma, x, own)
    model.customers_ = first_values.n
    model.sample_mean_ = mean
    model.left_out_ = {}
    model.correlation_of_ = {"reason": f"{len(x)} repeat customers are too few to tell"}
    model.convergence_ = Convergence(
        True, 0, 0.0,
        f"Only {len(x)} customers have repeat orders with a value, too few to fit how spend varies ({FEWEST} are "
        f"needed): the mean first order of all {first_values.n:,}, {mean:,.2f}, stands in, and counts as much as one "
        "order of a customer's own.",
    )  # fmt: skip
    return model


def _log_likelihood(p: float, q: float, gamma: float, x: Floats, own: Floats) -> float:
    """Return the gamma–gamma log-likelihood (Fader & Hardie 2013, eq. 1a)."""
    shape = p * x
    terms = (
        -betaln(shape, q) + q * math.log(gamma) + (shape - 1) * np.log(own) + shape * np.log(x)
        - (shape + q) * np.log(gamma + x * own)
    )  # fmt: skip
    return float(terms.sum())


def notes_on_spend(spend: GammaGamma) -> list[str]:
    """Return what a reader should know: how the fit ended, and whether frequent buyers spend otherwise than others."""
    notes = [spend.convergence_.note] if spend.convergence_.note else []
    found = spend.correlation_
    if not isinstance(found, NotAvailable) and abs(found.value) >= CORRELATED:
        more = "more" if found.value > 0 else "less"
        low_or_high = "low for the frequent and high for the rare" if found.value > 0 else (
            "high for the frequent and low for the rare"
        )  # fmt: skip
        notes.append(
            f"Customers who buy more often spend {more} an order (correlation {found.value:.2f}), while the models "
            f"take spend to be independent of frequency: values are somewhat {low_or_high}."
        )
    return notes
