"""What tells customers apart: one row of habits per customer, and the words for each habit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import TOTAL, before
from keepwell.understand.clock import day_number
from keepwell.understand.facts import Facts
from keepwell.understand.ratio import ratio

DAYS_A_YEAR = 365.0
# Below this a customer's rate of ordering says more about the day they were won than about their habit.
SHORTEST_TENURE_DAYS = 90
YEAR_END_MONTHS = (11, 12)


@dataclass(frozen=True, slots=True)
class Habit:
    """One feature: names for being high and low in it, how to say it, and how it is put on a scale.

    ``is_skewed`` habits are taken in logarithms. ``is_per_order`` habits are means over a customer's orders, which say
    little after one order. ``say(value, base, unit)`` returns a phrase that follows "they"; ``unit`` is the currency or
    the home country.
    """

    key: str
    high: str
    low: str
    is_skewed: bool
    say: Callable[[float, float, str], str]
    is_per_order: bool = False


def _often(value: float, base: float, _: str) -> str:
    figures = f"({value:.1f} against {base:.1f} orders a year)"
    if base <= 0 or 0.95 <= value / base <= 1.05:
        return f"order about as often as the base {figures}"
    if value > base:
        return f"order {value / base:.1f} times as often as the base {figures}"
    return f"order {1 - value / base:.0%} less often than the base {figures}"


def _hour(hours: float) -> str:
    minutes = round(hours * 60) % (24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


HABITS: dict[str, Habit] = {
    habit.key: habit
    for habit in (
        Habit("orders_per_year", "Frequent", "Infrequent", True, _often),
        Habit("average_order", "Large orders", "Small orders", True,
              lambda v, b, unit: f"spend {v:,.2f} {unit} an order (base {b:,.2f})"),
        Habit("recency_days", "Long silent", "Recently active", True,
              lambda v, b, _: f"ordered last {v:.0f} days ago (base {b:.0f})"),
        Habit("tenure_days", "Long-standing", "New", False,
              lambda v, b, _: f"first ordered {v:.0f} days ago (base {b:.0f})"),
        Habit("discount_share", "Discounted", "Full price", False,
              lambda v, b, _: f"had {v:.0%} of the list price taken off by discounts (base {b:.0%})"),
        Habit("coupon_share", "Coupon users", "No coupons", False,
              lambda v, b, _: f"use a coupon in {v:.0%} of their orders (base {b:.0%})", is_per_order=True),
        Habit("refund_share", "Many refunds", "Few refunds", False,
              lambda v, b, _: f"get {v:.0%} of what they spend refunded (base {b:.0%})"),
        Habit("weekend_share", "Weekend", "Weekday", False,
              lambda v, b, _: f"place {v:.0%} of their orders on weekends (base {b:.0%})", is_per_order=True),
        Habit("year_end_share", "Year-end", "Not at year-end", False,
              lambda v, b, _: f"place {v:.0%} of their orders in November and December (base {b:.0%})",
              is_per_order=True),
        Habit("hour", "Late in the day", "Early in the day", False,
              lambda v, b, _: f"order around {_hour(v)} on average (base {_hour(b)})", is_per_order=True),
        Habit("units_per_order", "Full baskets", "Small baskets", True,
              lambda v, b, _: f"take {v:,.1f} pieces an order (base {b:,.1f})"),
        Habit("products_per_order", "Many articles", "Few articles", True,
              lambda v, b, _: f"choose {v:,.1f} different articles for each order (base {b:,.1f})"),
        Habit("categories", "Many categories", "One category", True,
              lambda v, b, _: f"buy from {v:,.1f} categories (base {b:,.1f})"),
        Habit("home_share", "Home country", "Abroad", False,
              lambda v, b, unit: f"place {v:.0%} of their orders from {unit} (base {b:.0%})"),
    )
}  # fmt: skip


def home_country(facts: Facts, as_of: date) -> str | None:
    """Return the country of most orders, or ``None`` where orders do not say."""
    if "country" not in facts.orders.columns:
        return None
    orders = before(facts.orders, "ordered_at", as_of)
    known = orders.filter(orders.country.notnull())
    counted = known.group_by("country").aggregate(orders=known.count())
    found = counted.order_by(counted.orders.desc(), counted.country).limit(1).to_pyarrow()["country"].to_pylist()
    return found[0] if found else None


def customer_features(facts: Facts, as_of: date, home: str | None = None) -> ir.Table:
    """Habits of everyone who ordered before ``as_of``, as far as the facts tell.

    Args:
        facts: orders and, where known, refunds and order lines.
        as_of: the first day that is not looked at.
        home: country whose share of orders is taken; ``None`` leaves it out.

    Returns:
        One row per customer: ``customer_id``, ``orders``, ``revenue`` (net of refunds, decimal) and the habits of
        ``HABITS`` that these facts allow (shares as fractions, null where a customer has none).

    """
    orders = before(facts.orders, "ordered_at", as_of)
    one = ibis.literal(1.0)
    features = orders.group_by("customer_id").aggregate(
        orders=orders.count(),
        gross=orders.revenue.sum().cast(TOTAL),
        first_day=day_number(orders.ordered_at).min(),
        last_day=day_number(orders.ordered_at).max(),
        weekend_share=_share(orders.ordered_at.day_of_week.index() >= 5),
        year_end_share=_share(orders.ordered_at.month().isin(list(YEAR_END_MONTHS))),
        hour=(
            orders.ordered_at.hour().cast("float64") + orders.ordered_at.minute().cast("float64") / 60.0 * one
        ).mean(),
        **_optional(orders, home),
    )
    features = _with_refunds(features, facts, as_of)
    features = _with_lines(features, facts, as_of)
    tenure = (ibis.literal(as_of.toordinal(), "int64") - features.first_day).cast("float64")
    years = ibis.greatest(tenure, ibis.literal(float(SHORTEST_TENURE_DAYS))) / DAYS_A_YEAR
    features = features.mutate(
        orders_per_year=features.orders.cast("float64") / years,
        average_order=ratio(features.revenue, features.orders),
        recency_days=(ibis.literal(as_of.toordinal(), "int64") - features.last_day).cast("float64"),
        tenure_days=tenure,
    )
    kept = [name for name in HABITS if name in features.columns]
    return features.select("customer_id", "orders", "revenue", *(features[name].cast("float64") for name in kept))


def _share(condition: ir.BooleanColumn) -> ir.FloatingScalar:
    return condition.cast("float64").mean()


def _optional(orders: ir.Table, home: str | None) -> dict[str, ir.Scalar]:
    found: dict[str, ir.Scalar] = {}
    if "discount" in orders.columns:
        given = orders.discount.fill_null(0).sum()
        found["discount_share"] = ratio(given, given + orders.revenue.sum())
    if "coupon" in orders.columns:
        found["coupon_share"] = _share(orders.coupon.notnull())
    if "units" in orders.columns:
        found["units_per_order"] = orders.units.cast("float64").mean()
    if home is not None:
        found["home_share"] = _share((orders.country == home).fill_null(ibis.literal(False)))
    return found


def _with_refunds(features: ir.Table, facts: Facts, as_of: date) -> ir.Table:
    if facts.refunds is None:
        return features.mutate(revenue=features.gross)
    refunds = before(facts.refunds, "refunded_at", as_of)
    given = refunds.group_by(refunder=refunds.customer_id).aggregate(refunded=refunds.amount.sum().cast(TOTAL))
    joined = features.left_join(given, features.customer_id == given.refunder).drop("refunder")
    refunded = joined.refunded.fill_null(ibis.literal(0).cast(TOTAL))
    share = ratio(refunded, joined.gross)
    return joined.mutate(
        revenue=(joined.gross - refunded).cast(TOTAL), refund_share=ibis.least(share, ibis.literal(1.0))
    )


def _with_lines(features: ir.Table, facts: Facts, as_of: date) -> ir.Table:
    if facts.order_lines is None:
        return features
    lines = before(facts.order_lines, "ordered_at", as_of)
    goods = lines.filter(lines.kind.isnull() | (lines.kind == "product")) if "kind" in lines.columns else lines
    per_order = goods.group_by("customer_id", "order_id").aggregate(products=goods.product_id.nunique())
    breadth = per_order.group_by(buyer=per_order.customer_id).aggregate(
        products_per_order=per_order.products.cast("float64").mean()
    )
    joined = features.left_join(breadth, features.customer_id == breadth.buyer).drop("buyer")
    if "category" not in goods.columns:
        return joined
    ranges = goods.group_by(chooser=goods.customer_id).aggregate(categories=goods.category.nunique())
    return joined.left_join(ranges, joined.customer_id == ranges.chooser).drop("chooser")
