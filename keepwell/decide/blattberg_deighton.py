"""How much to spend on winning a customer and on keeping one: the model of Blattberg & Deighton.

Source: Blattberg, R. and Deighton, J. (1996), "Manage marketing by the customer equity test", Harvard Business
Review 74(4). Acquisition rate ``a = c_a (1 − e^(−k_a A))`` of prospects at spend ``A`` per prospect, retention rate
``r = c_r (1 − e^(−k_r R))`` of customers at spend ``R`` per customer and year. What the business gains from one
prospect is ``CE = a V − A``, with ``V = [m (1 + d) − R] / (1 + d − r)`` the value of a customer once won.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq

from keepwell.vocabulary.errors import InputError


@dataclass(frozen=True, slots=True)
class Response:
    """A saturating response of a yearly rate to money spent on one person.

    Args:
        spend: money spent now per prospect or customer and year, above 0.
        rate: the rate that it brings now, a fraction above 0 and below ``ceiling``.
        ceiling: the rate that no amount of money exceeds, at most 1.

    Raises:
        InputError: ``spend`` is not above 0, or the rate does not lie between 0 and the ceiling.

    >>> round(Response(spend=6, rate=0.25, ceiling=0.45).steepness, 6)
    0.135155

    """

    spend: float
    rate: float
    ceiling: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.spend) and self.spend > 0):
            raise _bad("spend", self.spend, "Give what is spent now per person and year, above 0.")
        if not 0 < self.ceiling <= 1:
            raise _bad("ceiling", self.ceiling, "Give the highest rate money can reach, a fraction up to 1.")
        if not 0 < self.rate < self.ceiling:
            raise _bad("rate", self.rate, f"Give a rate above 0 and below the ceiling {self.ceiling}.")

    @property
    def steepness(self) -> float:
        """``k = −ln(1 − rate / ceiling) / spend``, per unit of money."""
        return -math.log1p(-self.rate / self.ceiling) / self.spend

    def at(self, spend: float) -> float:
        """Return the rate at another spend of at least 0."""
        return -self.ceiling * math.expm1(-self.steepness * spend)

    def slope(self, spend: float) -> float:
        """Return the change of the rate per unit of money, at a spend."""
        return self.ceiling * self.steepness * math.exp(-self.steepness * spend)


@dataclass(frozen=True, slots=True)
class Optimum:
    """The best spend on both sides; at an inner optimum both marginal costs equal ``customer_value``.

    ``acquisition_spend`` is per prospect, ``retention_spend`` per customer and year; ``equity_now`` and ``equity``
    are money per prospect. A marginal cost is ``None`` where the best spend is 0, for nothing is bought there.
    """

    acquisition_spend: float
    retention_spend: float
    acquisition_rate: float
    retention_rate: float
    customer_value: float
    equity_now: float
    equity: float
    marginal_cost_of_winning: float | None
    marginal_cost_of_keeping: float | None

    @property
    def average_cost_of_winning(self) -> float | None:
        """Money per customer won, ``A* / a``; ``None`` when nobody is bought."""
        return self.acquisition_spend / self.acquisition_rate if self.acquisition_rate > 0 else None

    @property
    def average_cost_of_keeping(self) -> float | None:
        """Money per customer kept, ``R* / r``; ``None`` when nothing is spent."""
        return self.retention_spend / self.retention_rate if self.retention_rate > 0 else None

    @property
    def retention_share(self) -> float | None:
        """Share of the first year's spend that goes into keeping, ``a R / (A + a R)``; ``None`` when it is all 0."""
        keeping = self.acquisition_rate * self.retention_spend
        total = self.acquisition_spend + keeping
        return keeping / total if total > 0 else None


