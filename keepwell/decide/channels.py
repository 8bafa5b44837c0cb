"""Acquisition channels with spend: what was paid for a customer against what one may pay."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from keepwell.decide.allowable_cac import present_share
from keepwell.decide.next_year import INCREMENTAL_MEDIAN, INCREMENTAL_SPREAD
from keepwell.decide.order_log import YEAR_DAYS, OrderLog
from keepwell.vocabulary.answer import AllowableCac, ChannelVerdict, Figure, Lean
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.estimate import Z_95, Estimate, Evidence, NotAvailable

NOT_ATTRIBUTED = (
    "No order names the channel that won its customer, so spend cannot be held against customers: import orders with a "
    "channel, or plan on the platform's own figures."
)


def channel_verdicts(
    order_log: OrderLog, business: Business, allowable: Sequence[AllowableCac]
) -> list[ChannelVerdict]:
    """Return one verdict per channel, most spend first; observed, and therefore not what the spend caused.

    LTV:CAC is a newcomer's discounted margin within the horizon over CAC. Its interval joins the value's with the
    Poisson spread of the number won, on the log scale. ``if_half_incremental`` multiplies it by the prior share of
    reported customers who would not have come anyway, LogNormal(ln 0.5, 0.6). A channel *wins* when even that lies
    above 1 in the middle and the observed interval lies above 1; *spend less* when the observed interval lies below.

    Args:
        order_log: ``channels`` with spend, or ``None`` for no verdicts.
        business: margin rate and discount rate.
        allowable: groups of dimension ``"channel"`` where known, and the whole base.

    """
    if order_log.channels is None:
        return []
    of_channel = {a.group: a.within_horizon for a in allowable if a.dimension == "channel"}
    of_all = next((a.within_horizon for a in allowable if a.dimension == "all"), NotAvailable("nobody is mature"))
    rows = order_log.channels.sort_values("spend", ascending=False, kind="stable")
    are_attributed = _are_attributed(order_log)
    return [
        _verdict(row, _value(row, of_channel.get(str(row["channel"])), of_all), order_log, business, are_attributed)
        for row in rows.to_dict("records")
    ]


def _are_attributed(order_log: OrderLog) -> bool:
    """Return whether the channels name the winner of any newcomer; where none does, zero won says nothing of one."""
    if order_log.channels is None:
        return False
    won = pd.to_numeric(order_log.channels["new_customers"], errors="coerce").fillna(0)
    newcomers = (order_log.column("tenure_days") < YEAR_DAYS).sum()
    return bool(won.sum() > 0) or not newcomers


def _verdict(
    row: Mapping[Hashable, Any], value: Figure, order_log: OrderLog, business: Business, are_attributed: bool
) -> ChannelVerdict:
    spend, won = _number(row, "spend") or 0.0, int(_number(row, "new_customers") or 0)
    cac = _cac(spend, won)
    ratio, half_ratio = _ratio(value, cac, won)
    lean, words = _lean(spend, won, ratio, half_ratio) if are_attributed else (Lean.CANNOT_TELL, NOT_ATTRIBUTED)
    return ChannelVerdict(
        channel=str(row["channel"]),
        spend=spend,
        new_customers=won,
        cac=cac,
        allowable_cac=value,
        ltv_to_cac=ratio,
        payback_months=_payback(row, cac, value, order_log, business),
        if_half_incremental=half_ratio,
        verdict=words,
        lean=lean,
        evidence=Evidence.OBSERVED,
    )


def _value(row: Mapping[Hashable, Any], own: Figure | None, of_all: Figure) -> Figure:
    if own is not None:
        return own
    ltv = _number(row, "ltv")
    if ltv is not None:
        return Estimate(max(0.0, ltv), _number(row, "ltv_low"), _number(row, "ltv_high"))
    if isinstance(of_all, Estimate):
        return Estimate(of_all.value, of_all.low, of_all.high, note="the whole base's, for want of the channel's own")
    return of_all


def _cac(spend: float, won: int) -> Figure:
    if spend <= 0:
        return NotAvailable("no spend is recorded for this channel")
    if won == 0:
        return NotAvailable("no new customer is attributed to this channel")
    spread = Z_95 / math.sqrt(won)
    return Estimate(spend / won, spend / won * math.exp(-spread), spend / won * math.exp(spread))


def _ratio(value: Figure, cac: Figure, won: int) -> tuple[Figure, Figure]:
    if isinstance(cac, NotAvailable):
        return cac, cac
    if isinstance(value, NotAvailable):
        return value, value
    ratio = value.value / cac.value
    if ratio <= 0:
        worthless = Estimate(0.0, evidence=Evidence.OBSERVED, note="newcomers earn nothing within the horizon")
        return worthless, worthless
    spread = 1 / won
    if value.low is not None and value.high is not None:
        spread += ((value.high - value.low) / (2 * Z_95) / value.value) ** 2
    prior = spread + INCREMENTAL_SPREAD**2
    half = ratio * INCREMENTAL_MEDIAN
    return (
        _log_interval(ratio, spread, Evidence.OBSERVED),
        _log_interval(half, prior, Evidence.PRIOR),
    )


def _log_interval(value: float, variance: float, evidence: Evidence) -> Estimate:
    factor = math.exp(Z_95 * math.sqrt(variance))
    return Estimate(value, value / factor, value * factor, evidence=evidence)


def _payback(
    row: Mapping[Hashable, Any], cac: Figure, value: Figure, order_log: OrderLog, business: Business
) -> Figure:
    known = _number(row, "payback_months")
    if known is not None:
        return Estimate(known, evidence=Evidence.OBSERVED)
    if isinstance(cac, NotAvailable):
        return cac
    if isinstance(value, NotAvailable):
        return value
    everyone = order_log.everyone
    if cac.value > value.value or everyone is None:
        return NotAvailable("not within the horizon")
    total = max(everyone.value.mean * present_share(everyone, order_log, business), 1e-12)
    first = value.value * min(1.0, max(0.0, everyone.first_order.mean / total))
    if cac.value <= first:
        return Estimate(0.0, evidence=Evidence.OBSERVED, note="the first order pays for it")
    months = order_log.horizon_days / 365 * 12 * (cac.value - first) / (value.value - first)
    return Estimate(months, evidence=Evidence.OBSERVED, note="later orders taken to come evenly over the horizon")


def _lean(spend: float, won: int, ratio: Figure, half: Figure) -> tuple[Lean, str]:
    if spend <= 0:
        return Lean.CANNOT_TELL, "No spend is recorded here, so there is no price to compare."
    if won == 0:
        return Lean.SPEND_LESS, "Money was spent and no new customer is attributed: check the attribution, or stop."
    if isinstance(ratio, NotAvailable) or isinstance(half, NotAvailable):
        return Lean.CANNOT_TELL, "What its customers are worth is not known yet."
    low = ratio.value if ratio.low is None else ratio.low
    high = ratio.value if ratio.high is None else ratio.high
    if high < 1:
        return Lean.SPEND_LESS, "A customer costs more than one earns within the horizon: spend less here."
    if low > 1 and half.value > 1:
        return (
            Lean.WIN,
            "It pays on average even if only half of its customers came because of it; test before raising it.",
        )
    if low > 1:
        return Lean.CANNOT_TELL, "It pays only if most of its customers came because of it: pause it somewhere and see."
    return Lean.CANNOT_TELL, "Too close to call with the customers seen so far."


def _number(row: Mapping[Hashable, Any], name: str) -> float | None:
    found = row.get(name)
    if found is None or bool(pd.isna(found)):
        return None
    number = float(found)
    return number if math.isfinite(number) else None
