"""Recency, frequency and money: scores, named segments, and moves between them."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, before
from keepwell.understand.clock import day_number, day_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.understand.rfm_segments import GRID, SCORES

NOT_YET = "not yet a customer"


def rfm(facts: Facts, as_of: date) -> ir.Table:
    """Return every customer's recency, frequency, money, scores and segment.

    A score is 1 plus five times the share of customers who are strictly worse, rounded down: quintiles by rank, in
    which equal values always get equal scores (so with few distinct values some scores stay empty; with one value
    everybody scores 1).

    Args:
        facts: orders and, where known, refunds.
        as_of: first day not counted.

    Returns:
        One row per customer with an order before ``as_of``: customer_id, recency_days (from the last order to
        ``as_of``, at least 1), frequency (orders), monetary (decimal, revenue net of refunds), first_ordered_on,
        last_ordered_on, r, f, m (1 to 5, 5 is best), segment (``rfm_segments``).

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> scored = rfm(facts, dt.date(2011, 3, 1)).order_by("customer_id")
    >>> scored.select("recency_days", "frequency", "segment").execute().values.tolist()
    [[28, 2, 'Hibernating'], [24, 1, 'About to sleep']]

    """
    customers = _customers(facts, as_of)
    count = customers.count().over(ibis.window())
    scored = customers.mutate(
        r=_score(ibis.desc("recency_days"), count),
        f=_score(ibis.asc("frequency"), count),
        m=_score(ibis.asc("monetary"), count),
    )
    return scored.mutate(segment=_segment(scored))


def segments(rfm_table: ir.Table) -> ir.Table:
    """Return one row per segment that has customers, the largest revenue first.

    Args:
        rfm_table: as returned by ``rfm``.

    Returns:
        segment, customers, share (of customers), revenue (decimal), revenue_share, and the means recency_days,
        frequency and monetary.

    """
    per_segment = rfm_table.group_by("segment").aggregate(
        customers=rfm_table.count(),
        revenue=rfm_table.monetary.sum(),
        recency_days=rfm_table.recency_days.cast("float64").mean(),
        frequency=rfm_table.frequency.cast("float64").mean(),
    )
    everyone = ibis.window()
    return per_segment.mutate(
        share=ratio(per_segment.customers, per_segment.customers.sum().over(everyone)),
        revenue_share=ratio(per_segment.revenue, per_segment.revenue.sum().over(everyone)),
        monetary=ratio(per_segment.revenue, per_segment.customers),
    ).order_by(ibis.desc("revenue"), "segment")


def migration(rfm_before: ir.Table, rfm_after: ir.Table) -> ir.Table:
    """Return how many customers moved from one segment to another between two dates.

    Args:
        rfm_before: ``rfm`` at the earlier date.
        rfm_after: ``rfm`` at the later date.

    Returns:
        from_segment ("not yet a customer" for those won in between), to_segment, customers.

    """
    earlier = rfm_before.select(known_as="customer_id", from_segment="segment")
    later = rfm_after.select("customer_id", to_segment="segment")
    moved = later.left_join(earlier, later.customer_id == earlier.known_as)
    pairs = moved.select(from_segment=moved.from_segment.fill_null(NOT_YET), to_segment=moved.to_segment)
    return (
        pairs.group_by("from_segment", "to_segment")
        .aggregate(customers=pairs.count())
        .order_by("from_segment", "to_segment")
    )


def _customers(facts: Facts, as_of: date) -> ir.Table:
    orders = before(facts.orders, "ordered_at", as_of)
    found = orders.group_by("customer_id").aggregate(
        frequency=orders.count(),
        monetary=orders.revenue.sum().cast(TOTAL),
        first_day=day_number(orders.ordered_at.min()),
        last_day=day_number(orders.ordered_at.max()),
    )
    if facts.refunds is not None:
        found = _net(found, before(facts.refunds, "refunded_at", as_of))
    return found.select(
        "customer_id",
        "frequency",
        "monetary",
        recency_days=as_of.toordinal() - found.last_day,
        first_ordered_on=day_of(found.first_day),
        last_ordered_on=day_of(found.last_day),
    ).relocate("recency_days", before="frequency")


def _net(customers: ir.Table, refunds: ir.Table) -> ir.Table:
    given = refunds.group_by(refunded_customer="customer_id").aggregate(refunded=refunds.amount.sum().cast(TOTAL))
    joined = customers.left_join(given, customers.customer_id == given.refunded_customer)
    net = joined.monetary - joined.refunded.fill_null(0).cast(TOTAL)
    return joined.mutate(monetary=net.cast(TOTAL)).select(*customers.columns)


def _score(order: ir.Value, count: ir.IntegerValue) -> ir.IntegerValue:
    worse = ibis.rank().over(ibis.window(order_by=order))
    return ((worse * len(SCORES)) // count + 1).cast("int64")


def _segment(scored: ir.Table) -> ir.StringValue:
    both = (scored.f + scored.m + 1) // 2
    cases = [
        ((scored.r == r) & (both == column), ibis.literal(name))
        for r, names in GRID.items()
        for column, name in enumerate(names, 1)
    ]
    return ibis.cases(*cases)
