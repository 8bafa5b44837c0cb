"""What a customer's orders, refunds and visits tell by a day: rhythm, trend, and how long since."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight, purchases
from keepwell.understand.attributes import attributes, customer_groups
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.understand.persona_features import customer_features
from keepwell.understand.ratio import ratio

RECENT_DAYS = 90
YEAR_DAYS = 365
GROUPED_BY = ("country", "channel")


def order_features(known: Facts, day: date) -> ir.Table:
    """Return one row per customer who had ordered before a day.

    Args:
        known: facts as of the day, see ``known_on``.
        day: first day that is not looked at.

    Returns:
        customer_id and float64 features, null where they do not exist: orders, revenue (net of refunds), the habits
        that the facts allow (see ``customer_features``: recency_days, tenure_days, average_order, refund_share, …),
        orders_90_days, orders_365_days, spend_90_days, spend_trend (last 90 days against the 90 before, −1 to 1),
        usual_gap_days (mean days between order days), longest_gap_days, overdue (recency over the usual gap),
        days_since_refund; and country and channel as texts.

    """
    base = customer_features(known, day)
    found = base.mutate(orders=base.orders.cast("float64"), revenue=base.revenue.cast("float64"))
    found = joined(found, _rhythm(known, day))
    found = found.mutate(overdue=ratio(found.recency_days, found.usual_gap_days))
    if known.refunds is not None:
        refunds = known.refunds
        last = refunds.group_by("customer_id").aggregate(
            days_since_refund=(ibis.literal(day.toordinal(), "int64") - day_number(refunds.refunded_at).max()).cast(
                "float64"
            )
        )
        found = joined(found, last)
    for name in GROUPED_BY:
        if name in attributes(known):
            found = joined(found, customer_groups(known, name).rename({name: "group"}))
    return found


def joined(rows: ir.Table, further: ir.Table) -> ir.Table:
    """Return every row of ``rows`` with the further columns of its customer, null where there are none."""
    return rows.left_join(further, "customer_id").drop("customer_id_right")


def _rhythm(known: Facts, day: date) -> ir.Table:
    orders = purchases(known)
    placed = day_number(orders.ordered_at)
    gap = placed - day_number(orders.previous_ordered_at)
    orders = orders.mutate(placed=placed, gap=gap, spent=orders.revenue.cast("float64"))

    def since(days: int) -> ir.BooleanValue:
        return orders.ordered_at >= midnight(day - timedelta(days=days))

    recent, year = since(RECENT_DAYS), since(YEAR_DAYS)
    before = since(2 * RECENT_DAYS) & ~recent
    sums = orders.group_by("customer_id").aggregate(
        days=orders.placed.nunique().cast("float64"),
        span=(orders.placed.max() - orders.placed.min()).cast("float64"),
        longest_gap_days=orders.gap.max().cast("float64"),
        orders_90_days=recent.cast("float64").sum(),
        orders_365_days=year.cast("float64").sum(),
        spend_90_days=ibis.ifelse(recent, orders.spent, 0.0).sum(),
        spent_before=ibis.ifelse(before, orders.spent, 0.0).sum(),
    )
    both = sums.spend_90_days + sums.spent_before
    return sums.select(
        "customer_id",
        "longest_gap_days",
        "orders_90_days",
        "orders_365_days",
        "spend_90_days",
        spend_trend=ratio(sums.spend_90_days - sums.spent_before, both),
        usual_gap_days=ratio(sums.span, sums.days - 1.0),
    )


def event_kinds(known: Facts, most: int = 8) -> list[str]:
    """Return the most frequent names of events of known customers, the most frequent first; runs one small query."""
    if known.events is None:
        return []
    events = known.events.filter(known.events.customer_id.notnull(), known.events.name.notnull())
    counted = events.group_by("name").aggregate(events=events.count())
    return list(counted.order_by(counted.events.desc(), counted.name).limit(most).to_pyarrow()["name"].to_pylist())


def event_features(known: Facts, day: date, kinds: Sequence[str]) -> ir.Table | None:
    """Return per customer and kind of event the days since the last one, and how many there were in 90 days.

    Args:
        known: facts as of the day.
        day: first day that is not looked at.
        kinds: names of events, as ``event_kinds`` gives them for the earliest of several days.

    Returns:
        customer_id, and for each kind ``days_since_<kind>`` and ``<kind>_90_days`` (float64); ``None`` without events.

    """
    if known.events is None or not kinds:
        return None
    events = known.events.filter(known.events.customer_id.notnull())
    happened = day_number(events.occurred_at)
    is_recent = events.occurred_at >= midnight(day - timedelta(days=RECENT_DAYS))
    columns: dict[str, ir.Scalar] = {}
    for kind in kinds:
        name, is_kind = re.sub(r"\W+", "_", kind.lower()).strip("_"), (events.name == kind).fill_null(False)
        last = ibis.ifelse(is_kind, happened, ibis.null("int64")).max()
        columns[f"days_since_{name}"] = (ibis.literal(day.toordinal(), "int64") - last).cast("float64")
        columns[f"{name}_90_days"] = (is_kind & is_recent).cast("float64").sum()
    return events.group_by("customer_id").aggregate(**columns)
