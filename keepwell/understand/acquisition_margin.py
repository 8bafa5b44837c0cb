"""What new customers brought after their first order: dated contribution margin, by channel."""

from __future__ import annotations

import math
from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import before, midnight, purchases
from keepwell.understand.attributes import UNKNOWN, attributes, customer_groups
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.vocabulary.period import Period

DAYS_A_YEAR = 365.0
DAYS_A_MONTH = DAYS_A_YEAR / 12


def new_customers(facts: Facts, period: Period) -> ir.Table:
    """Return who first ordered in the period: ``customer_id``, ``channel``, ``first_day``, ``first_revenue``.

    The channel is the customer's own where the customers table says, else that of the first order, else unknown.
    """
    orders = purchases(facts)
    first = orders.filter(
        orders.order_number == 1, orders.ordered_at >= midnight(period.start), orders.ordered_at < midnight(period.end)
    )
    won = first.select("customer_id", first_day=day_number(first.ordered_at), first_revenue=first.revenue)
    if "channel" not in attributes(facts):
        return won.mutate(channel=ibis.literal(UNKNOWN))
    groups = customer_groups(facts, "channel").rename(grouped="customer_id", channel="group")
    return won.join(groups, won.customer_id == groups.grouped).drop("grouped")


def costs_are_known(facts: Facts) -> bool:
    """Return whether every order carries its cost of goods; then margins are counted, not assumed."""
    if "cost" not in facts.orders.columns:
        return False
    counted = facts.orders.aggregate(orders=facts.orders.count(), known=facts.orders.cost.count()).to_pyarrow()
    return bool(counted["orders"][0].as_py() == counted["known"][0].as_py() > 0)


def margins(facts: Facts, won: ir.Table, until: date, *, known_costs: bool) -> ir.Table:
    """Return dated margin of who was won: ``customer_id``, ``channel``, ``day`` (from the first order), ``margin``.

    Margin of an order: revenue − cost − payment fee where costs are known, else revenue × margin rate. A refund takes
    off its whole amount where costs are known (the goods were paid for), else amount × margin rate.
    """
    orders = before(facts.orders, "ordered_at", until)
    revenue = orders.revenue.cast("float64")
    rate = ibis.literal(1.0 if known_costs else facts.business.margin_rate)
    margin = revenue * rate
    if known_costs:
        margin = revenue - orders.cost.cast("float64")
        if "payment_fee" in orders.columns:
            margin = margin - orders.payment_fee.cast("float64").fill_null(0.0)
    flows = orders.select("customer_id", on=day_number(orders.ordered_at), margin=margin)
    if facts.refunds is not None:
        refunds = before(facts.refunds, "refunded_at", until)
        back = -refunds.amount.cast("float64") * rate
        flows = flows.union(refunds.select("customer_id", on=day_number(refunds.refunded_at), margin=back))
    joined = flows.join(won.select("customer_id", "channel", "first_day"), "customer_id")
    return joined.select("customer_id", "channel", "margin", day=joined.on - joined.first_day)


def value_sums(flows: ir.Table, horizon_days: int, discount_rate: float) -> ir.Table:
    """Return sums over customers of the margin within the horizon: what means and their intervals need.

    Returns:
        ``channel``, ``customers``, ``total``, ``sum_squares`` (undiscounted), ``discounted_total`` and
        ``discounted_sum_squares`` (each amount times (1 + discount rate)^(−days / 365)).

    """
    inside = flows.filter(flows.day < horizon_days)
    factor = (inside.day.cast("float64") * ibis.literal(-math.log1p(discount_rate) / DAYS_A_YEAR)).exp()
    inside = inside.mutate(discounted=inside.margin * factor)
    each = inside.group_by("channel", "customer_id").aggregate(
        margin=inside.margin.sum(), discounted=inside.discounted.sum()
    )
    return each.group_by("channel").aggregate(
        customers=each.count(),
        total=each.margin.sum(),
        sum_squares=(each.margin * each.margin).sum(),
        discounted_total=each.discounted.sum(),
        discounted_sum_squares=(each.discounted * each.discounted).sum(),
    )


def margin_by_month(flows: ir.Table, horizon_days: int) -> ir.Table:
    """Return undiscounted margin by months after the first order: ``channel``, ``month`` (0: its own day), ``margin``.

    Month t holds the days after t − 1 and up to t twelfths of 365 days.
    """
    inside = flows.filter(flows.day < horizon_days)
    month = (inside.day.cast("float64") / ibis.literal(DAYS_A_MONTH)).ceil().cast("int64")
    inside = inside.mutate(month=month)
    return inside.group_by("channel", "month").aggregate(margin=inside.margin.sum()).order_by("channel", "month")
