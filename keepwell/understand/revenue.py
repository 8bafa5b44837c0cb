"""Revenue from new and from returning customers."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, before, observed, purchases
from keepwell.understand.clock import start_of, step_of
from keepwell.understand.facts import Facts
from keepwell.understand.gaps import activity_window
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain

SUMS = ("new_revenue", "returning_revenue", "refunds", "new_customers", "returning_customers", "orders")


def new_and_returning(facts: Facts, grain: Grain = Grain.MONTH, until: date | None = None) -> ir.Table:
    """Return first-order revenue against later revenue, per step.

    Args:
        facts: orders and, where known, refunds.
        grain: length of a step.
        until: first day not observed; the day after the last order where not given.

    Returns:
        One row per step with an order or refund: period (first day), new_revenue (customers' first orders),
        returning_revenue (all later ones, also in the same step), refunds (dated in the step, not taken off either),
        new_customers (first order in the step), returning_customers (ordered in it, first order before it), orders,
        is_truncated (the step begins within one typical gap — the activity window — of the first order in the log, so
        some of the "new" may be customers from before it), is_complete. Money is decimal.

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> steps = new_and_returning(facts, until=dt.date(2011, 3, 1)).execute()
    >>> steps[["new_revenue", "returning_revenue"]].astype(float).values.tolist()
    [[5.0, 0.0], [6.0, 7.0]]

    """
    log = observed(facts)
    until = until or log.end
    window = activity_window(facts, until)
    known_from = log.end if isinstance(window, NotAvailable) else log.start + timedelta(days=window)
    rows = _order_rows(facts, grain, until)
    if facts.refunds is not None:
        rows = rows.union(_refund_rows(facts.refunds, grain, until))
    steps = rows.group_by("step").aggregate(**{name: rows[name].sum() for name in SUMS})
    period = start_of(steps.step, grain)
    return steps.select(
        *SUMS,
        period=period,
        is_truncated=period < ibis.literal(known_from, type="date"),
        is_complete=steps.step < grain.step(until),
    ).relocate("period").order_by("period")  # fmt: skip


def _order_rows(facts: Facts, grain: Grain, until: date) -> ir.Table:
    orders = before(purchases(facts), "ordered_at", until)
    step = step_of(orders.ordered_at, grain)
    placed = orders.select(
        "customer_id", "revenue", "order_number", step=step, first_step=step_of(orders.first_ordered_at, grain)
    )
    is_first = placed.order_number == 1
    per_customer = placed.group_by("customer_id", "step", "first_step").aggregate(
        new_revenue=placed.revenue.sum(where=is_first),
        returning_revenue=placed.revenue.sum(where=~is_first),
        orders=placed.count(),
    )
    is_new = (per_customer.step == per_customer.first_step).cast("int64")
    nothing = ibis.literal(0).cast(TOTAL)
    return per_customer.select(
        step=per_customer.step,
        new_revenue=per_customer.new_revenue.fill_null(0).cast(TOTAL),
        returning_revenue=per_customer.returning_revenue.fill_null(0).cast(TOTAL),
        refunds=nothing,
        new_customers=is_new,
        returning_customers=1 - is_new,
        orders=per_customer.orders,
    )


def _refund_rows(refunds: ir.Table, grain: Grain, until: date) -> ir.Table:
    dated = before(refunds, "refunded_at", until)
    nothing, nobody = ibis.literal(0).cast(TOTAL), ibis.literal(0, type="int64")
    return dated.select(
        step=step_of(dated.refunded_at, grain),
        new_revenue=nothing,
        returning_revenue=nothing,
        refunds=dated.amount.cast(TOTAL),
        new_customers=nobody,
        returning_customers=nobody,
        orders=nobody,
    )
