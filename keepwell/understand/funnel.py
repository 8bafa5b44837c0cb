"""Funnels: of the people who did one thing, how many went on to do the next, and how soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.facts import Facts
from keepwell.understand.funnel_paths import last_day, people
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable, wilson
from keepwell.vocabulary.kpi import KpiDefinition, KpiValue, Unit
from keepwell.vocabulary.period import Period

DEFINITIONS_FUNNEL: dict[str, KpiDefinition] = {
    "conversion_rate": KpiDefinition(
        "conversion_rate",
        "Conversion rate",
        "Share of the people who did the first step in the period that did all steps in order within the window.",
        "converted / entered",
        "unique people who did every step in order within the window",
        "unique people who did the first step in the period",
        Unit.RATE,
        True,
    )
}
NAMES_SHOWN = 12
UNSPLIT = ""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """One step of a funnel for one group.

    ``entered`` people reached this step; ``converted`` of them reached the next, ``rate`` = converted / entered with
    its 95 % Wilson interval ``low`` … ``high``; ``median_days`` is from the last time they did this step to the first
    time they reached the next. ``undecided`` have not reached the next step and still may: their window was open when
    the facts end. ``share`` = entered / entered at the first step. The last step has no next: its rate is not
    available. ``group`` is ``None`` for everyone.
    """

    name: str
    entered: int
    converted: int
    rate: float | NotAvailable
    low: float | None
    high: float | None
    median_days: float | NotAvailable
    share: float | NotAvailable
    undecided: int
    group: str | None = None


def funnel(
    facts: Facts,
    steps: Sequence[str],
    window_days: int,
    period: Period,
    by: str | None = None,
    until: date | None = None,
) -> list[FunnelStep]:
    """Count unique people at each step, in order, within a window from the first step.

    A person is the customer, else the device; an event with both ids joins them. A person reached a step when any
    path leads there: one event a step, in time order (at the same instant, in the order of the steps), beginning in
    the period, ending within ``window_days`` days of its own beginning. Whoever begins twice may finish from the second
    beginning.

    Args:
        facts: must hold ``events``.
        steps: two or more different names of events, in order.
        window_days: days from the first step to the last, at least 1.
        period: days in which the first step must lie; later steps may come after it.
        by: split by this column of the events, e.g. ``"channel"``: the group of the person's first entry in the
            period.
        until: the first day not yet observed; ``None``: the day after the last event.

    Returns:
        One ``FunnelStep`` per group and step, groups in the order of their names. Nobody at the first step: counts of
        0 and rates that are not available.

    Raises:
        InputError: no events, fewer than two steps, a step twice, a step that never happened, an unknown column.

    >>> from datetime import datetime
    >>> from keepwell.vocabulary.business import Business
    >>> events = ibis.memtable({"customer_id": ["a", "a", "b"], "anonymous_id": ["x", "x", "y"],
    ...     "name": ["Product Viewed", "Order Completed", "Product Viewed"],
    ...     "occurred_at": [datetime(2024, 1, 5, 10), datetime(2024, 1, 6, 10), datetime(2024, 1, 7)]})
    >>> facts = Facts(orders=events, business=Business(), events=events)
    >>> for step in funnel(facts, ["Product Viewed", "Order Completed"], 7, Period.parse("2024-01")):
    ...     print(step.name, step.entered, step.converted, step.rate)
    Product Viewed 2 1 0.5
    Order Completed 1 0 NotAvailable(reason='the last step has no next')

    """
    events = _checked(facts, steps, window_days, by)
    if until is None:
        last = last_day(events)
        until = last + timedelta(days=1) if last else period.end
    reached = people(events, steps, window_days, period, by)
    limit = midnight(until) - ibis.interval(days=window_days)
    counted = reached.group_by("group").aggregate(**_counts(reached, len(steps), limit))
    rows = sorted(counted.to_pyarrow().to_pylist(), key=lambda row: row["group"])
    if not rows:
        rows = [{"group": UNSPLIT}]
    return [step for row in rows for step in _steps_of(row, steps, None if by is None else row["group"])]


def overall(steps: Sequence[FunnelStep], period: Period) -> KpiValue:
    """Return the conversion from the first to the last of the ``steps`` of one group as a KPI.

    Raises:
        InputError: there are no steps.

    """
    if not steps:
        raise InputError("funnel.no_steps", "There are no steps to sum up.", advice="Pass what funnel() returned.")
    first, last = steps[0], steps[-1]
    low, high = wilson(last.entered, first.entered) if first.entered else (None, None)
    undecided = max(step.undecided for step in steps)
    return KpiValue(
        "conversion_rate",
        last.share,
        last.entered,
        first.entered,
        period.start,
        period.end,
        low,
        high,
        group=first.group,
        note=f"{undecided} people may still go on" if undecided else "",
    )


def _counts(reached: ir.Table, count: int, limit: ir.TimestampScalar) -> dict[str, ir.Value]:
    columns: dict[str, ir.Value] = {}
    for number in range(count):
        here = reached[f"reached_{number}"]
        columns[f"entered_{number}"] = here.cast("int64").sum()
        if number + 1 < count:
            onward = reached[f"reached_{number + 1}"]
            is_open = here & ~onward & (reached[f"open_{number}"] > limit)
            columns[f"undecided_{number}"] = is_open.cast("int64").sum()
            columns[f"median_{number}"] = reached[f"days_{number + 1}"].median()
    return columns


def _steps_of(row: dict[str, Any], steps: Sequence[str], group: str | None) -> list[FunnelStep]:
    entered = [int(row.get(f"entered_{number}") or 0) for number, _ in enumerate(steps)]
    found = []
    for number, name in enumerate(steps):
        here = entered[number]
        share = here / entered[0] if entered[0] else NotAvailable("nobody did the first step in the period")
        if number + 1 == len(steps):
            nothing = NotAvailable("the last step has no next")
            found.append(FunnelStep(name, here, 0, nothing, None, None, nothing, share, 0, group))
            continue
        onward, median = entered[number + 1], row.get(f"median_{number}")
        rate = onward / here if here else NotAvailable("nobody reached this step")
        low, high = wilson(onward, here) if here else (None, None)
        days = NotAvailable("nobody went on") if median is None else float(median)
        undecided = int(row.get(f"undecided_{number}") or 0)
        found.append(FunnelStep(name, here, onward, rate, low, high, days, share, undecided, group))
    return found


def _checked(facts: Facts, steps: Sequence[str], window_days: int, by: str | None) -> ir.Table:
    if facts.events is None:
        raise InputError("facts.no_events", "There are no events.", advice="Import what a tracking SDK recorded.")
    if len(steps) < 2 or len(set(steps)) < len(steps):
        raise InputError(
            "funnel.steps",
            "A funnel needs two or more steps, all different.",
            value=list(steps),
            advice="Name the events in order, e.g. Product Viewed, Order Completed.",
        )
    if window_days < 1:
        raise InputError(
            "funnel.window",
            f"A window of {window_days} days holds no path.",
            value=window_days,
            advice="Give 1 or more.",
        )
    if by is not None and by not in facts.events.columns:
        raise InputError(
            "funnel.by", f"The events have no column {by!r}.", value=by, advice=f"Use one of {facts.events.columns}."
        )
    _refuse_unknown(facts.events, steps)
    return facts.events


def _refuse_unknown(events: ir.Table, steps: Sequence[str]) -> None:
    counted = events.group_by("name").aggregate(times=events.count())
    counted = counted.order_by(counted.times.desc(), counted.name)
    known = counted.filter(counted.name.isin(list(steps))).to_pyarrow()["name"].to_pylist()
    unknown = [step for step in steps if step not in known]
    if unknown:
        frequent = counted.limit(NAMES_SHOWN).to_pyarrow()["name"].to_pylist()
        raise InputError(
            "funnel.unknown_event",
            f"No event is named {unknown[0]!r}.",
            where="events",
            value=unknown[0],
            advice=f"The most frequent names are: {', '.join(frequent)}." if frequent else "There are no events.",
        )
