"""Next year's margin if nothing changes, as arrays that a what-if can change and a simulation can redraw."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from keepwell.decide.allowable_cac import present_share
from keepwell.decide.foretold import Foretold, if_alive
from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import YEAR_DAYS, Floats, OrderLog
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence

# decide.md: the share of a platform's reported customers that its spend really brought, ~ LogNormal(ln 0.5, 0.6).
INCREMENTAL_MEDIAN = 0.5
INCREMENTAL_SPREAD = 0.6


@dataclass(frozen=True)
class Year:
    """One year to come; customers are those who ordered in the last year, arrays of shape (customers,).

    ``kept_margin`` is a customer's margin of the last year, earned again in full by one who stays; ``margin`` what is
    expected next year (``kept_margin`` × the share of money that the base carries over). Where a model foretells them,
    both are its figures, ``lapsed_margin`` is what customers who did not order in the last year still bring, and
    ``forecast_error`` the relative standard error of the base's total; ``evidence`` says which.

    ``newcomers`` come per year at ``newcomer_margin`` each, which is known but for ``newcomer_error`` (a standard
    error); ``paid_newcomers`` are those that channels with spend report, of whom the share ``incremental`` would not
    have come by themselves. ``spend`` is ``None`` when it is not known.
    """

    margin: Floats
    kept_margin: Floats
    orders: Floats
    recency: Floats
    order_value: float
    margin_rate: float
    newcomers: float
    newcomer_margin: float
    kept_rate: float | None
    paid_newcomers: float = 0.0
    spend: float | None = None
    incremental: float = 0.0
    newcomer_error: float = 0.0
    lapsed_margin: float = 0.0
    forecast_error: float = 0.0
    evidence: Evidence = Evidence.COUNTED

    @property
    def rest(self) -> float:
        """Margin that does not come from the last year's customers: newcomers' and lapsed ones', less spend."""
        return self.newcomers * self.newcomer_margin + self.lapsed_margin - (self.spend or 0.0)


def next_year(order_log: OrderLog, business: Business, last: LastYear) -> Year:
    """Return the year ahead as expected: today's customers carry over, newcomers come as before, spend stays.

    What a model foretells takes the place of last year's figures.

    Args:
        order_log: the facts; spend and paid newcomers come from ``channels``, scaled from its period to a year.
        business: margin and discount rate.
        last: the last year's figures.

    """
    is_active = order_log.column("orders_year") > 0
    orders = order_log.column("orders_year")[is_active]
    revenue = order_log.column("revenue_year")[is_active]
    margin = revenue * business.margin_rate
    spend, paid = _paid(order_log)
    worth, error = _newcomer(order_log, business, last)
    year = Year(
        margin=margin * last.carried,
        kept_margin=margin,
        orders=orders,
        recency=order_log.column("recency_days")[is_active],
        order_value=float(revenue.sum() / orders.sum()) if orders.size else 0.0,
        margin_rate=business.margin_rate,
        newcomers=last.newcomers,
        newcomer_margin=worth,
        newcomer_error=error,
        kept_rate=last.kept.value if isinstance(last.kept, Estimate) else None,
        paid_newcomers=min(paid, last.newcomers),
        spend=spend,
        incremental=mean_incremental(),
    )
    foretold = order_log.foretold
    return _foretold(year, foretold, order_log, is_active) if isinstance(foretold, Foretold) else year


def redrawn(year: Year, size: int, rng: np.random.Generator) -> Year:
    """Return one simulated year: ``size`` customers drawn with replacement, newcomers and their worth drawn anew.

    Args:
        year: the expected year.
        size: customers to draw; totals of the draw are per ``size`` customers.
        rng: the generator.

    """
    chosen = rng.integers(year.margin.size, size=size) if year.margin.size else np.empty(0, dtype=np.int64)
    newcomers = float(rng.poisson(year.newcomers))
    off = year.forecast_error * rng.standard_normal() if year.forecast_error else 0.0
    # A sample's sum is brought to the base by the root that its sampling error takes; this error must outlast that.
    sampled = max(0.0, 1 + off * math.sqrt(year.margin.size / size)) if size else 1.0
    incremental = min(1.0, INCREMENTAL_MEDIAN * math.exp(INCREMENTAL_SPREAD * rng.standard_normal()))
    return replace(
        year,
        margin=year.margin[chosen] * sampled,
        kept_margin=year.kept_margin[chosen] * sampled,
        lapsed_margin=year.lapsed_margin * max(0.0, 1 + off),
        orders=year.orders[chosen],
        recency=year.recency[chosen],
        newcomers=newcomers,
        paid_newcomers=newcomers * (year.paid_newcomers / year.newcomers if year.newcomers else 0.0),
        newcomer_margin=year.newcomer_margin + year.newcomer_error * rng.standard_normal(),
        incremental=incremental,
    )


def mean_incremental() -> float:
    """Return the mean of the prior share of paid customers who are incremental, capped at 1.

    >>> round(mean_incremental(), 3)
    0.549
    """
    mu, s = math.log(INCREMENTAL_MEDIAN), INCREMENTAL_SPREAD
    # E[min(1, X)] of a lognormal: the part below 1 and the mass above it.
    below = math.exp(mu + s * s / 2) * ndtr((-mu - s * s) / s)
    return float(below + ndtr(mu / s))


def _newcomer(order_log: OrderLog, business: Business, last: LastYear) -> tuple[float, float]:
    """Return what a newcomer is worth within the horizon, discounted margin, and its standard error."""
    foretold = order_log.foretold.everyone if isinstance(order_log.foretold, Foretold) else None
    if foretold is not None:
        value = foretold.value
        spread = 0.0 if value.low is None or value.high is None else (value.high - value.low) / (2 * Z_95)
        return value.value * business.margin_rate, spread * business.margin_rate
    worth = last.newcomer_margin
    if not worth.n:
        return 0.0, 0.0
    share = present_share(order_log.everyone, order_log, business)
    return worth.mean * share, math.sqrt(worth.variance / worth.n) * share


def _foretold(year: Year, foretold: Foretold, order_log: OrderLog, is_active: npt.NDArray[np.bool_]) -> Year:
    expected = order_log.column("expected_margin")
    stays = if_alive(order_log.customers, "expected_margin")
    whole = foretold.margin
    spread = 0.0 if whole.low is None or whole.high is None else (whole.high - whole.low) / (2 * Z_95)
    return replace(
        year,
        margin=expected[is_active],
        kept_margin=stays[is_active],
        lapsed_margin=float(expected[~is_active].sum()),
        forecast_error=spread / whole.value if whole.value > 0 else 0.0,
        evidence=whole.evidence,
    )


def _paid(order_log: OrderLog) -> tuple[float | None, float]:
    channels = order_log.channels
    if channels is None or channels.empty:
        return None, 0.0
    spend = channels["spend"].fillna(0).to_numpy(dtype=np.float64)
    won = channels["new_customers"].fillna(0).to_numpy(dtype=np.float64)
    if spend.sum() <= 0:
        return None, 0.0
    per_year = YEAR_DAYS / order_log.channel_days
    return float(spend.sum()) * per_year, float(won[spend > 0].sum()) * per_year
