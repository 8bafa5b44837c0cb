"""Who bought what was new in the shop: known customers and newcomers apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from keepwell.understand.activity import before, midnight, observed, purchases
from keepwell.understand.facts import Facts
from keepwell.vocabulary.estimate import NotAvailable

WINDOW_DAYS = 365
NEW_AFTER_DAYS = 90  # an article first sold in the log's first quarter may be an old one


@dataclass(frozen=True, slots=True)
class NewProductBuyers:
    """Customers who ordered in the last year, and how many of them bought an article first sold in it."""

    existing_customers: int
    existing_buyers: int
    new_customers: int
    new_buyers: int


def new_product_buyers(facts: Facts, as_of: date) -> NewProductBuyers | NotAvailable:
    """Count who bought articles that came into the shop in the 365 days before ``as_of``; runs one query.

    Existing customers ordered before these days and in them; new ones ordered first in them.

    Args:
        facts: orders and order lines with article codes.
        as_of: first day not counted.

    """
    if facts.order_lines is None:
        return NotAvailable("no order lines are known")
    start = as_of - timedelta(days=WINDOW_DAYS)
    if (start - observed(facts).start).days < NEW_AFTER_DAYS:
        return NotAvailable("the log is too short to tell new articles from old ones")
    lines = before(facts.order_lines, "ordered_at", as_of)
    sold = lines.filter(lines.product_id.notnull() & (lines.kind == "product"))
    articles = sold.group_by(article="product_id").aggregate(first_sold_at=sold.ordered_at.min())
    fresh = articles.filter(articles.first_sold_at >= midnight(start))
    buyers = sold.join(fresh, sold.product_id == fresh.article).select(buyer="customer_id").distinct()
    orders = before(purchases(facts), "ordered_at", as_of)
    recent = orders.filter(orders.ordered_at >= midnight(start))
    people = recent.group_by("customer_id").aggregate(is_new=recent.first_ordered_at.min() >= midnight(start))
    both = people.left_join(buyers, people.customer_id == buyers.buyer)
    bought = both.buyer.notnull()
    row = (
        both.aggregate(
            existing_customers=(~both.is_new).sum(),
            existing_buyers=(~both.is_new & bought).sum(),
            new_customers=both.is_new.sum(),
            new_buyers=(both.is_new & bought).sum(),
        )
        .to_pyarrow()
        .to_pylist()[0]
    )
    return NewProductBuyers(**{key: int(value or 0) for key, value in row.items()})
