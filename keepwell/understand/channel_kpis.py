"""The arithmetic of one channel: from sums to CAC, payback and lifetime value against cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable, SampleMean
from keepwell.vocabulary.kpi import KpiDefinition, Unit

Number = float | NotAvailable


@dataclass(slots=True)
class ChannelSums:
    """Additive sums of one channel; ``values`` and ``discounted`` are over customers with a whole horizon."""

    customers: int = 0
    first_revenue: float = 0.0
    spend: float = 0.0
    conversions: float | None = None
    values: SampleMean = field(default_factory=lambda: SampleMean(0, 0.0, 0.0))
    discounted: SampleMean = field(default_factory=lambda: SampleMean(0, 0.0, 0.0))
    by_month: dict[int, float] = field(default_factory=dict)

    def add(self, other: ChannelSums) -> None:
        """Add another channel's sums to these."""
        self.customers += other.customers
        self.first_revenue += other.first_revenue
        self.spend += other.spend
        if other.conversions is not None:
            self.conversions = (self.conversions or 0.0) + other.conversions
        self.values += other.values
        self.discounted += other.discounted
        for month, margin in other.by_month.items():
            self.by_month[month] = self.by_month.get(month, 0.0) + margin

    def add_value(self, row: Mapping[str, Any]) -> None:
        """Add a row of ``acquisition_margin.value_sums``."""
        n = row["customers"]
        self.values += SampleMean(n, row["total"], row["sum_squares"])
        self.discounted += SampleMean(n, row["discounted_total"], row["discounted_sum_squares"])


@dataclass(frozen=True, slots=True)
class ChannelKpis:
    """One channel; money in the business currency, intervals at 95 %.

    ``margin_per_customer`` (with ``margin_low`` … ``margin_high``) is the contribution margin within the horizon,
    ``ltv`` the same discounted to the first order; both are means over the ``mature_customers``, whose whole horizon
    has been observed. ``payback_months`` is the smallest number of months after the first order by which the mean
    margin reaches the CAC (0: with the first order). ``roi`` = (new customers × margin per customer − spend) / spend.
    """

    channel: str
    spend: float
    new_customers: int
    first_order_revenue: float
    first_order_aov: Number
    cac: Number
    mature_customers: int
    margin_per_customer: Number
    margin_low: float | None
    margin_high: float | None
    ltv: Number
    ltv_low: float | None
    ltv_high: float | None
    ltv_to_cac: Number
    ltv_to_cac_low: float | None
    ltv_to_cac_high: float | None
    payback_months: int | NotAvailable
    roi: Number
    platform_conversions: Number
    cpa: Number


def channel_kpis(channel: str, sums: ChannelSums, horizon_days: int) -> ChannelKpis:
    """Return the KPIs that the sums allow, each of the others with the reason why not.

    >>> sums = ChannelSums(customers=10, spend=200.0, values=SampleMean(2, 60.0, 1802.0),
    ...                    discounted=SampleMean(2, 58.0, 1684.0), by_month={0: 30.0, 3: 30.0})
    >>> kpis = channel_kpis("ads", sums, 365)
    >>> kpis.cac, kpis.ltv_to_cac, kpis.payback_months, kpis.roi
    (20.0, 1.45, 3, 0.5)

    """
    nobody = NotAvailable("no new customers in the period")
    cac: Number = _no_spend() if sums.spend <= 0 else sums.spend / sums.customers if sums.customers else nobody
    margin, margin_low, margin_high = _mean(sums.values, horizon_days)
    ltv, ltv_low, ltv_high = _mean(sums.discounted, horizon_days)
    ratio, ratio_low, ratio_high = ltv_to_cac(sums, cac, ltv)
    conversions: Number = NotAvailable("the platform reports none")
    if sums.conversions is not None:
        conversions = sums.conversions
    return ChannelKpis(
        channel, sums.spend, sums.customers, sums.first_revenue,
        first_order_aov=sums.first_revenue / sums.customers if sums.customers else nobody,
        cac=cac, mature_customers=sums.values.n,
        margin_per_customer=margin, margin_low=margin_low, margin_high=margin_high,
        ltv=ltv, ltv_low=ltv_low, ltv_high=ltv_high,
        ltv_to_cac=ratio, ltv_to_cac_low=ratio_low, ltv_to_cac_high=ratio_high,
        payback_months=payback_months(sums, cac, horizon_days),
        roi=_roi(sums, margin),
        platform_conversions=conversions, cpa=_cpa(sums),
    )  # fmt: skip


