"""Growth accounting: where the change in active customers comes from."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import customer_steps, end_of_log
from keepwell.understand.clock import start_of
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio
from keepwell.vocabulary.period import Grain

COUNTS = ("active", "new", "retained", "resurrected", "left")


def growth(facts: Facts, grain: Grain = Grain.MONTH, until: date | None = None) -> ir.Table:
    """Return growth accounting per calendar step; a customer is active in a step with an order in it.

    ``active = new + retained + resurrected`` and ``net_change = new + resurrected − churned``, which is the change of
    ``active`` against the step before, hold in every row.

    Args:
        facts: orders.
        grain: length of a step.
        until: first day not observed; the day after the last order where not given.

    Returns:
        One row per step from the first order on, also where nobody ordered: period (first day), active, new (first
        order ever in it), retained (active in the step before too), resurrected (active earlier, but not in the step
        before), churned (active in the step before, not in this one), net_change, quick_ratio
        ((new + resurrected) / churned; null where nobody churned), is_complete (the step is over). In a step that is
        not over, churned reads too high.

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> steps = growth(facts, until=dt.date(2011, 3, 1))
    >>> steps.select("active", "new", "retained", "resurrected", "churned").execute().values.tolist()
    [[1, 1, 0, 0, 0], [2, 1, 1, 0, 0]]

    """
    until = end_of_log(facts, until)
    steps = customer_steps(facts, grain, until)
    steps = steps.filter(steps.orders > 0)
    was_here = steps.previous_step == steps.step - 1
    stays = (steps.next_step == steps.step + 1).fill_null(False)
    counts = steps.group_by("step").aggregate(
        active=steps.count(),
        new=(steps.step == steps.first_step).sum(),
        retained=was_here.fill_null(False).sum(),
        resurrected=(steps.previous_step < steps.step - 1).fill_null(False).sum(),
        left=(~stays).sum(),
    )
    return _accounted(_every_step(counts, grain.step(until - timedelta(days=1))), grain, until)


def _every_step(counts: ir.Table, last: int) -> ir.Table:
    ends = counts.aggregate(first=counts.step.min())
    grid = ends.select(step=ibis.range(ends["first"], ibis.literal(last + 1, type="int64")).unnest())
    return grid.left_join(counts, "step").select(
        grid.step, **{name: counts[name].fill_null(0).cast("int64") for name in COUNTS}
    )


def _accounted(counts: ir.Table, grain: Grain, until: date) -> ir.Table:
    churned = counts.left.lag().over(ibis.window(order_by="step")).fill_null(0)
    counted = counts.mutate(churned=churned)
    won = counted.new + counted.resurrected
    return counted.select(
        "active", "new", "retained", "resurrected", "churned",
        period=start_of(counted.step, grain),
        net_change=won - counted.churned,
        quick_ratio=ratio(won, counted.churned),
        is_complete=counted.step < grain.step(until),
    ).relocate("period").order_by("period")  # fmt: skip
