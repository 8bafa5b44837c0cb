"""The monthly history of the KPIs that a goal may be about."""

from __future__ import annotations

from collections.abc import Callable

from keepwell.loop.answer import need_orders
from keepwell.loop.facts import OpenFacts
from keepwell.understand.activity import observed
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.kpis import trend
from keepwell.vocabulary.period import Grain

MOST_MONTHS = 60
KEYS = (
    "net_revenue",
    "orders",
    "new_customers",
    "returning_customers",
    "active_customers",
    "average_order_value",
    "contribution_margin",
)

History = dict[str, list[tuple[str, float]]]


def goal_history(opened: OpenFacts, progress: Callable[[str, float], None] = lambda stage, fraction: None) -> History:
    """Return per KPI the months that are over, as (first day, value), oldest first, without those that have no value.

    Args:
        opened: the facts.
        progress: told the stage and the share that is done.

    Raises:
        InputError: there are no orders.

    """
    need_orders(opened)
    progress("monthly history", 0.2)
    keys = [key for key in KEYS if key in DEFINITIONS]
    until = opened.as_of(None)
    log = observed(opened.facts)
    first = Grain.MONTH.start(max(Grain.MONTH.step(log.start), Grain.MONTH.step(until) - MOST_MONTHS))
    found: History = {key: [] for key in keys}
    for value in trend(opened.facts, keys, Grain.MONTH, until):
        if isinstance(value.value, float) and value.start >= max(first, log.start):
            found[value.key].append((value.start.isoformat(), value.value))
    return found
