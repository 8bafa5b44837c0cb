"""The hypergeometric tail and its gradient, where the published series converges and where it does not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import hyp2f1

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.pareto_nbd import log_likelihood
from keepwell.stats.btyd.pareto_nbd_histories import Histories, Pairs, rising
from keepwell.stats.btyd.pareto_nbd_kernels import tail

BASE = CustomerBase.of(
    {
        "frequency": [0, 0, 1, 5, 40, 3000],
        "recency_days": [0, 0, 3, 200, 270, 272],
        "age_days": [0, 272, 272, 230, 272, 273],
        "customers": [3, 500, 200, 80, 7, 1],
    }
)


@given(st.floats(0.05, 40), st.floats(1.05, 40), st.floats(0, 0.95))
def test_the_tail_is_the_hypergeometric_function(p, q, z) -> None:
    assert tail(p, q, 1 - z, z)[0] == pytest.approx(np.log(hyp2f1(1, p, p + q, z)), rel=1e-9, abs=1e-13)


@settings(max_examples=30)
@given(st.floats(-4, 9), st.floats(-4, 9), st.floats(-25, -1e-3))
def test_the_tail_is_its_integral_however_near_to_one(log_p, log_q, log_v) -> None:
    p, q, v = np.exp(log_p), 1 + np.exp(log_q), np.exp(log_v)
    m = p + q - 1

    def height(w: float) -> float:
        return -m * w - p * np.log(v + (1 - v) * np.exp(-w))

    far = 1 / m
    while height(far) > -45:
        far *= 2
    bend = -log_v
    edges = sorted({0.0, far, *(edge for edge in (bend - 2, bend, bend + 2, far / 30, far / 5) if 0 < edge < far)})
    total = sum(
        quad(lambda w: np.exp(height(w)), low, high, epsrel=1e-11, limit=400)[0] for low, high in pairwise(edges)
    )
    assert tail(p, q, v, 1 - v)[0] == pytest.approx(np.log(m * total), abs=1e-7)


@pytest.mark.parametrize(("p", "q"), [(0.6, 1.6), (40.0, 1.1), (3000.0, 1.6), (1.6, 3000.0), (2e6, 5.0)])
def test_series_and_panels_meet(p, q) -> None:
    below, above = (tail(p, q, 1 - z, z) for z in (0.8, np.nextafter(0.8, 1)))
    assert below == pytest.approx(above, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    "parameters",
    [
        (0.55, 74.0, 0.6, 82.0),
        (0.55, 74.0, 0.6, 74.0),
        (0.2, 1.0, 3.0, 5e4),
        (9.0, 5e4, 0.01, 0.5),
        (30.0, 4e3, 1.0, 300.0),
    ],
)
def test_the_gradient_is_that_of_the_log_likelihood(parameters) -> None:
    histories, logs = Histories.of(BASE), np.log(parameters)
    gradient = log_likelihood(np.exp(logs), histories)[1]
    for index, step in enumerate(np.eye(4) * 1e-5):
        apart = log_likelihood(np.exp(logs + step), histories)[0] - log_likelihood(np.exp(logs - step), histories)[0]
        assert gradient[index] == pytest.approx(apart / 2e-5, rel=1e-5, abs=1e-4)


@given(st.tuples(*[st.floats(-24, 24).map(np.exp)] * 4))
def test_log_likelihood_and_gradient_are_finite_at_any_parameters(parameters) -> None:
    value, gradient = log_likelihood(np.array(parameters), Histories.of(BASE))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_customers_of_no_age_are_certain() -> None:
    today = CustomerBase.of({"frequency": [0], "recency_days": [0], "age_days": [0], "customers": [50]})
    value, gradient = log_likelihood(np.array([0.5, 10.0, 0.6, 11.0]), Histories.of(today))
    assert value == pytest.approx(0, abs=1e-12)
    assert gradient == pytest.approx(np.zeros(4), abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 9000), st.sampled_from([0.0, 0.5, 3.0, 3.25, 700.0])), min_size=1))
def test_pairs_give_their_rows_back(rows) -> None:
    frequency, time = np.array([x for x, _ in rows]), np.array([t for _, t in rows])
    pairs = Pairs.of(frequency, time)
    assert (pairs.frequency[pairs.of_row] == frequency).all()
    assert (pairs.time[pairs.of_row] == time).all()
    assert len(pairs.time) == len(set(rows))


def test_rising_factorials_beyond_the_table_go_on_smoothly() -> None:
    values, slopes = rising(0.7, np.array([9_999.0, 10_000.0, 10_001.0]))
    assert np.diff(values) == pytest.approx(np.log([9_999.7, 10_000.7]), rel=1e-7)
    assert np.diff(slopes) == pytest.approx([1 / 9_999.7, 1 / 10_000.7], rel=1e-6)