def customer_value(margin: float, discount_rate: float, retention_rate: float, retention_spend: float) -> float:
    """Return ``V = [m (1 + d) − R] / (1 + d − r)``, the value of a customer from the first year's margin on.

    Args:
        margin: contribution margin per customer and year before retention spend.
        discount_rate: per year, above 0 unless ``retention_rate`` is below 1.
        retention_rate: fraction in [0, 1].
        retention_spend: money per customer and year, at least 0.

    Raises:
        InputError: nobody ever leaves and nothing is discounted, so the value has no bound.

    >>> round(customer_value(60, 0.1, 0.5, 10), 4)
    93.3333

    """
    if 1 + discount_rate - retention_rate <= 0:
        raise _bad("discount_rate", discount_rate, "Give a rate above 0, or a retention rate below 1.")
    return (margin * (1 + discount_rate) - retention_spend) / (1 + discount_rate - retention_rate)


def best_retention_spend(retention: Response, margin: float, discount_rate: float) -> float:
    """Return R*, the root of ``c_r k_r e^(−k_r R) V(R) = 1``; 0 where even the first unit does not pay.

    V rises while ``r'(R) V(R) > 1`` and falls after, so that there is one optimum at most: where V > 0 the left side
    has a negative slope at every crossing.

    >>> round(best_retention_spend(Response(10, 0.5, 0.8), margin=60, discount_rate=0.1), 4)
    22.1696
    """

    def excess(spend: float) -> float:
        return retention.slope(spend) * customer_value(margin, discount_rate, retention.at(spend), spend) - 1

    if margin <= 0 or excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, margin * (1 + discount_rate), xtol=1e-12, rtol=1e-14))


def best_acquisition_spend(acquisition: Response, value: float) -> float:
    """Return ``A* = ln(c_a k_a V) / k_a``, and 0 where ``c_a k_a V ≤ 1``.

    >>> round(best_acquisition_spend(Response(6, 0.25, 0.45), value=112.1167), 4)
    14.2037
    """
    first_unit = acquisition.slope(0.0) * value
    return math.log(first_unit) / acquisition.steepness if first_unit > 1 else 0.0


def optimum(acquisition: Response, retention: Response, *, margin: float, discount_rate: float) -> Optimum:
    """Return the spends on winning and keeping that bring the most from a prospect.

    Args:
        acquisition: response of the share of prospects won.
        retention: response of the share of customers kept per year.
        margin: contribution margin per customer and year, in the money of the spends.
        discount_rate: per year, at least 0 and below 10.

    Raises:
        InputError: a rate reaches its ceiling, a spend is not above 0, or the margin or discount is unusable.

    >>> best = optimum(Response(6, 0.25, 0.45), Response(10, 0.5, 0.8), margin=60, discount_rate=0.1)
    >>> round(best.equity_now, 4), round(best.equity, 4)
    (17.3333, 28.8499)

    """
    if not math.isfinite(margin):
        raise _bad("margin", margin, "Give the margin per customer and year.")
    if not 0 <= discount_rate < 10:
        raise _bad("discount_rate", discount_rate, "Give a yearly fraction such as 0.10.")
    value_now = customer_value(margin, discount_rate, retention.rate, retention.spend)
    keeping = best_retention_spend(retention, margin, discount_rate)
    value = customer_value(margin, discount_rate, retention.at(keeping), keeping)
    winning = best_acquisition_spend(acquisition, value)
    won = acquisition.at(winning)
    return Optimum(
        acquisition_spend=winning,
        retention_spend=keeping,
        acquisition_rate=won,
        retention_rate=retention.at(keeping),
        customer_value=value,
        equity_now=acquisition.rate * value_now - acquisition.spend,
        equity=won * value - winning,
        marginal_cost_of_winning=1 / acquisition.slope(winning) if winning > 0 else None,
        marginal_cost_of_keeping=1 / retention.slope(keeping) if keeping > 0 else None,
    )


def _bad(name: str, value: float, advice: str) -> InputError:
    return InputError(f"blattberg_deighton.{name}", f"The {name} cannot be {value!r}.", value=value, advice=advice)
