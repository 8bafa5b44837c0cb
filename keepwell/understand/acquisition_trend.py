"""How the cost of a new customer moves over time."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.acquisition import spend_of
from keepwell.understand.activity import before, purchases
from keepwell.understand.clock import start_of, step_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.vocabulary.period import Grain

MONEY = "decimal(38, 4)"


def cac_trend(facts: Facts, grain: Grain, until: date, spend_lag_days: int = 0) -> ir.Table:
    """Blended CAC per period: all spend over all new customers.

    Args:
        facts: orders and ``spend``.
        grain: length of a period.
        until: the first day that is not looked at.
        spend_lag_days: days by which spend is moved forward to meet the orders it brings, at least 0.

    Returns:
        An expression, ordered, with a row for each period that has spend or new customers: ``period`` (first day),
        ``spend`` (decimal), ``new_customers``, ``cac`` (null where nobody was won or nothing was spent) and
        ``is_complete`` (the whole period lies before ``until``).

    Raises:
        InputError: no spend facts.

    """
    spend = spend_of(facts)
    spend = spend.mutate(met=spend.spent_on + ibis.interval(days=spend_lag_days))
    spend = spend.mutate(met=spend.met.cast("date"))
    spend = spend.filter(spend.met < ibis.literal(until, "date"))
    spent = spend.group_by(step=step_of(spend.met, grain)).aggregate(
        spend=spend.amount.sum().cast(MONEY), new_customers=ibis.literal(0, "int64")
    )
    orders = before(purchases(facts), "ordered_at", until)
    first = orders.filter(orders.order_number == 1)
    won = first.group_by(step=step_of(first.ordered_at, grain)).aggregate(
        spend=ibis.literal(0).cast(MONEY), new_customers=first.count()
    )
    both = spent.union(won)
    steps = both.group_by("step").aggregate(
        spend=both.spend.sum().cast(MONEY), new_customers=both.new_customers.sum().cast("int64")
    )
    spend_or_null = ibis.ifelse(steps.spend > 0, steps.spend, ibis.null(MONEY))
    return steps.order_by("step").select(
        start_of(steps.step, grain).name("period"),
        "spend",
        "new_customers",
        cac=ratio(spend_or_null, steps.new_customers),
        is_complete=start_of(steps.step + 1, grain) <= ibis.literal(until, "date"),
    )
