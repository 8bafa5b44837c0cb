"""Rules of thumb that people bring, each next to the shop's own figure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import OrderLog
from keepwell.decide.revenue_share import share_of_the_best
from keepwell.decide.wording import signed_rate
from keepwell.vocabulary.answer import ClaimCheck, Figure
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence, NotAvailable
from keepwell.vocabulary.kpi import Unit

BOOTSTRAP_DRAWS = 1000


def claims(order_log: OrderLog, business: Business, last: LastYear, seed: int) -> list[ClaimCheck]:
    """Return each claim with what the shop's own facts say of it, or why they say nothing.

    Args:
        order_log: the facts.
        business: margin rate.
        last: the last year's figures.
        seed: of the bootstrap over months.

    """
    return [
        ClaimCheck(
            "Winning a customer costs 5 to 25 times as much as keeping one.",
            5.0,
            25.0,
            NotAvailable("what is spent on keeping customers, and whom it kept, is not in the data"),
            Unit.RATIO,
            "Even when true it decides nothing: it compares averages, and the next unit of money is not the average.",
        ),
        _spend_more(order_log, seed),
        _new_product(order_log),
        _five_points(last),
        _few_bring_most(order_log),
    ]


def _spend_more(order_log: OrderLog, seed: int) -> ClaimCheck:
    claim = "Customers you have spend 31% more than new ones."
    months = order_log.revenue[~order_log.revenue["is_truncated"].astype(bool)]
    columns = ("new_revenue", "new_customers", "returning_revenue", "orders")
    sums = np.column_stack([months[name].to_numpy(dtype=np.float64) for name in columns])
    measured = _order_ratio(sums, seed)
    return ClaimCheck(claim, 0.31, 0.31, measured, Unit.RATE, _compared(measured, 0.31, 0.31))


def _order_ratio(sums: np.ndarray, seed: int) -> Figure:
    """Return how much larger a later order is than a first one, with a bootstrap over months."""
    value = _excess(sums.sum(axis=0, keepdims=True))[0]
    if not math.isfinite(value):
        return NotAvailable("there are no later orders, or no first ones, outside the first months of the log")
    note = "value of a later order ÷ of a first order − 1, before refunds"
    if len(sums) < 6:
        return Estimate(value, note=f"{note}; fewer than six months: no interval")
    rng = np.random.default_rng(seed)
    drawn = sums[rng.integers(len(sums), size=(BOOTSTRAP_DRAWS, len(sums)))].sum(axis=1)
    found = _excess(drawn)
    low, high = np.quantile(found[np.isfinite(found)], [0.025, 0.975])
    return Estimate(value, min(value, float(low)), max(value, float(high)), note=note)


def _excess(sums: np.ndarray) -> np.ndarray:
    first_revenue, firsts, later_revenue, orders = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        found: np.ndarray = (later_revenue / (orders - firsts)) / (first_revenue / firsts) - 1
    return np.where((orders > firsts) & (firsts > 0) & (first_revenue > 0), found, np.nan)


def _new_product(order_log: OrderLog) -> ClaimCheck:
    claim = "Customers you have are 50% likelier to try a new product."
    trial = order_log.product_trial
    measured: Figure = NotAvailable("needs order lines with products, over a time in which new products appeared")
    if trial is not None and min(trial.existing_buyers, trial.new_buyers) > 0:
        ratio = (trial.existing_buyers / trial.existing_customers) / (trial.new_buyers / trial.new_customers)
        # Interval of a ratio of two proportions on the log scale (Katz et al. 1978).
        error = math.sqrt(
            1 / trial.existing_buyers - 1 / trial.existing_customers + 1 / trial.new_buyers - 1 / trial.new_customers
        )
        low, high = ratio * math.exp(-Z_95 * error), ratio * math.exp(Z_95 * error)
        measured = Estimate(ratio - 1, low - 1, high - 1, evidence=Evidence.OBSERVED)
    elif trial is not None:
        measured = NotAvailable("nobody of one of the two groups bought a new product")
    return ClaimCheck(claim, 0.5, 0.5, measured, Unit.RATE, _compared(measured, 0.5, 0.5))


def _five_points(last: LastYear) -> ClaimCheck:
    claim = "Five points more retention raise profit by 25% to 95%."
    carried, newcomers = last.margin.total * last.carried, last.newcomers
    worth = last.newcomer_margin.mean if last.newcomer_margin.n else 0.0
    expected = carried + newcomers * worth
    measured: Figure
    if last.margin.n == 0 or last.margin.total <= 0 or expected <= 0:
        measured = NotAvailable("the last year brought no margin")
    else:
        mean = last.margin.estimate()
        share = 0.05 * last.margin.total / expected
        half = 0.0
        if isinstance(mean, Estimate) and mean.low is not None:
            half = share * (mean.value - mean.low) / mean.value
        note = "of next year's contribution margin, before fixed costs; later years are not counted"
        low, high = (share - half, share + half) if half else (None, None)
        measured = Estimate(share, low, high, evidence=Evidence.COUNTED, note=note)
    verdict = "Your data cannot say."
    if isinstance(measured, Estimate):
        verdict = (
            f"Here five points add {measured.value:.0%} to next year's margin; the claim counts later years too, and "
            "profit after fixed costs, which your orders do not show."
        )
    return ClaimCheck(claim, 0.25, 0.95, measured, Unit.RATE, verdict)


def _few_bring_most(order_log: OrderLog) -> ClaimCheck:
    claim = "A fifth of the customers brings four fifths of the revenue."
    measured: Figure = NotAvailable("the last year brought no revenue")
    if order_log.shares is not None:
        revenue = np.maximum(order_log.column("revenue_year")[order_log.column("orders_year") > 0], 0)
        share = share_of_the_best(order_log.shares.top_20, revenue, 0.2)
        measured = replace(share, note="share of the last year's revenue, best fifth of customers")
    return ClaimCheck(claim, 0.8, 0.8, measured, Unit.RATE, _compared(measured, 0.8, 0.8))


def _compared(measured: Figure, low: float, high: float) -> str:
    if isinstance(measured, NotAvailable):
        return "Your data cannot say."
    bottom = measured.value if measured.low is None else measured.low
    top = measured.value if measured.high is None else measured.high
    found = signed_rate(measured.value) if low != 0.8 else f"{measured.value:.0%}"
    if top < low:
        return f"Less than that here: {found}."
    if bottom > high:
        return f"More than that here: {found}."
    return f"Not contradicted here: {found}."
