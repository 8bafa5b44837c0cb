"""What a small change of retention is worth, for one rate and for a base whose customers differ."""

from __future__ import annotations

from collections.abc import Callable

from scipy.integrate import quad
from scipy.special import beta as beta_function

from keepwell.vocabulary.errors import InputError


def margin_multiple(retention_rate: float, discount_rate: float) -> float:
    """Return ``r / (1 + i − r)``: the value of a customer in years of margin (Gupta & Lehmann 2003, table 1).

    Args:
        retention_rate: per year, a fraction in [0, 1].
        discount_rate: per year, above 0 where the retention rate is 1.

    Raises:
        InputError: a rate is out of its range.

    >>> round(margin_multiple(0.8, 0.12), 2)
    2.5

    """
    _check(retention_rate, discount_rate)
    return retention_rate / (1 + discount_rate - retention_rate)


def retention_elasticity(retention_rate: float, discount_rate: float) -> float:
    """Return ``(1 + i) / (1 + i − r)``: per cent of value for one per cent of retention, if all were alike.

    Args:
        retention_rate: per year, a fraction in [0, 1].
        discount_rate: per year, above 0 where the retention rate is 1.

    Raises:
        InputError: a rate is out of its range.

    >>> round(retention_elasticity(0.9, 0.12), 2)
    5.09

    """
    _check(retention_rate, discount_rate)
    return (1 + discount_rate) / (1 + discount_rate - retention_rate)


def mixed_elasticity(alpha: float, beta: float, discount_rate: float) -> float:
    """Return the elasticity of the mean margin multiple where churn differs between people, Beta(alpha, beta).

    Every person's own rate rises by the same small fraction; ``E[r(1+i)/(1+i−r)²] / E[r/(1+i−r)]``
    (Fader & Hardie 2010, "Customer-base valuation in a contractual setting").

    Args:
        alpha, beta: shapes of the churn probability's distribution, above 0; mean retention beta/(alpha + beta).
        discount_rate: per year, above 0.

    Raises:
        InputError: a shape or the rate is not above 0.

    >>> round(mixed_elasticity(0.7041, 1.1820, 0.10), 2), round(retention_elasticity(1.182 / 1.8861, 0.10), 2)
    (6.46, 2.32)

    """
    growth = 1 + discount_rate
    _check_shapes(alpha, beta, discount_rate)
    slope = _mean(lambda kept: kept * growth / (growth - kept) ** 2, alpha, beta)
    return slope / _mean(lambda kept: kept / (growth - kept), alpha, beta)


def capped_elasticity(alpha: float, beta: float, discount_rate: float, rise: float = 0.01) -> float:
    """Return the same for a rise that one can see (1 % by default), with nobody kept at more than 100 %.

    In a polarised base most people cannot be kept any better, and the average rate overstates instead.

    Args:
        alpha, beta: shapes of the churn probability's distribution, above 0.
        discount_rate: per year, above 0.
        rise: relative rise of each person's retention, above 0.

    Raises:
        InputError: a shape, the rate or the rise is not above 0.

    >>> 1.6 < capped_elasticity(0.067, 0.267, 0.10) < 1.7
    True

    """
    growth = 1 + discount_rate
    _check_shapes(alpha, beta, discount_rate)
    if rise <= 0:
        raise InputError("elasticity.rise", f"The rise cannot be {rise!r}.", value=rise, advice="Give one above 0.")

    def lifted(kept: float) -> float:
        better = min(1.0, kept * (1 + rise))
        return better / (growth - better)

    before = _mean(lambda kept: kept / (growth - kept), alpha, beta)
    return (_mean(lifted, alpha, beta, kink=rise / (1 + rise)) / before - 1) / rise


def _mean(function: Callable[[float], float], alpha: float, beta: float, kink: float = 0.25) -> float:
    # The density has algebraic poles at both ends for shapes below 1: quad's own weight takes them exactly, and the
    # middle is cut where the cap bends the function.
    low = quad(lambda c: function(1 - c) * (1 - c) ** (beta - 1), 0, kink, weight="alg", wvar=(alpha - 1, 0))[0]
    middle = quad(lambda c: function(1 - c) * c ** (alpha - 1) * (1 - c) ** (beta - 1), kink, 0.5)[0]
    high = quad(lambda c: function(1 - c) * c ** (alpha - 1), 0.5, 1, weight="alg", wvar=(0, beta - 1))[0]
    return float(low + middle + high) / float(beta_function(alpha, beta))


def _check(retention_rate: float, discount_rate: float) -> None:
    if not 0 <= retention_rate <= 1 or 1 + discount_rate - retention_rate <= 0:
        raise InputError(
            "elasticity.rate",
            f"No multiple exists for a retention of {retention_rate!r} and a discount of {discount_rate!r}.",
            value=(retention_rate, discount_rate),
            advice="Give a retention in [0, 1] and a discount rate above 0.",
        )


def _check_shapes(alpha: float, beta: float, discount_rate: float) -> None:
    if min(alpha, beta, discount_rate) <= 0:
        raise InputError(
            "elasticity.shape",
            "The shapes and the discount rate must be above 0.",
            value=(alpha, beta, discount_rate),
            advice="Fit the shapes to a cohort's survivors first.",
        )
