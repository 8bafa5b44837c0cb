"""BG/NBD: customers buy at gamma-distributed rates and may stop after each repeat purchase."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaln

from keepwell.stats.btyd.beta_geo_kernels import alive, mark, purchases, purchases_of_groups, spread
from keepwell.stats.btyd.beta_geo_likelihood import Clock, Tally
from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.btyd.model import BuyTillYouDie, Scores
from keepwell.stats.maximum_likelihood import Maximum, maximise
from keepwell.stats.time_unit import Length
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

SAMPLE = 20_000  # customers
LARGEST_TABLE = 4_000_000  # pairs of x and T


class BetaGeo(BuyTillYouDie):
    """The BG/NBD model of Fader, Hardie & Lee (2005), Marketing Science 24(2), 275–284.

    While alive a customer buys at a Poisson rate λ ~ gamma(r, α); after each *repeat* purchase they stop for good with
    probability p ~ beta(a, b). A customer without a repeat is therefore alive for certain: to flag churn, use
    `ModifiedBetaGeo` or the Pareto/NBD instead.

    Args:
        unit: see `BuyTillYouDie`; α is in it.

    >>> rfm = {"frequency": [0, 2, 0, 1, 9], "recency": [0, 30.4, 0, 1.7, 35.7], "T": [38.9, 38.9, 27, 38.9, 38.9]}
    >>> model = BetaGeo(unit="week").fit(rfm)
    >>> alive, expected, worth = model.scores(rfm, "52w", discount_rate=0.1)
    >>> bool((worth < expected).all()), float(alive[0])
    (True, 1.0)
    >>> round(sum(model.probability_of_purchases(count, "52w") for count in range(500)), 6)
    1.0

    """

    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    # 1 where the first purchase, too, is a chance to stop
    _chances_at_first: ClassVar[int] = 0

    def _maximum(self, base: CustomerBase) -> Maximum:
        """Maximise from several starts over a sample of rows, then over all of them from its best."""
        tally, unit = Tally.of(base, self._chances_at_first), self.time_unit.days
        starts, part = _starts(tally), tally.sample(SAMPLE)
        first = starts
        if part is not tally:
            first = [maximise(part.log_likelihood, starts, part.customers, self.parameter_names).parameters]
        found = maximise(tally.log_likelihood, first, tally.customers, self.parameter_names)
        if part is not tally and found.convergence.note:  # the sample may have led astray
            again = maximise(tally.log_likelihood, starts, tally.customers, self.parameter_names)
            found = max(found, again, key=lambda maximum: maximum.log_likelihood)
        return Maximum(
            found.parameters / np.array([1.0, unit, 1.0, 1.0]),
            found.log_likelihood + tally.repeats * math.log(unit),  # a density per day is a density per week over 7
            found.log_covariance,
            found.convergence,
        )

    def probability_alive(self, rfm: Any) -> Floats:
        """Return P(alive at T | x, t_x, T), shape (rows,): 1 / (1 + δ(x>0) a / (b + x − 1) ((α + T)/(α + t_x))^(r+x)).

        From equations 6 and 7 of Fader, Hardie & Lee (2005); 1 for a customer without a repeat.
        """
        base = self._base(rfm)
        return self._alive(base, Clock.of(base))

    def expected_purchases(self, rfm: Any, horizon: Length) -> Floats:
        """Return E[Y(t) | x, t_x, T], shape (rows,): equation 10 of Fader, Hardie & Lee (2005), see `purchases`."""
        return self.scores(rfm, horizon, 0.0)[1]

    def expected_discounted_purchases(self, rfm: Any, horizon: Length, discount_rate: float) -> Floats:
        """Return expected purchases in (T, T + horizon], each worth exp(−δs) after s days, shape (rows,).

        Args:
            rfm: see `CustomerBase.of`.
            horizon: see `days_of`.
            discount_rate: per year, at least 0.

        """
        return self.scores(rfm, horizon, discount_rate)[2]

    def scores(self, rfm: Any, horizon: Length, discount_rate: float) -> Scores:
        """Return P(alive), expected and expected discounted purchases, each of shape (rows,).

        The last two are P(alive) times what somebody alive at T after x repeats will buy, which depends on (x, T)
        alone and is computed once for each pair that occurs.

        Args:
            rfm: see `CustomerBase.of`.
            horizon: of both expectations, see `days_of`.
            discount_rate: per year, at least 0.

        """
        base, days, force = self._base(rfm), self._days(horizon), self._force(discount_rate)
        clock = Clock.of(base)
        chance = self._alive(base, clock)
        expected, worth = np.empty(base.rows), np.empty(base.rows)
        ages, most = len(clock.times), int(base.frequency.max()) + 1
        if ages * most <= LARGEST_TABLE:
            is_used = np.zeros(ages * most, dtype=np.bool_)
            mark(base.frequency, clock.age_at, ages, is_used)
            pairs = np.flatnonzero(is_used)
            table, worths = np.zeros(ages * most), np.zeros(ages * most)
            table[pairs], worths[pairs] = self._purchases(pairs // ages, clock.times[pairs % ages], days, force)
            spread(base.frequency, clock.age_at, ages, table, worths, chance, expected, worth)
        else:
            expected, worth = (chance * part for part in self._purchases(base.frequency, base.age_days, days, force))
        return chance, expected, worth

    def expected_purchases_of_newcomer(self, horizon: Length) -> float:
        """Return E[X(t)]: equation 9 of Fader, Hardie & Lee (2005), see `purchases`."""
        return self.expected_discounted_purchases_of_newcomer(horizon, 0.0)

    def expected_discounted_purchases_of_newcomer(self, horizon: Length, discount_rate: float) -> float:
        """Return what a newcomer's repeat purchases within the horizon are worth on the day of the first one."""
        days, force = self._days(horizon), self._force(discount_rate)
        r, alpha, a, b = self._in_days()
        stays = 1.0 - self._chances_at_first * a / (a + b)
        return float(stays * purchases(r, alpha, a, b + self._chances_at_first, days, force)[1])

    def probability_of_no_purchase(self, rfm: Any, horizon: Length) -> Floats:
        """Return P(Y(t) = 0 | x, t_x, T), shape (rows,): 1 − P(alive) (1 − ((α + T) / (α + T + t))^(r + x)).

        Exact, since nobody stops between two purchases.
        """
        base, days = self._base(rfm), self._days(horizon)
        r, alpha, _, _ = self._in_days()
        buys = -np.expm1(-(r + base.frequency) * np.log1p(days / (alpha + base.age_days)))
        return np.asarray(1.0 - self._alive(base, Clock.of(base)) * buys, dtype=np.float64)

    def probability_of_purchases(self, count: int, horizon: Length) -> float:
        """Return P(X(t) = x): that a newcomer makes ``count`` repeat purchases within the horizon.

        Equation 8 of Fader, Hardie & Lee (2005).

        Raises:
            InputError: the count is not a whole number from 0 up.

        """
        if count < 0 or count != int(count):
            raise InputError("purchases.count", f"Nobody makes {count} purchases.", value=count, advice="Count from 0.")
        r, alpha, a, b = self._in_days()
        span = math.log1p(self._days(horizon) / alpha)
        share = -math.expm1(-span)  # t / (α + t)
        survived = b + count - (1 - self._chances_at_first) + 1
        log_stays = betaln(a, survived) - betaln(a, b)
        chance = math.exp(log_stays + _log_negative_binomial(count, r, span, share))
        if count + self._chances_at_first > 0:
            log_stops = betaln(a + 1.0, survived - 1.0) - betaln(a, b)
            chance += math.exp(log_stops) * (float(betainc(count, r, share)) if count else 1.0)
        return float(chance)

    def _in_days(self) -> Floats:
        self._must_be_fitted()
        return np.asarray(self.parameters_ * np.array([1.0, self.time_unit.days, 1.0, 1.0]), dtype=np.float64)

    def _alive(self, base: CustomerBase, clock: Clock) -> Floats:
        r, alpha, a, b = self._in_days()
        log_odds = math.log(a) - np.log(
            np.maximum(b + self._chances_at_first - 1.0 + np.arange(int(base.frequency.max()) + 1), 1e-300)
        )
        result = np.empty(base.rows)
        alive(
            base.frequency, clock.recency_at, clock.age_at, np.log1p(clock.times / alpha), log_odds, r,
            not self._chances_at_first, result,
        )  # fmt: skip
        return result

    def _purchases(self, frequency: Any, age_days: Floats, days: float, force: float) -> tuple[Floats, Floats]:
        """Return what customers will buy who are alive for certain."""
        r, alpha, a, b = self._in_days()
        expected, worth = np.empty(len(frequency)), np.empty(len(frequency))
        purchases_of_groups(frequency, age_days, r, alpha, a, b + self._chances_at_first, days, force, expected, worth)
        return expected, worth


def _starts(tally: Tally) -> list[Floats]:
    """Return starts on the scale of the base: its mean repeats, over mean ages, with stopping rare to common."""
    rate = max(tally.repeats, 1.0) / max(float(tally.customers_by_age @ tally.times), 1.0)
    return [
        np.array([r, r / (rate * boost), a, b])
        for r, boost, a, b in ((0.5, 2.0, 1.0, 2.5), (1.0, 1.0, 0.2, 5.0), (2.0, 3.0, 3.0, 3.0))
    ]


def _log_negative_binomial(count: int, r: float, span: float, share: float) -> float:
    """Return log P(N = count) of a negative binomial with (α / (α + t))^r at 0; span = log(1 + t / α)."""
    ways = math.lgamma(r + count) - math.lgamma(r) - math.lgamma(count + 1.0)
    return ways - r * span + (count * math.log(share) if count else 0.0)
