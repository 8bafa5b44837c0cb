"""Gamma ratios: against exact products, for shapes from tiny to huge."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import betaln

from keepwell.stats.contract.gamma_ratio import digamma_rise, log_beta_fall, log_gamma_rise

SHAPES = [1e-6, 0.3, 1.0, 7.5, 39.9, 40.1, 1e3, 1e7, 1e10]


@pytest.mark.parametrize("base", SHAPES)
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_log_gamma_over_whole_steps_is_the_log_of_a_product(base, steps) -> None:
    assert log_gamma_rise(base, steps) == pytest.approx(math.fsum(math.log(base + i) for i in range(steps)), rel=1e-12)


@pytest.mark.parametrize("base", SHAPES)
@pytest.mark.parametrize("steps", [1, 2, 12])
def test_digamma_over_whole_steps_is_a_sum_of_inverses(base, steps) -> None:
    assert digamma_rise(base, steps) == pytest.approx(math.fsum(1 / (base + i) for i in range(steps)), rel=1e-9)


@pytest.mark.parametrize("alpha", SHAPES)
@pytest.mark.parametrize("beta", SHAPES)
@pytest.mark.parametrize("steps", [1, 3, 60])
def test_log_beta_over_whole_steps_is_the_product_of_retention_rates(alpha, beta, steps) -> None:
    a, b = Fraction(alpha), Fraction(beta)
    exact = math.fsum(-math.log1p(float(a / (b + i))) for i in range(steps))
    assert log_beta_fall(alpha, beta, steps) == pytest.approx(exact, rel=1e-6)


@given(st.floats(0.01, 500), st.floats(0.01, 500), st.floats(0, 1e4))
def test_log_beta_is_scipy_s_where_that_is_exact(alpha, beta, rise) -> None:
    exact = betaln(alpha, beta + rise) - betaln(alpha, beta)
    assert log_beta_fall(alpha, beta, rise) == pytest.approx(exact, rel=1e-9, abs=1e-9)


def test_log_beta_falls_without_bound_and_without_noise_far_out() -> None:
    far = log_beta_fall(5.6e7, 5.06e8, np.geomspace(1, 1e30, 60))
    assert (np.diff(far) < 0).all()