def ltv_to_cac(sums: ChannelSums, cac: Number, ltv: Number) -> tuple[Number, float | None, float | None]:
    """Return LTV : CAC with its interval.

    With N new customers, LTV : CAC = L / (S / N) = L × N / S. Spend S is known, so nothing random stands in the
    denominator and Fieller's theorem is not needed; the product of the independent L (a sample mean) and N (a count,
    taken as Poisson) has the exact variance L² var N + N² var L + var N var L (Goodman 1960, eq. 2), of which the
    delta method is the first two terms.
    """
    if isinstance(cac, NotAvailable):
        return cac, None, None
    if isinstance(ltv, NotAvailable):
        return ltv, None, None
    if sums.discounted.n < 2:
        return ltv / cac, None, None
    n = sums.customers
    of_mean = sums.discounted.variance / sums.discounted.n
    variance = ltv**2 * n + n**2 * of_mean + n * of_mean
    half = Z_95 * math.sqrt(variance) / sums.spend
    return ltv / cac, ltv / cac - half, ltv / cac + half


def payback_months(sums: ChannelSums, cac: Number, horizon_days: int) -> int | NotAvailable:
    """Return the smallest t with mean margin by month t ≥ CAC, over the customers with a whole horizon."""
    if isinstance(cac, NotAvailable):
        return cac
    if not sums.values.n:
        return _immature(horizon_days)
    so_far = 0.0
    for month in sorted(sums.by_month):
        so_far += sums.by_month[month]
        if so_far / sums.values.n >= cac:
            return month
    return NotAvailable(f"not within the horizon of {horizon_days} days")


def _mean(sums: SampleMean, horizon_days: int) -> tuple[Number, float | None, float | None]:
    found = sums.estimate()
    if isinstance(found, Estimate):
        return found.value, found.low, found.high
    return _immature(horizon_days), None, None


def _roi(sums: ChannelSums, margin: Number) -> Number:
    if sums.spend <= 0:
        return _no_spend()
    if not sums.customers:
        return -1.0
    return margin if isinstance(margin, NotAvailable) else (sums.customers * margin - sums.spend) / sums.spend


def _cpa(sums: ChannelSums) -> Number:
    if sums.conversions is None:
        return NotAvailable("the platform reports no conversions")
    if sums.spend <= 0:
        return _no_spend()
    return sums.spend / sums.conversions if sums.conversions else NotAvailable("no conversions")


def _no_spend() -> NotAvailable:
    return NotAvailable("no spend on this channel")


def _immature(horizon_days: int) -> NotAvailable:
    return NotAvailable(
        f"nobody has been observed for {horizon_days} days; take a shorter horizon or earlier customers"
    )


_DEFINITIONS = (
    KpiDefinition(
        "paid_cac", "Customer acquisition cost, paid (CAC)",
        "Spend over the new customers of the channels that had spend.",
        "paid spend / new customers of paid channels", "spend in the period", "new customers of channels with spend",
        Unit.MONEY, False,
    ),
    KpiDefinition(
        "channel_cac", "Customer acquisition cost, by channel (CAC)",
        "Spend on a channel over the new customers whose first order it brought.",
        "spend / new customers", "spend on the channel", "new customers of the channel", Unit.MONEY, False,
    ),
    KpiDefinition(
        "cpa", "Cost per platform conversion (CPA)",
        "Spend per conversion as the ads platform counts it; a conversion is not a customer.",
        "spend / platform conversions", "spend on the channel", "conversions that the platform reports",
        Unit.MONEY, False,
    ),
    KpiDefinition(
        "payback_months", "Payback period",
        "Months after the first order until a customer's mean contribution margin has repaid the CAC.",
        "smallest t with Σ margin(t) ≥ CAC", "", "", Unit.MONTHS, False,
    ),
    KpiDefinition(
        "ltv_to_cac", "LTV : CAC",
        "Contribution margin of a customer within the horizon, discounted to the first order, per unit of CAC.",
        "discounted margin within the horizon / CAC", "discounted margin per customer", "CAC", Unit.RATIO, True,
    ),
    KpiDefinition(
        "channel_roi", "Acquisition ROI, by channel",
        "Margin within the horizon of the customers that a channel won, less its spend, per unit of spend. Observed, "
        "not incremental.",
        "(new customers × margin per customer − spend) / spend", "margin of customers won − spend", "spend",
        Unit.RATIO, True,
    ),
)  # fmt: skip
DEFINITIONS_ACQUISITION: dict[str, KpiDefinition] = {definition.key: definition for definition in _DEFINITIONS}
