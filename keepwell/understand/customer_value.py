"""What customers brought within a horizon after their first order: the sums that means and intervals need."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, before, end_of_log, purchases
from keepwell.understand.attributes import customer_groups
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError

EVERYONE = "all"


def value_per_customer(facts: Facts, horizon_days: int, until: date | None = None) -> ir.Table:
    """Return each mature customer's net revenue within ``horizon_days`` after the first order.

    Args:
        facts: orders and, where known, refunds.
        horizon_days: local calendar days after the day of the first order, at least 1; the first order's day is day
            0, and day ``horizon_days`` itself is not counted.
        until: first day not observed; the day after the last order where not given.

    Returns:
        One row per customer whose whole horizon is observed: customer_id, value, first_order_value (decimal; the
        first order itself, before refunds), orders.

    Raises:
        InputError: a horizon below one day.

    """
    if horizon_days < 1:
        raise InputError(
            "value.horizon", "The horizon must be at least one day.", value=horizon_days, advice="Use e.g. 365."
        )
    until = end_of_log(facts, until)
    orders = before(purchases(facts), "ordered_at", until)
    first_day = day_number(orders.first_ordered_at)
    mature = orders.mutate(first_day=first_day).filter(first_day + horizon_days <= until.toordinal())
    nothing = ibis.literal(0).cast(TOTAL)
    rows = mature.select(
        "customer_id", "first_day", day=day_number(mature.ordered_at), value=mature.revenue.cast(TOTAL),
        first_value=ibis.ifelse(mature.order_number == 1, mature.revenue.cast(TOTAL), nothing), orders=1,
    )  # fmt: skip
    if facts.refunds is not None:
        rows = rows.union(_refund_rows(facts, mature, until))
    inside = rows.filter(rows.day < rows.first_day + horizon_days)
    return inside.group_by("customer_id").aggregate(
        value=inside.value.sum().cast(TOTAL),
        first_order_value=inside.first_value.sum().cast(TOTAL),
        orders=inside.orders.sum(),
    )


def value_by(facts: Facts, by: str | None, horizon_days: int, until: date | None = None) -> ir.Table:
    """Return, per group, the sums from which ``SampleMean`` gives the mean value per customer and its interval.

    Args:
        facts: orders and, where known, refunds.
        by: attribute of the customer (``attributes``); one group "all" where ``None``.
        horizon_days: as in ``value_per_customer``.
        until: first day not observed; the day after the last order where not given.

    Returns:
        One row per group with a mature customer: group, customers, total and first_order_total (decimal),
        sum_squares and first_order_sum_squares (float64), orders, repeat_customers (with more than one order).

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> value_by(facts, None, 20, dt.date(2011, 3, 1)).select("group", "customers", "total").execute().values.tolist()
    [['all', 2, Decimal('11.0000')]]

    """
    values = value_per_customer(facts, horizon_days, until)
    if by is None:
        grouped = values.mutate(group=ibis.literal(EVERYONE))
    else:
        grouped = values.join(customer_groups(facts, by), "customer_id")
    value, first = grouped["value"].cast("float64"), grouped.first_order_value.cast("float64")
    return grouped.group_by("group").aggregate(
        customers=grouped.count(),
        total=grouped["value"].sum(),
        sum_squares=(value * value).sum(),
        first_order_total=grouped.first_order_value.sum(),
        first_order_sum_squares=(first * first).sum(),
        orders=grouped.orders.sum(),
        repeat_customers=(grouped.orders > 1).sum(),
    ).order_by("group")  # fmt: skip


def _refund_rows(facts: Facts, mature: ir.Table, until: date) -> ir.Table:
    firsts = mature.filter(mature.order_number == 1).select("customer_id", "first_day")
    refunds = before(facts.refunds, "refunded_at", until).join(firsts, "customer_id")
    return refunds.select(
        "customer_id", "first_day", day=day_number(refunds.refunded_at), value=(-refunds.amount).cast(TOTAL),
        first_value=ibis.literal(0).cast(TOTAL), orders=0,
    )  # fmt: skip
