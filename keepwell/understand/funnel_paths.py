"""Who reached which step of a funnel: identities joined, every path considered, on any engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.attributes import UNKNOWN
from keepwell.vocabulary.period import Period

SECONDS_A_DAY = 86_400


def identified(events: ir.Table) -> ir.Table:
    """Return the events with ``person``: the customer where known, else the browser or device.

    Any event that carries both ids (an identify, an alias, a purchase when logged in) joins the device to the
    customer, so that what the device did before and after counts as the customer's. A device that was used by
    several customers is joined to none: only its events that name a customer are that customer's. Events with
    neither id belong to nobody and are left out.
    """
    both = events.filter(events.customer_id.notnull(), events.anonymous_id.notnull())
    links = both.group_by("anonymous_id").aggregate(
        owner=both.customer_id.min(), is_shared=both.customer_id.min() != both.customer_id.max()
    )
    links = links.filter(~links.is_shared).select("anonymous_id", "owner")
    joined = events.left_join(links, "anonymous_id").drop("anonymous_id_right")
    # A prefix, because a shop's customer id may equal some device's id.
    customer = ibis.coalesce(joined.customer_id, joined.owner)
    person = ibis.coalesce(ibis.literal("c:") + customer, ibis.literal("a:") + joined.anonymous_id)
    return joined.mutate(person=person).filter(person.notnull()).drop("owner")


def people(events: ir.Table, steps: Sequence[str], window_days: int, period: Period, by: str | None = None) -> ir.Table:
    """Return everyone who did the first step in the period, and how far they came.

    A path is one event of each step in time order (at the same instant, in the order of the steps) that begins in
    the period and ends within ``window_days`` days of its own first event. A person reached step k when *any* path
    of k steps exists: whoever begins twice may finish from the second beginning.

    It is found without trying paths. For an event of step k let its origin be the latest first step from which a
    path leads to it: the running maximum of the origins of the step before. If the latest origin is too long ago,
    so is every other; hence the event ends a valid path exactly when it lies within the window of its origin.

    Args:
        events: ``occurred_at``, ``customer_id``, ``anonymous_id``, ``name`` and the column ``by``.
        steps: names of events, all different.
        window_days: days from the first step, at least 1; the last instant is included.
        period: days in which the first step must lie; later steps may lie after it.
        by: column of the events; a person belongs to the group of their first first step in the period.

    Returns:
        ``person``, ``group``, and for each step number k from 0: ``reached_k`` (bool), ``open_k`` (origin of the latest
        path to step k) and ``days_k`` (days from the step before to the earliest arrival; null for step 0).

    """
    rows = _step_rows(identified(events), steps, window_days, period, by)
    rows = _with_origins(rows, len(steps))
    window = ibis.interval(days=window_days)
    arrived = rows.mutate(is_arrival=rows.occurred_at <= rows.origin + window)
    arrived = arrived.filter(arrived.is_arrival)
    order = ibis.window(group_by=["person", "step"], order_by=["occurred_at"])
    arrived = arrived.mutate(arrival=ibis.row_number().over(order))
    columns: dict[str, ir.Value] = {}
    for number, _ in enumerate(steps):
        here = arrived.step == number
        columns[f"reached_{number}"] = here.cast("int64").max() == 1
        columns[f"open_{number}"] = arrived.origin.max(where=here)
        columns[f"days_{number}"] = arrived.days.max(where=here & (arrived.arrival == 0))
    is_entry = (arrived.step == 0) & (arrived.arrival == 0)
    return arrived.group_by("person").aggregate(group=arrived["group"].min(where=is_entry), **columns)


def _step_rows(events: ir.Table, steps: Sequence[str], window_days: int, period: Period, by: str | None) -> ir.Table:
    last = midnight(period.end) + ibis.interval(days=window_days)
    rows = events.filter(
        events.name.isin(list(steps)),
        events.occurred_at >= midnight(period.start),
        events.occurred_at <= last,
    )
    numbers = [(rows.name == name, ibis.literal(number, "int64")) for number, name in enumerate(steps)]
    group = ibis.literal("") if by is None else rows[by].cast("string").fill_null(UNKNOWN)
    rows = rows.select("person", "occurred_at", step=ibis.cases(*numbers), group=group)
    return rows.filter((rows.step > 0) | (rows.occurred_at < midnight(period.end)))


def _with_origins(rows: ir.Table, count: int) -> ir.Table:
    """Add ``origin`` (latest first step that leads here) and ``days`` since the latest event of the step before."""
    so_far = ibis.window(group_by="person", order_by=["occurred_at", "step"], preceding=None, following=0)
    rows = rows.mutate(origin=ibis.ifelse(rows.step == 0, rows.occurred_at, ibis.null("timestamp")))
    rows = rows.mutate(before=ibis.null("timestamp"))
    for number in range(1, count):
        led = (rows.step == number - 1) & rows.origin.notnull()
        # Origins never fall along a person's events of one step, so the latest event has the latest origin.
        found = rows.mutate(
            latest_origin=rows.origin.max(where=led).over(so_far),
            latest_before=rows.occurred_at.max(where=led).over(so_far),
        )
        here = found.step == number
        rows = found.mutate(
            origin=ibis.ifelse(here, found.latest_origin, found.origin),
            before=ibis.ifelse(here, found.latest_before, found.before),
        ).drop("latest_origin", "latest_before")
    seconds = rows.occurred_at.epoch_seconds().cast("int64") - rows.before.epoch_seconds().cast("int64")
    return rows.mutate(days=seconds.cast("float64") / ibis.literal(float(SECONDS_A_DAY)))


def last_day(events: ir.Table) -> date | None:
    """Return the day of the last event, or ``None`` when there is none."""
    last: date | None = events.aggregate(last=events.occurred_at.max().date()).to_pyarrow()["last"][0].as_py()
    return last
