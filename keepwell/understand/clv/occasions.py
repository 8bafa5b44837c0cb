"""The days on which customers bought."""

from __future__ import annotations

from datetime import date

import ibis.expr.types as ir

from keepwell.understand.clv.repeat_purchases import purchase_days
from keepwell.understand.facts import Facts


def occasions(facts: Facts, as_of: date, *, count_free: bool = False) -> ir.Table:
    """Return one row per customer and day of purchase before ``as_of``.

    Args:
        facts: orders and, where known, refunds.
        as_of: first day not observed: neither orders nor refunds from it on are seen.
        count_free: also count days whose orders came to exactly zero without a refund.

    Returns:
        customer_id, day (number, as ``date.toordinal``), value (float64; net of refunds, in the business currency).
        What an occasion is, is said in ``repeat_purchases.CONVENTION``.

    """
    days = purchase_days(facts, as_of, count_free)
    return days.filter(days.is_occasion).select("customer_id", "day", "value")
