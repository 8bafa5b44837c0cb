"""How much the number of a customer's coming orders varies, exactly, given the model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import hyp2f1

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

NODES = 24
DROPOUTS = {"BetaGeo": 0, "ModifiedBetaGeo": 1}  # chances to stop that a living customer met besides one a repeat


def purchase_variance(model: BuyTillYouDie, base: CustomerBase, horizon_days: float) -> Floats:
    """Return Var(Y) of each customer's purchases in (T, T + h], given the model's parameters, shape (rows,).

    ``Var(Y) = E[Y(Y − 1)] + E[Y] − E[Y]²``. A pair of purchases at times s < u needs a customer who lives at u, so
    that the pairs are an integral over u alone. With k = r + x and A = α + T, and p = P(alive):

    * Pareto/NBD, stopping apart from buying: ``E[Y(Y−1)] = p k(k+1)/A² ∫ 2u ((β+T)/(β+T+u))^s du``;
    * (M)BG/NBD, stopping after a purchase: ``E[Y(Y−1)] = p E[∫ 2u λ²(1−q) exp(−λqu) du]`` with λ ~ gamma(k, A) and
      q ~ beta(a, b'), b' = b + x (+ 1 for MBG), by Euler's transformation of the hypergeometric function.

    Derived from the posteriors in Schmittlein, Morrison & Colombo (1987) and Fader, Hardie & Lee (2005); the
    integrals by Gauss–Legendre quadrature.

    Args:
        model: a fitted BetaGeo, ModifiedBetaGeo, ParetoNBD or NBD.
        base: customers.
        horizon_days: above 0.

    Raises:
        InputError: the model is another.

    """
    parameters = model.parameters()
    shape = np.asarray(parameters["r"] + base.frequency, dtype=np.float64)
    scale = np.asarray(parameters["alpha"] * model.time_unit.days + base.age_days, dtype=np.float64)
    expected = model.expected_purchases(base, horizon_days / model.time_unit.days)
    alive = model.probability_alive(base)
    # shares of the pairs of purchases that a customer who never stops would make, over the age u of the later one
    shares, weights = _nodes()
    survival = np.zeros(base.rows)
    for share, weight in zip(shares.tolist(), weights.tolist(), strict=True):
        survival += 2 * share * weight * _surviving_pairs(model, base, shape, scale, share * horizon_days)
    pairs = alive * (shape / scale * horizon_days) * ((shape + 1) / scale * horizon_days) * survival
    return np.asarray(np.maximum(pairs + expected - expected**2, 0.0), dtype=np.float64)


def _surviving_pairs(
    model: BuyTillYouDie, base: CustomerBase, shape: Floats, scale: Floats, days: float
) -> npt.NDArray[np.float64]:
    parameters, unit, name = model.parameters(), model.time_unit.days, type(model).__name__
    if name == "NBD":
        return np.ones(base.rows)
    if name == "ParetoNBD":
        stop = parameters["beta"] * unit + base.age_days
        return np.asarray((stop / (stop + days)) ** parameters["s"], dtype=np.float64)
    if name not in DROPOUTS:
        raise InputError(
            "clv.no_variance",
            f"There is no predictive interval for {name}.",
            value=name,
            advice="Use BetaGeo, ModifiedBetaGeo, ParetoNBD or NBD.",
        )
    a, stayed = parameters["a"], parameters["b"] + base.frequency + DROPOUTS[name]
    # (1 + u/A)^−a 2F1(c − k − 2, a; c; u/(A + u)) with c = a + b' + 1: an argument in [0, 1) and a first parameter
    # that does not grow with x, where the plain form overflows
    ratio, third = days / scale, a + stayed + 1
    with np.errstate(over="ignore", invalid="ignore"):
        series = hyp2f1(third - shape - 2, a, third, ratio / (1 + ratio))
        pairs = stayed / (a + stayed) * np.exp(-a * np.log1p(ratio)) * series
    # on a ridge, a and b both without bound, everybody stops with the same probability: the limit is closed
    same = a / (a + stayed)
    limit = (1 - same) * np.exp(-(shape + 2) * np.log1p(same * ratio))
    return np.asarray(np.where(np.isfinite(pairs), pairs, limit), dtype=np.float64)


def _nodes() -> tuple[Floats, Floats]:
    points, weights = np.polynomial.legendre.leggauss(NODES)
    return (points + 1) / 2, weights / 2
