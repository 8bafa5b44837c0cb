"""The variance of coming orders against simulations of each model."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.modified_beta_geo import ModifiedBetaGeo
from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.understand.clv.purchase_variance import purchase_variance

RFM = {"frequency": [0, 2, 0, 1, 9], "recency": [0, 30.4, 0, 1.7, 35.7], "T": [38.9, 38.9, 27, 38.9, 38.9]}
DAYS = {"frequency": [0, 2, 9], "recency": [0, 213, 250], "T": [272.0, 272, 272]}
AGE, HORIZON, PEOPLE = 200.0, 273.0, 400_000


def base_of(frequency: int) -> CustomerBase:
    recency = 0.0 if frequency == 0 else 190.0
    return CustomerBase.of({"frequency": [frequency], "recency_days": [recency], "age_days": [AGE]})


@pytest.mark.parametrize("frequency", [0, 1, 4, 25])
@pytest.mark.parametrize("kind", [BetaGeo, ModifiedBetaGeo])
def test_it_is_that_of_simulated_beta_geometric_customers(kind, frequency):
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    model = kind(unit="week").fit(RFM).at(np.array([r, alpha, a, b]))
    base, random = base_of(frequency), np.random.default_rng(frequency)
    rate = random.gamma(r + frequency, 1 / (alpha * 7 + AGE), PEOPLE)
    dropout = random.beta(a, b + frequency + (kind is ModifiedBetaGeo), PEOPLE)
    orders = np.minimum(random.poisson(rate * HORIZON), random.geometric(np.maximum(dropout, 1e-12)))
    orders *= random.random(PEOPLE) < model.probability_alive(base)[0]
    assert model.expected_purchases(base, "273d")[0] == pytest.approx(orders.mean(), rel=0.02)
    assert purchase_variance(model, base, HORIZON)[0] == pytest.approx(orders.var(), rel=0.04)


@pytest.mark.parametrize("frequency", [0, 1, 4, 25])
def test_it_is_that_of_simulated_pareto_customers(frequency):
    r, alpha, s, beta = 0.553, 10.578, 0.606, 11.669
    model = ParetoNBD(unit="week").fit(RFM).at(np.array([r, alpha, s, beta]))
    base, random = base_of(frequency), np.random.default_rng(frequency)
    rate = random.gamma(r + frequency, 1 / (alpha * 7 + AGE), PEOPLE)
    stop = random.gamma(s, 1 / (beta * 7 + AGE), PEOPLE)
    alive_days = np.minimum(HORIZON, random.exponential(1 / np.maximum(stop, 1e-12)))
    orders = random.poisson(rate * alive_days) * (random.random(PEOPLE) < model.probability_alive(base)[0])
    assert model.expected_purchases(base, "273d")[0] == pytest.approx(orders.mean(), rel=0.02)
    assert purchase_variance(model, base, HORIZON)[0] == pytest.approx(orders.var(), rel=0.04)


def test_it_is_finite_for_the_heaviest_buyer():
    model = BetaGeo(unit="day").fit(DAYS)
    base = CustomerBase.of({"frequency": [3000], "recency_days": [3500.0], "age_days": [3600.0]})
    assert np.isfinite(purchase_variance(model, base, 365.0)).all()


@pytest.mark.parametrize("ridge", [1e3, 1e6, 1e10])
def test_on_a_ridge_it_is_that_of_customers_who_all_stop_alike(ridge):
    r, alpha, stop = 0.8, 30.0, 0.05
    model = BetaGeo(unit="day").fit(DAYS).at(np.array([r, alpha, ridge * stop, ridge * (1 - stop)]))
    base, random = base_of(4), np.random.default_rng(11)
    rate = random.gamma(r + 4, 1 / (alpha + AGE), PEOPLE)
    orders = np.minimum(random.poisson(rate * HORIZON), random.geometric(stop, PEOPLE))
    orders *= random.random(PEOPLE) < model.probability_alive(base)[0]
    assert purchase_variance(model, base, HORIZON)[0] == pytest.approx(orders.var(), rel=0.04)
