"""How much of the revenue hangs on how few customers."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, midnight
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Period


@dataclass(frozen=True, slots=True)
class ConcentrationSummary:
    """Shares of revenue, as fractions, that the best 1, 10 and 20 % of customers bring, and the Gini coefficient.

    The Gini coefficient is 0 where all customers bring the same, and nears 1 where one brings everything.
    """

    customers: int
    top_1: float
    top_10: float
    top_20: float
    gini: float


def customer_revenue(facts: Facts, period: Period) -> ir.Table:
    """Return customer_id and revenue (decimal, net of refunds in the period, at least 0) of those who ordered in it."""
    inside = _within(facts.orders, "ordered_at", period)
    bought = inside.group_by("customer_id").aggregate(revenue=inside.revenue.sum().cast(TOTAL))
    if facts.refunds is not None:
        dated = _within(facts.refunds, "refunded_at", period)
        given = dated.group_by(refunded_customer="customer_id").aggregate(refunded=dated.amount.sum().cast(TOTAL))
        joined = bought.left_join(given, bought.customer_id == given.refunded_customer)
        net = (joined.revenue - joined.refunded.fill_null(0).cast(TOTAL)).cast(TOTAL)
        bought = joined.select(joined.customer_id, revenue=net)
    nothing = ibis.literal(0).cast(TOTAL)
    return bought.mutate(revenue=ibis.ifelse(bought.revenue < nothing, nothing, bought.revenue))


def concentration(facts: Facts, period: Period) -> ir.Table:
    """Return the share of revenue that the best customers bring, best first.

    Args:
        facts: orders and, where known, refunds.
        period: revenue counts when ordered in it; a customer whose refunds exceed it counts as 0.

    Returns:
        One row per percentile 1 to 100: percentile, customer_share (of the smallest whole number of customers that is
        at least that percentage), revenue_share (of those customers together; null where there is no revenue).

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> best = concentration(facts, Period.parse("2011")).execute()
    >>> [round(float(share), 3) for share in best.revenue_share[[0, 99]]]
    [0.667, 1.0]

    """
    best_first = ibis.window(order_by=[ibis.desc("revenue"), "customer_id"])
    customers = customer_revenue(facts, period)
    ranked = customers.mutate(
        place=ibis.row_number().over(best_first) + 1,
        reached=customers.revenue.sum().over(ibis.cumulative_window(order_by=[ibis.desc("revenue"), "customer_id"])),
    )
    totals = customers.aggregate(customers=customers.count(), total=customers.revenue.sum())
    marks = totals.mutate(percentile=ibis.range(1, 101).unnest())
    marks = marks.mutate(place=(marks.percentile * marks.customers + 99) // 100)
    found = marks.join(ranked, "place")
    return found.select(
        "percentile",
        customer_share=ratio(found.place, found.customers),
        revenue_share=ratio(found.reached, found.total),
    ).order_by("percentile")


def summary(facts: Facts, period: Period) -> ConcentrationSummary | NotAvailable:
    """Return the shares of the best 1, 10 and 20 % of customers and the Gini coefficient; runs two queries."""
    customers = customer_revenue(facts, period)
    ascending = ibis.window(order_by=["revenue", "customer_id"])
    ranked = customers.mutate(place=(ibis.row_number().over(ascending) + 1).cast("float64"))
    weighed = ranked.revenue.cast("float64")
    sums = ranked.aggregate(
        n=ranked.count(), total=weighed.sum(), weighed=(ranked.place * weighed).sum()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    if not sums["n"] or not sums["total"]:
        return NotAvailable("there is no revenue in the period")
    n = int(sums["n"])
    gini = 2 * sums["weighed"] / (n * sums["total"]) - (n + 1) / n
    rows = concentration(facts, period).filter(lambda table: table.percentile.isin([1, 10, 20])).to_pyarrow()
    shares = dict(zip(rows["percentile"].to_pylist(), rows["revenue_share"].to_pylist(), strict=True))
    return ConcentrationSummary(n, shares[1], shares[10], shares[20], max(0.0, gini))


def _within(table: ir.Table, column: str, period: Period) -> ir.Table:
    return table.filter((table[column] >= midnight(period.start)) & (table[column] < midnight(period.end)))
