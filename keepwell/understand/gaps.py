"""Days between one order and the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import before, purchases
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

HISTOGRAM_EDGES = (0, 1, 7, 14, 30, 60, 90, 120, 180, 270, 365, 730)
SHORTEST_WINDOW_DAYS = 30


@dataclass(frozen=True, slots=True)
class GapSummary:
    """The gaps between orders of a customer base, in days; ``n`` is the number of gaps."""

    n: int
    median: float
    p90: float
    mean: float


def gaps(facts: Facts, until: date | None = None) -> ir.Table:
    """Return one row per order that is not a customer's first: customer_id, ordered_at, gap_days.

    ``gap_days`` counts local calendar days since the customer's previous order; two orders on one day are 0 apart.

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "b"], "order": ["1", "2", "3"], "total": [5.0, 7.0, 6.0],
    ...                      "date": [dt.date(2011, 1, 1), dt.date(2011, 2, 1), dt.date(2011, 2, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> gaps(facts).execute().gap_days.tolist(), summary(gaps(facts)).median
    ([31], 31.0)

    """
    orders = before(purchases(facts), "ordered_at", until)
    later = orders.filter(orders.previous_ordered_at.notnull())
    return later.select(
        "customer_id", "ordered_at", gap_days=day_number(later.ordered_at) - day_number(later.previous_ordered_at)
    )


def summary(gap_table: ir.Table) -> GapSummary | NotAvailable:
    """Return the exact median, 90th percentile and mean of gaps; runs one query.

    Args:
        gap_table: as returned by ``gaps``.

    """
    counted = gap_table.group_by("gap_days").aggregate(n=gap_table.count()).order_by("gap_days").to_pyarrow()
    days, counts = counted["gap_days"].to_pylist(), counted["n"].to_pylist()
    if not days:
        return NotAvailable("nobody has ordered twice")
    n = sum(counts)
    total = sum(day * count for day, count in zip(days, counts, strict=True))
    return GapSummary(n, percentile(days, counts, 0.5), percentile(days, counts, 0.9), total / n)


def percentile(values: Sequence[int], counts: Sequence[int], share: float) -> float:
    """Return a percentile of counted values, interpolated between neighbours as numpy's default.

    Args:
        values: distinct, ascending.
        counts: how often each occurs, at least 1.
        share: fraction in [0, 1].

    >>> percentile([0, 10], [1, 1], 0.5)
    5.0

    """
    place = (sum(counts) - 1) * share
    low, high = math.floor(place), math.ceil(place)
    below = _value_at(values, counts, low)
    return below + (_value_at(values, counts, high) - below) * (place - low)


def _value_at(values: Sequence[int], counts: Sequence[int], index: int) -> float:
    passed = 0
    for value, count in zip(values, counts, strict=True):
        passed += count
        if index < passed:
            return float(value)
    raise IndexError(index)


def activity_window(facts: Facts, until: date | None = None) -> int | NotAvailable:
    """Return the days after an order during which a customer counts as active, without being told.

    It is the 90th percentile of gaps, rounded up, and at least 30 days: nine of ten repeat orders came within it.
    """
    found = summary(gaps(facts, until))
    if isinstance(found, NotAvailable):
        return found
    return max(SHORTEST_WINDOW_DAYS, math.ceil(found.p90))


def histogram(gap_table: ir.Table, edges: Sequence[int] = HISTOGRAM_EDGES) -> ir.Table:
    """Return gap_days_from, gap_days_to (excluded; null in the last, open class) and the number of gaps.

    Args:
        gap_table: as returned by ``gaps``.
        edges: ascending days at which classes begin; the first must be 0. Classes without a gap are absent.

    Raises:
        InputError: edges that are not ascending from 0.

    """
    if not edges or edges[0] != 0 or list(edges) != sorted(set(edges)):
        raise InputError("gaps.edges", "Edges must ascend from 0.", value=edges, advice="Use e.g. (0, 30, 90).")
    last = len(edges) - 1
    places = [(gap_table.gap_days >= edges[place], ibis.literal(edges[place])) for place in range(last, -1, -1)]
    ends = [(gap_table.gap_days < edge, ibis.literal(edge)) for edge in edges[1:]]
    classes = gap_table.select(
        gap_days_from=ibis.cases(*places, else_=ibis.literal(0)),
        gap_days_to=ibis.cases(*ends, else_=ibis.null("int64")) if ends else ibis.null("int64"),
    )
    return classes.group_by("gap_days_from", "gap_days_to").aggregate(gaps=classes.count()).order_by("gap_days_from")
