"""What each channel costs and brings: CAC, payback, lifetime value against cost, return on spend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from keepwell.understand.acquisition_margin import (
    costs_are_known,
    margin_by_month,
    margins,
    new_customers,
    value_sums,
)
from keepwell.understand.activity import end_of_log, observed
from keepwell.understand.attributes import UNKNOWN
from keepwell.understand.channel_kpis import ChannelKpis, ChannelSums, channel_kpis
from keepwell.understand.facts import Facts
from keepwell.understand.gaps import activity_window
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Period


@dataclass(frozen=True)
class Acquisition:
    """Acquisition of a period: each channel, all of them together, and those that were paid for.

    ``channels`` are ordered by spend, then customers; customers without a channel stand under "(unknown)" and are
    counted in ``unattributed``. ``blended`` sets all spend against all new customers; ``paid`` the same spend against
    the new customers of the channels that had spend. ``notes`` say what a reader must know.
    """

    channels: list[ChannelKpis]
    blended: ChannelKpis
    paid: ChannelKpis
    unattributed: int
    notes: tuple[str, ...] = field(default=())


def channels(facts: Facts, period: Period, **options: Any) -> list[ChannelKpis]:
    """Return the acquisition KPIs of each channel; the options are those of ``acquisition``."""
    return acquisition(facts, period, **options).channels


def acquisition(
    facts: Facts,
    period: Period,
    *,
    horizon_days: int = 365,
    spend_lag_days: int = 0,
    value_period: Period | None = None,
    until: date | None = None,
    same_channel: Mapping[str, str] | None = None,
) -> Acquisition:
    """Acquisition KPIs of the customers whose first order lies in the period, by the channel that won them.

    Observed, not incremental: some of these customers would have come without the spend.

    Args:
        facts: orders and ``spend``; the channel comes from ``customers``, else from the first order.
        period: days in which customers were won.
        horizon_days: days after the first order in which margin counts, at least 1.
        spend_lag_days: days by which spend precedes the orders it brings, at least 0: the spend looked at is that of
            the period moved back by so much.
        value_period: when the customers whose margin is measured were won; ``None``: the period itself. Only customers
            whose whole horizon has been observed are measured, so a recent period needs an earlier one here.
        until: the first day not observed; ``None``: the day after the last order.
        same_channel: names in orders or spend to the one name under which they are shown, where the two differ.

    Raises:
        InputError: no spend facts, or an option out of its range.

    >>> from datetime import datetime, date
    >>> from decimal import Decimal
    >>> from keepwell.vocabulary.business import Business
    >>> orders = ibis.memtable({"customer_id": ["a", "b"], "order_id": ["1", "2"], "channel": ["ads", "ads"],
    ...     "ordered_at": [datetime(2024, 1, 5), datetime(2024, 1, 6)], "revenue": [Decimal(60), Decimal(40)]})
    >>> spend = ibis.memtable({"spent_on": [date(2024, 1, 1)], "channel": ["ads"], "amount": [Decimal(30)]})
    >>> facts = Facts(orders=orders, business=Business(margin_rate=0.5), spend=spend)
    >>> found = acquisition(facts, Period.parse("2024-01"), horizon_days=10, until=date(2024, 2, 1))
    >>> row = found.channels[0]
    >>> row.channel, row.cac, row.margin_per_customer, row.payback_months
    ('ads', 15.0, 25.0, 0)

    """
    _check(facts, horizon_days, spend_lag_days)
    until = end_of_log(facts, until)
    sums: dict[str, ChannelSums] = {}
    names = same_channel or {}
    _add_new(sums, new_customers(facts, period), names)
    _add_spend(sums, spend_by_channel(facts, period, spend_lag_days), names)
    known_costs = costs_are_known(facts)
    _add_value(sums, facts, value_period or period, horizon_days, until, names, known_costs=known_costs)
    blended, paid = ChannelSums(), ChannelSums()
    for one in sums.values():
        blended.add(one)
        if one.spend > 0:
            paid.add(one)
    ordered = sorted(sums, key=lambda name: (-sums[name].spend, -sums[name].customers, name))
    return Acquisition(
        channels=[channel_kpis(name, sums[name], horizon_days) for name in ordered],
        blended=channel_kpis("all", blended, horizon_days),
        paid=channel_kpis("paid", paid, horizon_days),
        unattributed=sums[UNKNOWN].customers if UNKNOWN in sums else 0,
        notes=tuple(_notes(facts, period, until, sums, known_costs=known_costs)),
    )


def spend_by_channel(facts: Facts, period: Period, lag_days: int = 0) -> ir.Table:
    """Spend and what the platforms report, by channel, over the period moved back by ``lag_days``.

    Returns:
        ``channel``, ``spend`` (decimal), ``conversions`` (decimal; null where the platform reports none).

    """
    spend = spend_of(facts)
    lag = timedelta(days=lag_days)
    dated = spend.filter(
        spend.spent_on >= ibis.literal(period.start - lag, "date"),
        spend.spent_on < ibis.literal(period.end - lag, "date"),
    )
    conversions = dated.conversions if "conversions" in dated.columns else ibis.null("decimal(18, 4)")
    dated = dated.mutate(conversions=conversions)
    return dated.group_by("channel").aggregate(spend=dated.amount.sum(), conversions=dated.conversions.sum())


def spend_of(facts: Facts) -> ir.Table:
    """Return the spend, or refuse because there is none."""
    if facts.spend is None:
        raise InputError(
            "facts.no_spend",
            "There is no spend, so nothing can be said of what customers cost.",
            advice="Import an ads cost report, or a table with spent_on, channel and amount.",
        )
    return facts.spend


def _check(facts: Facts, horizon_days: int, spend_lag_days: int) -> None:
    spend_of(facts)
    if horizon_days < 1 or spend_lag_days < 0:
        raise InputError(
            "acquisition.days",
            f"A horizon of {horizon_days} days and a spend lag of {spend_lag_days} days cannot be used.",
            value=(horizon_days, spend_lag_days),
            advice="Give a horizon of at least 1 and a lag of at least 0 days.",
        )


def _rows(table: ir.Table) -> Iterable[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pyarrow().to_pylist()
    return rows


def _of(sums: dict[str, ChannelSums], row: dict[str, Any], names: Mapping[str, str]) -> ChannelSums:
    name = UNKNOWN if row["channel"] is None else row["channel"]
    return sums.setdefault(names.get(name, name), ChannelSums())


def _add_new(sums: dict[str, ChannelSums], won: ir.Table, names: Mapping[str, str]) -> None:
    counted = won.group_by("channel").aggregate(customers=won.count(), first_revenue=won.first_revenue.sum())
    for row in _rows(counted):
        one = _of(sums, row, names)
        one.customers += row["customers"]
        one.first_revenue += float(row["first_revenue"])


def _add_spend(sums: dict[str, ChannelSums], spend: ir.Table, names: Mapping[str, str]) -> None:
    for row in _rows(spend):
        one = _of(sums, row, names)
        one.spend += float(row["spend"] or 0)
        if row["conversions"] is not None:
            one.conversions = (one.conversions or 0.0) + float(row["conversions"])


def _add_value(
    sums: dict[str, ChannelSums],
    facts: Facts,
    period: Period,
    horizon_days: int,
    until: date,
    names: Mapping[str, str],
    *,
    known_costs: bool,
) -> None:
    won = new_customers(facts, period)
    mature = won.filter(won.first_day + horizon_days <= until.toordinal())
    flows = margins(facts, mature, until, known_costs=known_costs)
    for row in _rows(value_sums(flows, horizon_days, facts.business.discount_rate)):
        _of(sums, row, names).add_value(row)
    for row in _rows(margin_by_month(flows, horizon_days)):
        one = _of(sums, row, names)
        one.by_month[row["month"]] = one.by_month.get(row["month"], 0.0) + row["margin"]


def _notes(
    facts: Facts, period: Period, until: date, sums: Mapping[str, ChannelSums], *, known_costs: bool
) -> Iterable[str]:
    yield "Observed, not incremental: some of these customers would have come without the spend."
    if not known_costs:
        yield f"Margin is taken as {facts.business.margin_rate:.0%} of revenue; costs are not known for every order."
    gap = activity_window(facts, until)
    log = observed(facts)
    if isinstance(gap, NotAvailable):
        yield f"Whether new customers bought before the log began cannot be told: {gap.reason}."
    elif period.start < log.start + timedelta(days=gap):
        yield (
            f"The log begins on {log.start}: customers first seen in its first {gap} days may be old ones, "
            "so new customers are overstated and CAC is understated."
        )
    bare = sorted(name for name, one in sums.items() if one.spend > 0 and not one.customers)
    if bare:
        yield f"Spend without a single new customer: {', '.join(bare)}. Do orders name these channels otherwise?"
    if UNKNOWN in sums and sums[UNKNOWN].customers:
        everyone = sum(one.customers for one in sums.values())
        yield f"{sums[UNKNOWN].customers} of {everyone} new customers have no known channel."
