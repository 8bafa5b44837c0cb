"""The last year in a few figures that every part of the answer shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.decide.order_log import YEAR_DAYS, Floats, OrderLog
from keepwell.decide.revenue_share import share_of_sum
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable, SampleMean, wilson

TWO_YEARS = 2 * YEAR_DAYS


@dataclass(frozen=True, slots=True)
class LastYear:
    """The 365 days before ``as_of``, money as contribution margin.

    ``margin`` is per customer who ordered in the year; ``newcomers`` are customers whose first order fell in it,
    scaled to a year when the log is shorter (``is_scaled``); ``kept`` the share of the year before's customers who
    ordered again; ``carried`` the money that they brought for every unit they had brought before; ``returning_share``
    the share of revenue from customers whose first order lies before the year.
    """

    active: int
    margin: SampleMean
    newcomers: float
    newcomer_margin: SampleMean
    kept: Estimate | NotAvailable
    carried: float
    carried_is_measured: bool
    returning_share: Estimate | NotAvailable
    is_scaled: bool
    days: int


def last_year(order_log: OrderLog, business: Business) -> LastYear:
    """Return the last year's figures.

    ``carried`` is measured where two years are observed; with less it is set so that newcomers just replace what is
    lost (a steady state), and is then an assumption.

    Args:
        order_log: the facts.
        business: its margin rate turns revenue into margin.

    """
    rate = business.margin_rate
    revenue, orders = order_log.column("revenue_year"), order_log.column("orders_year")
    is_new = order_log.column("tenure_days") < YEAR_DAYS
    is_active = orders > 0
    days = min(order_log.period.days, YEAR_DAYS)
    total, from_new = float(revenue.sum()), float(revenue[is_new].sum())
    has_two_years = order_log.period.days >= TWO_YEARS
    carried = _carried(order_log) if has_two_years else None
    return LastYear(
        active=int(is_active.sum()),
        margin=sample(revenue[is_active] * rate),
        newcomers=float(is_new.sum()) * YEAR_DAYS / days,
        newcomer_margin=_newcomer_margin(order_log, revenue[is_new], rate),
        kept=_kept(order_log) if has_two_years else NotAvailable("the log is shorter than two years"),
        carried=carried if carried is not None else min(1.0, max(0.0, 1 - from_new / total)) if total > 0 else 0.0,
        carried_is_measured=carried is not None,
        returning_share=_returning_share(order_log, revenue[is_active], is_new[is_active]),
        is_scaled=order_log.period.days < YEAR_DAYS,
        days=days,
    )


def sample(values: Floats) -> SampleMean:
    """Return the three sums of an array.

    >>> import numpy as np
    >>> sample(np.array([1.0, 2.0, 3.0]))
    SampleMean(n=3, total=6.0, sum_squares=14.0)
    """
    return SampleMean(int(values.size), float(values.sum()), float((values * values).sum()))


def scaled(mean: SampleMean, factor: float) -> SampleMean:
    """Return the sums of the same people with every value multiplied, such as revenue by a margin rate.

    >>> scaled(SampleMean(n=3, total=6.0, sum_squares=14.0), 0.5)
    SampleMean(n=3, total=3.0, sum_squares=3.5)
    """
    return SampleMean(mean.n, mean.total * factor, mean.sum_squares * factor * factor)


def _newcomer_margin(order_log: OrderLog, revenue_of_new: Floats, rate: float) -> SampleMean:
    everyone = order_log.everyone
    return scaled(everyone.value, rate) if everyone is not None else sample(revenue_of_new * rate)


def _carried(order_log: OrderLog) -> float | None:
    was_active = order_log.column("orders_year_before") > 0
    before = float(order_log.column("revenue_year_before")[was_active].sum())
    after = float(order_log.column("revenue_year")[was_active].sum())
    return max(0.0, after / before) if before > 0 else None


def _kept(order_log: OrderLog) -> Estimate | NotAvailable:
    was_active = order_log.column("orders_year_before") > 0
    before = int(was_active.sum())
    if before == 0:
        return NotAvailable("nobody ordered in the year before the last")
    kept = int((was_active & (order_log.column("orders_year") > 0)).sum())
    low, high = wilson(kept, before)
    return Estimate(kept / before, low, high, evidence=Evidence.COUNTED)


def _returning_share(order_log: OrderLog, revenue: Floats, is_new: npt.NDArray[np.bool_]) -> Estimate | NotAvailable:
    if order_log.period.days < YEAR_DAYS + 90:
        return NotAvailable("the log reaches back too little to tell old customers from new ones")
    share = share_of_sum(np.where(is_new, 0.0, revenue), revenue)
    return share if share is not None else NotAvailable("the last year brought no revenue")
