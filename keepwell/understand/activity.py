"""Who ordered when: the one aggregate that retention, cohorts, growth and revenue are built on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.clock import step_of
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain, Period

PLACE_COLUMNS = ("order_number", "first_ordered_at", "previous_ordered_at")
# Kept by the lake for tracing a row back to its file; no analysis reads them.
TRACING_COLUMNS = ("source_row", "import_id", "line_count", "currency")
TOTAL = "decimal(38, 4)"


def midnight(day: date) -> ir.TimestampScalar:
    """Return the first moment of a local day as a literal, to compare with naive local times."""
    return ibis.literal(datetime.combine(day, time()), type="timestamp")


def purchases(facts: Facts) -> ir.Table:
    """Return the orders with their place in each customer's life.

    One row per order, with ``order_number`` (from 1; orders of the same moment in the order of their ids),
    ``first_ordered_at`` and ``previous_ordered_at`` (null for the first order).
    """
    orders = facts.orders.drop(*(name for name in TRACING_COLUMNS if name in facts.orders.columns))
    if set(PLACE_COLUMNS) <= set(orders.columns):
        return orders
    keys = {"group_by": "customer_id", "order_by": ["ordered_at", "order_id"]}
    life, so_far = ibis.window(**keys), ibis.cumulative_window(**keys)
    return orders.mutate(
        order_number=(ibis.row_number().over(life) + 1).cast("int64"),
        first_ordered_at=orders.ordered_at.min().over(so_far),
        previous_ordered_at=orders.ordered_at.lag().over(life),
    )


def prepared(facts: Facts) -> Facts:
    """Return the same facts with the orders' places worked out once and kept in the engine's memory.

    Every analysis accepts either; with several analyses of a large log this saves sorting it each time. The memory is
    given back when the returned facts are no longer used.

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a"], "order": ["1", "2"], "total": [5.0, 7.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1)]})
    >>> facts = prepared(facts_from_tables(log, business=Business()))
    >>> facts.orders.order_by("order_number").order_number.execute().tolist()
    [1, 2]

    """
    orders = purchases(facts)
    # Spark keeps row numbers as int32 though Ibis takes them for int64: say the types again after caching.
    return replace(facts, orders=orders.cache().cast(orders.schema()))


def observed(facts: Facts) -> Period:
    """Return the days from the first to the last order, both included; runs one small query.

    Raises:
        InputError: there is no order.

    """
    orders = facts.orders
    ends = orders.aggregate(first=orders.ordered_at.min(), last=orders.ordered_at.max()).to_pyarrow().to_pylist()[0]
    if ends["first"] is None:
        raise InputError("orders.empty", "There is no order.", advice="Import an order log, or widen the filter.")
    return Period(ends["first"].date(), ends["last"].date() + timedelta(days=1))


def end_of_log(facts: Facts, until: date | None) -> date:
    """Return ``until``, or the day after the last order where it is not given."""
    return observed(facts).end if until is None else until


def customer_steps(facts: Facts, grain: Grain, until: date | None = None) -> ir.Table:
    """Return what each customer did in each step of time.

    Args:
        facts: orders and, where known, refunds.
        grain: length of a step.
        until: first day not counted; the whole log where not given.

    Returns:
        One row per customer and step with an order or a refund: customer_id, step (index as ``Grain.step``), orders,
        revenue (decimal, net of the refunds dated in the step), refunded, first_step (first with an order; null where
        the log holds refunds only), previous_step and next_step (nearest with an order; null at the ends).

    """
    steps = _orders_by_step(facts, grain, until)
    if facts.refunds is not None:
        steps = _with_refunds(steps, facts.refunds, grain, until)
    ordered = ibis.ifelse(steps.orders > 0, steps.step, ibis.null("int64"))
    life = {"group_by": "customer_id", "order_by": "step"}
    return steps.mutate(
        first_step=ordered.min().over(ibis.window(group_by="customer_id")),
        previous_step=ordered.max().over(ibis.window(preceding=(None, 1), **life)),
        next_step=ordered.min().over(ibis.window(following=(1, None), **life)),
    )


def before(table: ir.Table, column: str, until: date | None) -> ir.Table:
    """Return the rows whose moment lies before the day ``until``; all rows where it is not given."""
    return table if until is None else table.filter(table[column] < midnight(until))


def _orders_by_step(facts: Facts, grain: Grain, until: date | None) -> ir.Table:
    orders = before(facts.orders, "ordered_at", until)
    return orders.group_by("customer_id", step=step_of(orders.ordered_at, grain)).aggregate(
        orders=orders.count(),
        revenue=orders.revenue.sum().cast(TOTAL),
        refunded=ibis.literal(0).cast(TOTAL),
    )


def _with_refunds(steps: ir.Table, refunds: ir.Table, grain: Grain, until: date | None) -> ir.Table:
    dated = before(refunds, "refunded_at", until)
    given = dated.group_by("customer_id", step=step_of(dated.refunded_at, grain)).aggregate(
        orders=ibis.literal(0, type="int64"),
        revenue=(-dated.amount.sum()).cast(TOTAL),
        refunded=dated.amount.sum().cast(TOTAL),
    )
    both = steps.union(given)
    return both.group_by("customer_id", "step").aggregate(
        orders=both.orders.sum().cast("int64"),
        revenue=both.revenue.sum().cast(TOTAL),
        refunded=both.refunded.sum().cast(TOTAL),
    )
