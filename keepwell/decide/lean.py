"""When to lean which way: rules of practice, each held against the shop's own figures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from keepwell.decide.last_year import LastYear
from keepwell.decide.order_log import OrderLog
from keepwell.decide.wording import signed_rate
from keepwell.vocabulary.answer import AllowableCac, Lean, LeanCriterion, Status
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable, wilson
from keepwell.vocabulary.kpi import Unit

LARGE_BASE = 0.6  # share of revenue from earlier customers from which growth can come from the base
ROOM_TO_GROW = 0.3  # share of active customers with a single order in the year
NEW_BASE = 0.5  # share of newcomers among the active from which a base counts as small
RISING_CAC = 1.10
CLOSE = "too close to the threshold to tell"
NO_SPEND = "spend per channel is not in the data"


def lean_table(order_log: OrderLog, last: LastYear, allowable: Sequence[AllowableCac]) -> list[LeanCriterion]:
    """Return every criterion of decide.md with what was measured, its threshold, and whether it is met.

    A criterion with an interval is met, or not met, only when the whole interval lies on that side; otherwise it is
    not known.

    Args:
        order_log: the facts.
        last: the last year's figures.
        allowable: the whole base's row is used as the limit of CAC.

    """
    months = complete_months(order_log.growth)
    return [
        _large_base(last),
        _dear_acquisition(order_log, allowable),
        _value_can_grow(order_log),
        _unknown(Lean.KEEP, "advocates are wanted", "a business aim; orders do not show it"),
        _small_base(order_log, last),
        _saturated(order_log, last),
        _unknown(Lean.WIN, "a new product or market is opening", "a plan of the business; orders do not show it"),
        _retention_fell(months),
        _unknown(Lean.WIN, "competitors' customers overlap little with ours", "needs a market survey"),
        _attrition_ahead(months),
        _unknown(
            None,
            "promotions take the place of full-price sales",
            "needs the discount on each order and a control group without it",
        ),
    ]


def complete_months(growth: pd.DataFrame) -> pd.DataFrame:
    """Return the complete months of a growth accounting, oldest first."""
    return growth[growth["is_complete"].astype(bool)].sort_values("period").reset_index(drop=True)


def kept_share(months: pd.DataFrame, last: int, skip: int = 0) -> tuple[int, int] | None:
    """Return retained customers and those who could be, summed over ``last`` months before the last ``skip`` ones.

    ``None`` when the growth accounting is too short, or nobody was active.
    """
    if len(months) < last + skip + 1:
        return None
    end = len(months) - skip
    retained = int(months["retained"].iloc[end - last : end].sum())
    before = int(months["active"].iloc[end - last - 1 : end - 1].sum())
    return (retained, before) if before > 0 else None


def _large_base(last: LastYear) -> LeanCriterion:
    name = "the base is large against the growth needed"
    threshold = f"earlier customers bring at least {LARGE_BASE:.0%} of revenue"
    if isinstance(last.returning_share, NotAvailable):
        return _unknown(Lean.KEEP, name, last.returning_share.reason, threshold)
    status = _side(last.returning_share, LARGE_BASE, is_met_above=True)
    said = {
        Status.MET: "growth can come from customers there are",
        Status.NOT_MET: "most revenue has to be won anew",
        Status.NOT_KNOWN: CLOSE,
    }
    return LeanCriterion(Lean.KEEP, name, status, last.returning_share, Unit.RATE, threshold, said[status])


def _dear_acquisition(order_log: OrderLog, allowable: Sequence[AllowableCac]) -> LeanCriterion:
    name = "a new customer is dear, or getting dearer"
    threshold = f"CAC above what a newcomer earns, or up by {RISING_CAC - 1:.0%} on the half-year before"
    cac = _blended_cac(order_log)
    if isinstance(cac, NotAvailable):
        return _unknown(Lean.KEEP, name, cac.reason, threshold)
    limit = (
        allowable[0].within_horizon if allowable and allowable[0].dimension == "all" else NotAvailable("nobody mature")
    )
    rise = _cac_rise(order_log)
    is_dear = isinstance(limit, Estimate) and cac.value > limit.value
    is_rising = rise is not None and rise >= RISING_CAC
    parts = [] if rise is None else [f"CAC is {signed_rate(rise - 1)} on the half-year before"]
    parts += ["it is above what a newcomer earns"] if is_dear else []
    status = Status.MET if is_dear or is_rising else Status.NOT_MET
    if status is Status.NOT_MET and (rise is None or isinstance(limit, NotAvailable)):
        status = Status.NOT_KNOWN
        parts += ["too little history to tell a trend"]
    return LeanCriterion(Lean.KEEP, name, status, cac, Unit.MONEY, threshold, "; ".join(parts) or "neither holds")


def _blended_cac(order_log: OrderLog) -> Estimate | NotAvailable:
    if order_log.channels is None:
        return NotAvailable(NO_SPEND)
    spend = float(order_log.channels["spend"].fillna(0).sum())
    won = float(order_log.channels["new_customers"].fillna(0).sum())
    if spend <= 0 or won <= 0:
        return NotAvailable("no spend, or no new customers, in the channels' period")
    return Estimate(spend / won, note="all spend / all new customers of the channels")


def _cac_rise(order_log: OrderLog) -> float | None:
    if order_log.monthly_spend is None:
        return None
    joined = order_log.monthly_spend.merge(order_log.revenue[["period", "new_customers"]], on="period")
    joined = joined.sort_values("period").tail(12)
    if len(joined) < 12:
        return None
    early, late = joined.iloc[:6], joined.iloc[6:]
    if min(early["new_customers"].sum(), late["new_customers"].sum(), early["spend"].sum()) <= 0:
        return None
    before = float(early["spend"].sum()) / float(early["new_customers"].sum())
    return float(late["spend"].sum()) / float(late["new_customers"].sum()) / before


def _value_can_grow(order_log: OrderLog) -> LeanCriterion:
    name = "lifetime value can grow"
    threshold = f"at least {ROOM_TO_GROW:.0%} of active customers ordered once only in the year"
    orders = order_log.column("orders_year")
    active, once = int((orders > 0).sum()), int((orders == 1).sum())
    return _share(Lean.KEEP, name, once, active, ROOM_TO_GROW, threshold, "a second order is the nearest growth")


def _small_base(order_log: OrderLog, last: LastYear) -> LeanCriterion:
    name = "the base is small"
    threshold = f"at least {NEW_BASE:.0%} of active customers are newcomers of the year"
    if isinstance(last.returning_share, NotAvailable):
        return _unknown(Lean.WIN, name, last.returning_share.reason, threshold)
    is_active = order_log.column("orders_year") > 0
    new = int((is_active & (order_log.column("tenure_days") < 365)).sum())
    return _share(
        Lean.WIN, name, new, int(is_active.sum()), NEW_BASE, threshold, "little can be gained from a small base"
    )


def _saturated(order_log: OrderLog, last: LastYear) -> LeanCriterion:
    name = "the base is saturated"
    threshold = "customers kept spend no more than the year before"
    stayed = (order_log.column("orders_year") > 0) & (order_log.column("orders_year_before") > 0)
    if not last.carried_is_measured or stayed.sum() < 30:
        return _unknown(Lean.WIN, name, "needs two years of orders and 30 customers kept", threshold)
    now, before = order_log.column("revenue_year")[stayed], order_log.column("revenue_year_before")[stayed]
    if before.sum() <= 0:
        return _unknown(Lean.WIN, name, "customers kept brought nothing the year before", threshold)
    ratio = float(now.sum() / before.sum())
    # Delta method for a ratio of means (Cochran 1977, eq. 6.4).
    error = float(np.std(now - ratio * before, ddof=1) / before.mean() / math.sqrt(stayed.sum()))
    measured = Estimate(ratio, ratio - Z_95 * error, ratio + Z_95 * error)
    why = "spend of customers kept, last year ÷ the year before"
    status = _side(measured, 1.0, is_met_above=False)
    return LeanCriterion(Lean.WIN, name, status, measured, Unit.RATIO, threshold, why)


def _retention_fell(months: pd.DataFrame) -> LeanCriterion:
    name = "retention has fallen below what replaces losses"
    threshold = "monthly kept rate lower than the year before, and fewer customers come than go"
    now, before = kept_share(months, 12), kept_share(months, 12, skip=12)
    inflow = _inflow(months)
    if now is None or before is None or inflow is None:
        return _unknown(Lean.WIN, name, "needs 25 complete months of orders", threshold)
    rate, old = now[0] / now[1], before[0] / before[1]
    half = Z_95 * math.sqrt(rate * (1 - rate) / now[1] + old * (1 - old) / before[1])
    change = Estimate(rate - old, rate - old - half, rate - old + half)
    fell = _side(change, 0.0, is_met_above=False)
    status = Status.MET if fell is Status.MET and inflow < 1 else Status.NOT_MET
    if fell is Status.NOT_KNOWN and inflow < 1:
        status = Status.NOT_KNOWN
    why = f"monthly kept rate {rate:.1%} against {old:.1%}; {inflow:.2f} customers came for each that went"
    return LeanCriterion(Lean.WIN, name, status, change, Unit.RATE, threshold, why)


def _attrition_ahead(months: pd.DataFrame) -> LeanCriterion:
    name = "attrition runs ahead of new customers"
    threshold = "fewer than one customer comes (new or back) for each that goes, over 12 months"
    inflow = _inflow(months)
    if inflow is None:
        return _unknown(Lean.KEEP, name, "needs 13 complete months of orders, with customers leaving", threshold)
    why = "more go than come" if inflow < 1 else "those who come replace those who go"
    status = Status.MET if inflow < 1 else Status.NOT_MET
    return LeanCriterion(Lean.KEEP, name, status, Estimate(inflow), Unit.RATIO, threshold, why)


def _inflow(months: pd.DataFrame) -> float | None:
    if len(months) < 13:
        return None
    year = months.tail(12)
    gone = int(year["churned"].sum())
    return int(year["new"].sum() + year["resurrected"].sum()) / gone if gone else None


def _share(leans: Lean, name: str, part: int, whole: int, limit: float, threshold: str, why: str) -> LeanCriterion:
    if whole == 0:
        return _unknown(leans, name, "nobody ordered in the last year", threshold)
    low, high = wilson(part, whole)
    measured = Estimate(part / whole, low, high)
    status = _side(measured, limit, is_met_above=True)
    said = {
        Status.MET: why,
        Status.NOT_MET: "it is below the threshold",
        Status.NOT_KNOWN: CLOSE,
    }
    return LeanCriterion(leans, name, status, measured, Unit.RATE, threshold, said[status])


def _side(measured: Estimate, limit: float, *, is_met_above: bool) -> Status:
    low = measured.value if measured.low is None else measured.low
    high = measured.value if measured.high is None else measured.high
    if low >= limit:
        return Status.MET if is_met_above else Status.NOT_MET
    if high <= limit:
        return Status.NOT_MET if is_met_above else Status.MET
    return Status.NOT_KNOWN


def _unknown(leans: Lean | None, name: str, reason: str, threshold: str = "") -> LeanCriterion:
    return LeanCriterion(leans, name, Status.NOT_KNOWN, NotAvailable(reason), Unit.RATIO, threshold, reason)
