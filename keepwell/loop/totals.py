"""The whole log in a handful of exact sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from keepwell.understand.facts import Facts

PARTS = ("items", "shipping", "other", "tax")


@dataclass(frozen=True)
class Totals:
    """Counts and exact amounts of a whole log, in business currency.

    ``ordered`` is everything that was charged: goods, shipping, fees and tax, before refunds; ``goods`` the goods
    alone; ``refunded`` everything that was given back.
    """

    customers: int
    orders: int
    ordered: Decimal
    goods: Decimal
    refunded: Decimal
    first: datetime
    last: datetime


def totals(facts: Facts) -> Totals:
    """Sum up the whole log of a lake; runs two queries.

    ``facts`` must come from a lake, whose orders have their parts.
    """
    orders = facts.orders
    charged = sum((orders[part] for part in PARTS[1:]), orders[PARTS[0]])
    row = orders.aggregate(
        customers=orders.customer_id.nunique(),
        orders=orders.count(),
        ordered=charged.sum(),
        goods=orders["items"].sum(),
        first=orders.ordered_at.min(),
        last=orders.ordered_at.max(),
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    refunded = Decimal(0)
    if facts.refunds is not None:
        given = facts.refunds
        back = sum((given[part] for part in PARTS[1:]), given[PARTS[0]])
        refunded = given.aggregate(total=back.sum()).to_pyarrow().to_pylist()[0]["total"] or Decimal(0)
    return Totals(refunded=refunded, **row)
