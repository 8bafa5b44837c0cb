"""Cohorts: customers by when they first ordered, and what became of them."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import customer_steps, end_of_log
from keepwell.understand.attributes import customer_groups
from keepwell.understand.clock import start_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.vocabulary.period import Grain

MEASURES = ("size", "active", "retention", "orders", "revenue", "cumulative_revenue", "ltv")


def cohorts(facts: Facts, grain: Grain = Grain.MONTH, by: str | None = None, until: date | None = None) -> ir.Table:
    """Return the retention and value of acquisition cohorts by age.

    Args:
        facts: orders and, where known, refunds.
        grain: length of a step; age 0 is the step of the first order.
        by: an attribute of the customer (``attributes``) to split by.
        until: first day not observed; the day after the last order where not given.

    Returns:
        One row per [group,] cohort and age up to the last step begun: [group,] cohort (first day of its step),
        cohort_step, age, size (customers won), active (of them, with an order in the step), retention (active / size),
        orders, revenue (decimal, net of refunds), cumulative_revenue, ltv (cumulative_revenue / size, so customers
        who stopped stay in the denominator), is_observed. A cell whose step is not over is null and not observed: it
        would read too low. A cell in which nobody ordered is 0.

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> cells = cohorts(facts, until=dt.date(2011, 3, 1))
    >>> cells.select("cohort_step", "age", "size", "active", "ltv").execute().values.tolist()
    [[24132.0, 0.0, 1.0, 1.0, 5.0], [24132.0, 1.0, 1.0, 1.0, 12.0], [24133.0, 0.0, 1.0, 1.0, 6.0]]

    """
    until = end_of_log(facts, until)
    keys = (["group"] if by else []) + ["cohort_step"]
    steps = customer_steps(facts, grain, until)
    steps = steps.filter(steps.first_step.notnull()).rename(cohort_step="first_step")
    if by:
        steps = steps.join(customer_groups(facts, by), "customer_id")
    cells = steps.group_by(*keys, "step").aggregate(
        active=(steps.orders > 0).sum(), orders=steps.orders.sum(), revenue=steps.revenue.sum()
    )
    sizes = cells.filter(cells.step == cells.cohort_step).select(*keys, size="active")
    last = grain.step(until - timedelta(days=1))
    grid = sizes.mutate(step=ibis.range(sizes.cohort_step, ibis.literal(last + 1, type="int64")).unnest())
    # A refund can come in a step before the customer's first logged order; such cells have no place in the grid.
    filled = grid.left_join(cells, [*keys, "step"]).select(
        *(grid[name] for name in (*keys, "size", "step")),
        **{name: cells[name].fill_null(0) for name in ("active", "orders", "revenue")},
    )
    return _measured(filled, keys, grain, until)


def _measured(cells: ir.Table, keys: list[str], grain: Grain, until: date) -> ir.Table:
    so_far = ibis.cumulative_window(group_by=keys, order_by="step")
    complete = grain.step(until)  # every step before the one that holds ``until`` is over
    measured = cells.mutate(
        age=cells.step - cells.cohort_step,
        cohort=start_of(cells.cohort_step, grain),
        cumulative_revenue=cells.revenue.sum().over(so_far),
        is_observed=cells.step < complete,
    )
    measured = measured.mutate(
        retention=ratio(measured.active, measured["size"]), ltv=ratio(measured.cumulative_revenue, measured["size"])
    )
    seen = {
        name: ibis.ifelse(measured.is_observed, measured[name], ibis.null(measured[name].type())) for name in MEASURES
    }
    group = [key for key in keys if key == "group"]
    return measured.select(*group, "cohort", "cohort_step", "age", **seen, is_observed=measured.is_observed).order_by(
        *group, "cohort_step", "age"
    )
