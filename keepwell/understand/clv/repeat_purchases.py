"""How often, how lately and since when each customer has bought: what the models of repeat purchases read."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import before
from keepwell.understand.clock import day_number, day_of
from keepwell.understand.clv.refunded_days import refunds_by_day
from keepwell.understand.facts import Facts

CONVENTION = (
    "An occasion is a local day on which a customer's orders, net of their refunds, come to more than zero: orders of "
    "one day are one occasion, and what was refunded in full is none. frequency counts the occasions after the first; "
    "recency_days and age_days are whole days from the first occasion to the last one and to the last observed day; "
    "monetary_value is the mean net value of the occasions after the first."
)
FREE = "Days whose orders came to exactly zero without a refund count as occasions too, as asked for."
# Amounts have four decimals, so a net amount nearer to zero than this is zero: sums of doubles stay far closer to the
# exact sum than that, and take half the time and memory of sums of decimals.
NOTHING = 0.00005


def repeat_purchases(facts: Facts, as_of: date, *, since: date | None = None, count_free: bool = False) -> ir.Table:
    """Return frequency, recency, age and value of every customer with an occasion before a day.

    Args:
        facts: orders and, where known, refunds. A refund with an order's id lowers that order's day; one without, or
            of an order the log does not hold, lowers the customer's latest day up to it that is still above zero.
        as_of: first day not observed: neither orders nor refunds from it on are seen.
        since: leave out customers whose first occasion lies before this day, as at the beginning of a log that does
            not hold their real first.
        count_free: also count days whose orders came to exactly zero without a refund, as the papers on the CDNOW
            data do.

    Returns:
        One row per customer: customer_id; frequency (occasions after the first), recency_days (from the first to the
        last occasion; 0 where frequency is 0), age_days (from the first occasion to ``as_of`` − 1 day, the last one
        observed: the papers' T), all int64; monetary_value (float64, in the business currency; mean net value of the
        occasions after the first; null where there is none), first_value (float64; net value of the first occasion);
        first_ordered_on, last_ordered_on (dates of the first and the last occasion).

    >>> import datetime as dt
    >>> from keepwell.understand.facts import facts_from_tables
    >>> from keepwell.vocabulary.business import Business
    >>> log = ibis.memtable({"customer": ["a", "a", "a", "b"], "order": ["1", "2", "3", "4"],
    ...                      "total": [5.0, 4.0, 3.0, 6.0], "date": [dt.date(2011, 1, day) for day in (1, 9, 9, 5)]})
    >>> facts = facts_from_tables(log, business=Business(currency="GBP"))
    >>> found = repeat_purchases(facts, dt.date(2011, 2, 1)).order_by("customer_id")
    >>> found.select("frequency", "recency_days", "age_days", "monetary_value").execute().values.tolist()
    [[1.0, 8.0, 30.0, 7.0], [0.0, 0.0, 26.0, nan]]

    """
    return bought(customers_seen(facts, as_of, count_free=count_free), as_of, since=since)


def customers_seen(facts: Facts, as_of: date, *, count_free: bool = False) -> ir.Table:
    """Return one row per customer with an order before ``as_of``, also of those without an occasion.

    Returns:
        customer_id, occasions (int64, 0 where everything was refunded or free), first_day and last_day (day numbers,
        null without an occasion), value and first_value (float64; net value of all occasions and of the first).

    """
    days = purchase_days(facts, as_of, count_free)
    return days.group_by("customer_id").aggregate(
        occasions=days.is_occasion.sum().cast("int64"),
        first_day=days.day.min(where=days.is_occasion).cast("int64"),
        last_day=days.day.max(where=days.is_occasion).cast("int64"),
        value=days["value"].sum(where=days.is_occasion),
        first_value=days["value"].argmin(days.day, where=days.is_occasion),
    )


def bought(seen: ir.Table, as_of: date, *, since: date | None = None) -> ir.Table:
    """Return the rows of ``repeat_purchases`` from those of ``customers_seen``."""
    found = seen.filter(seen.occasions > 0)
    if since is not None:
        found = found.filter(found.first_day >= since.toordinal())
    frequency = found.occasions - 1
    later = found["value"] - found.first_value
    return found.select(
        "customer_id",
        frequency=frequency,
        recency_days=found.last_day - found.first_day,
        age_days=as_of.toordinal() - 1 - found.first_day,
        monetary_value=ibis.ifelse(frequency > 0, later / frequency.cast("float64").nullif(0.0), ibis.null("float64")),
        first_value="first_value",
        first_ordered_on=day_of(found.first_day),
        last_ordered_on=day_of(found.last_day),
    )


def purchase_days(facts: Facts, as_of: date, count_free: bool) -> ir.Table:
    """Return customer_id, day, value (float64) and is_occasion for every customer and day with an order."""
    orders = before(facts.orders, "ordered_at", as_of)
    rows = orders.select("customer_id", day=_day(orders.ordered_at), amount=orders.revenue.cast("float64"))
    days = _by_day(rows, count_free)
    if facts.refunds is not None:
        refunds = refunds_by_day(orders, before(facts.refunds, "refunded_at", as_of), days)
        days = _by_day(rows.union(refunds), count_free)
    is_occasion = days["value"] > NOTHING
    if count_free:
        is_occasion |= (days.largest <= NOTHING) & (days.smallest >= -NOTHING)
    return days.select("customer_id", "day", "value", is_occasion=is_occasion)


def _day(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return the day number in four bytes: there is a row for every day on which somebody bought."""
    return day_number(moment).cast("int32")


def _by_day(rows: ir.Table, count_free: bool) -> ir.Table:
    free = {"largest": rows.amount.max(), "smallest": rows.amount.min()} if count_free else {}
    return rows.group_by("customer_id", "day").aggregate(value=rows.amount.sum(), **free)
