"""What the decision needs to know of an order log: sums and one row per customer, whoever computed them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from keepwell.decide.foretold import FORETOLD_COLUMNS, Foretold
from keepwell.vocabulary.answer import NO_MODEL
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence, NotAvailable, SampleMean
from keepwell.vocabulary.period import Period

Floats = npt.NDArray[np.float64]

EVERYONE = "all"
YEAR_DAYS = 365
CUSTOMER_NUMBERS = (
    "tenure_days",
    "recency_days",
    "orders_year",
    "revenue_year",
    "revenue_90_days",
    "orders_year_before",
    "revenue_year_before",
)
GROWTH_COLUMNS = ("period", "active", "new", "retained", "resurrected", "churned", "is_complete")
REVENUE_COLUMNS = ("period", "new_revenue", "returning_revenue", "new_customers", "orders", "is_truncated")
CHANNEL_COLUMNS = ("channel", "spend", "new_customers")


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """Net revenue per customer within the horizon after the first order, mature customers only, for one group.

    Args:
        dimension: ``"all"``, ``"cohort"``, ``"country"``, ``"channel"`` or another attribute of the customer.
        group: the group's name, e.g. ``"2010-Q1"``; ``"all"`` for the whole base.
        value: net revenue per customer within the horizon, the first order included, in business currency.
        first_order: revenue of the first order alone, of the same customers.
        evidence: ``COUNTED`` for historic value.
        is_discounted: true when ``value`` is already worth of today.
        is_truncated: true when some of the customers were first seen in the log's first gap between orders: they may
            be older than they look, so that the value reads high.

    """

    dimension: str
    group: str
    value: SampleMean
    first_order: SampleMean
    evidence: Evidence = Evidence.COUNTED
    is_discounted: bool = False
    is_truncated: bool = False


@dataclass(frozen=True, slots=True)
class GapDays:
    """Days between two orders of a customer, over the base; ``n`` counts the gaps."""

    median: float
    p90: float
    mean: float
    n: int


@dataclass(frozen=True, slots=True)
class RevenueShares:
    """Shares of revenue, fractions, that the best 1, 10 and 20 % of customers bring; ``gini`` in [0, 1]."""

    top_1: float
    top_10: float
    top_20: float
    gini: float


@dataclass(frozen=True, slots=True)
class ProductTrial:
    """How many bought a product that was new in the shop: among earlier customers, and among newcomers."""

    existing_customers: int
    existing_buyers: int
    new_customers: int
    new_buyers: int


@dataclass(frozen=True)
class OrderLog:
    """Everything `keep_or_win.answer` reads.

    Args:
        as_of: the first day that is not observed; "the last year" is the 365 days before it.
        period: first day of the log up to ``as_of``.
        horizon_days: horizon of ``values``, days from the first order.
        values: groups by dimension; ``("all", "all")`` is the whole base and may be missing when nobody is mature.
        customers: one row per customer, up to 1e6: ``segment`` (text) and the numbers ``tenure_days`` (days from the
            first order to ``as_of``), ``recency_days`` (from the last), ``orders_year`` and ``revenue_year`` (orders
            and net revenue of the last 365 days), ``revenue_90_days``, ``orders_year_before`` and
            ``revenue_year_before`` (the 365 days before the last 365). Net revenue may be below 0. With ``foretold``
            also ``probability_alive`` and ``expected_margin`` with ``expected_margin_low`` and
            ``expected_margin_high``: contribution margin to be expected within ``foretold.days``.
        growth: growth accounting by month: period (date), active, new, retained, resurrected, churned, is_complete.
        revenue: by month: period (date), new_revenue (first orders), returning_revenue, new_customers, orders,
            is_truncated (some of the new may be old customers).
        gaps: days between orders; ``None`` when nobody bought twice.
        shares: concentration of the last year's revenue; ``None`` when there was none.
        channels: channel, spend and new_customers (attributed) over one period, and where known ``ltv``,
            ``ltv_low``, ``ltv_high`` (discounted margin per customer) and ``payback_months``; ``None`` without spend.
        channel_days: days of the period that ``channels`` covers, at least 1.
        monthly_spend: period (date), spend: all acquisition spend by month; ``None`` without spend.
        product_trial: who bought products that were new; ``None`` without order lines.
        foretold: what a model of lifetime value says, or why there is none.

    Raises:
        InputError: a column is missing, or a number in ``customers`` is not finite.

    """

    as_of: date
    period: Period
    horizon_days: int
    values: tuple[ValueGroup, ...]
    customers: pd.DataFrame
    growth: pd.DataFrame
    revenue: pd.DataFrame
    gaps: GapDays | None = None
    shares: RevenueShares | None = None
    channels: pd.DataFrame | None = None
    channel_days: int = YEAR_DAYS
    monthly_spend: pd.DataFrame | None = None
    product_trial: ProductTrial | None = None
    foretold: Foretold | NotAvailable = NO_MODEL

    def __post_init__(self) -> None:
        _require("customers", self.customers, ("segment", *CUSTOMER_NUMBERS))
        _require("growth", self.growth, GROWTH_COLUMNS)
        _require("revenue", self.revenue, REVENUE_COLUMNS)
        if self.channels is not None:
            _require("channels", self.channels, CHANNEL_COLUMNS)
        if self.monthly_spend is not None:
            _require("monthly_spend", self.monthly_spend, ("period", "spend"))
        if self.channel_days < 1 or self.horizon_days < 1:
            raise InputError(
                "order_log.days",
                "The horizon and the period of the channels must hold at least one day.",
                value=(self.horizon_days, self.channel_days),
                advice="Use e.g. 365.",
            )
        foretold = FORETOLD_COLUMNS if isinstance(self.foretold, Foretold) else ()
        _require("customers", self.customers, foretold)
        for name in (*CUSTOMER_NUMBERS, *foretold):
            bad = np.flatnonzero(~np.isfinite(self.column(name)))
            if bad.size:
                raise InputError(
                    "order_log.number",
                    f"The customers' column {name} holds something that is not a number.",
                    where=f"row {int(bad[0]) + 1}",
                    value=self.customers[name].iloc[int(bad[0])],
                    advice="Fill it with 0 where the customer had none.",
                )

    def column(self, name: str) -> Floats:
        """Return a number of every customer as an array of shape (customers,)."""
        return self.customers[name].to_numpy(dtype=np.float64)

    @property
    def everyone(self) -> ValueGroup | None:
        """The value of the whole base; ``None`` when no customer is old enough.

        Where it is truncated and whole cohorts are not, those cohorts stand for the base.
        """
        whole = next((g for g in self.values if g.dimension == EVERYONE and g.value.n), None)
        clean = [g for g in self.groups("cohort") if not g.is_truncated]
        if whole is None or not whole.is_truncated or not clean:
            return whole
        nobody = SampleMean(0, 0.0, 0.0)
        value = sum((g.value for g in clean), start=nobody)
        return replace(
            whole, value=value, first_order=sum((g.first_order for g in clean), start=nobody), is_truncated=False
        )

    def groups(self, dimension: str) -> list[ValueGroup]:
        """Return the value groups of one dimension in the order given, those without a mature customer left out."""
        return [group for group in self.values if group.dimension == dimension and group.value.n]

    @property
    def dimensions(self) -> list[str]:
        """The dimensions that have groups, the whole base first."""
        names = dict.fromkeys(group.dimension for group in self.values if group.value.n)
        return sorted(names, key=lambda name: name != EVERYONE)


def _require(name: str, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise InputError(
            "order_log.column",
            f"The frame {name} lacks the column {missing[0]}.",
            where=name,
            value=missing,
            advice=f"It needs {', '.join(columns)}.",
        )
