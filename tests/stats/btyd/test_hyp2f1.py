"""Gauss's function against sixty digits, another library, and closed forms, out to where others return NaN."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1 as of_scipy

from keepwell.stats.btyd.hyp2f1 import hyp2f1, log_hyp2f1


def to_sixty_digits(power: float, a: float, b: float, y: float) -> Decimal:
    """Return 2F1(power, a; a + b; −y) from the series that has positive terms only."""
    with localcontext() as context:
        context.prec = 60
        first, second, z = Decimal(power), Decimal(b), Decimal(y) / (1 + Decimal(y))
        below, term, total, n = Decimal(a) + Decimal(b), Decimal(1), Decimal(1), 0
        while term > total * Decimal(10) ** -40 or n < 10:
            term *= (first + n) * (second + n) * z / ((below + n) * (n + 1))
            total += term
            n += 1
        return total * ((1 - z).ln() * first).exp()


@pytest.mark.parametrize(
    ("power", "a", "b", "y"),
    [
        (1.2, 0.8, 2.4, 10.0),
        (1.243, 0.793, 2.426, 300.0),  # z = .9967
        (3001.2, 0.793, 3002.4, 0.5),  # 3,000 repeats
        (3001.2, 0.793, 3002.4, 20.0),
        (900.0, 2.0, 1.0, 3.0),
        (0.3, 1e-6, 1e-6, 40.0),
        (5.0, 400.0, 0.1, 2.0),
        (2.0, 1.0, 1.0, 1.0),
        (50.0, 0.01, 0.02, 100.0),
    ],
)
def test_equals_sixty_digits(power: float, a: float, b: float, y: float) -> None:
    assert hyp2f1(power, a, b, y) == pytest.approx(float(to_sixty_digits(power, a, b, y)), rel=2e-12)


parameter = st.floats(-2.5, 2.5).map(lambda exponent: 10**exponent)


@given(power=parameter, a=parameter, b=parameter, y=st.floats(-3, 1).map(lambda exponent: 10**exponent))
def test_equals_scipy_where_scipy_can(power: float, a: float, b: float, y: float) -> None:
    theirs = float(of_scipy(power, b, a + b, y / (1 + y))) * (1 + y) ** -power
    if math.isfinite(theirs) and theirs > 1e-250:
        assert hyp2f1(power, a, b, y) == pytest.approx(theirs, rel=1e-9)


@given(u=st.floats(0, 60), a=parameter)
def test_a_power_of_a_plus_b_is_a_power(u: float, a: float) -> None:
    # 2F1(a + b, a; a + b; −y) = (1 + y)^−a
    assert log_hyp2f1(a + 3.0, a, 3.0, u) == pytest.approx(-a * u, rel=1e-9, abs=1e-12)


anything = st.floats(-25, 25).map(math.exp)


@given(power=anything, a=anything, b=anything, u=st.floats(0, 40))
def test_is_never_outside_0_and_1_whatever_the_parameters(power: float, a: float, b: float, u: float) -> None:
    value = log_hyp2f1(power, a, b, u)
    assert not math.isnan(value)
    assert -math.inf < value <= 0


@given(power=parameter, a=parameter, b=parameter, u=st.floats(0, 12))
def test_falls_as_its_argument_grows(power: float, a: float, b: float, u: float) -> None:
    here, there = log_hyp2f1(power, a, b, u), log_hyp2f1(power, a, b, u + 0.5)
    assert there <= here + 1e-9 * max(1.0, abs(here))
