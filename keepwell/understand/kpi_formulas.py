"""How each KPI is read from the sums of its period: one function a KPI or a family."""

from __future__ import annotations

from collections.abc import Callable

from keepwell.understand.kpi_context import Context, Number, ratio_interval
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue

NO_ORDER = "there is no order in the period"
NO_ONE_AT_START = "no customer was active at the start"


def customer_counts(context: Context) -> list[KpiValue]:
    """Return how many customers ordered, were won and came back to order."""
    totals, note = context.totals, truncation_note(context)
    return [
        context.count("ordering_customers", totals["ordering_customers"]),
        context.count("new_customers", totals["new_customers"], note),
        context.count("returning_customers", totals["ordering_customers"] - totals["new_customers"], note),
    ]


def activity_counts(context: Context) -> list[KpiValue]:
    """Return the customers active at both ends of the period, and who left and came back in between."""
    ends = {"active_customers_at_start": "active_at_start", "active_customers": "active_at_end"}
    moves = {"churned_customers": "churned", "resurrected_customers": "resurrected"}
    values = []
    for names, missing in ((ends, context.no_window), (moves, context.no_window or too_early(context))):
        if missing is not None:
            values += [context.value(key, missing, None, None) for key in names]
        else:
            values += [context.count(key, context.totals[name], activity_note(context)) for key, name in names.items()]
    return values


def retention_rates(context: Context) -> list[KpiValue]:
    """Return the retention, kept and churn rates and the quick ratio, all by the activity rule."""
    keys = ("customer_retention_rate", "kept_rate", "churn_rate", "quick_ratio")
    totals = context.totals
    start, kept, stayed = totals["active_at_start"], totals["kept"], totals["active_at_end"] - totals["won"]
    missing = context.no_window
    if missing is None and start > 0:
        missing = too_early(context)
    if missing is not None:
        return [context.value(key, missing, None, None) for key in keys]
    note, why_not = activity_note(context), NO_ONE_AT_START
    if context.log.start >= context.period.start:
        why_not += f": the log begins on {context.log.start}"
    # Those who came back are not among the customers of the start: a ratio of two counts, not a share.
    interval = ratio_interval(start + stayed - kept, stayed, start, stayed, kept, start)
    won = totals["won"] + totals["resurrected"]
    return [
        context.divided(keys[0], stayed, start, why_not, interval, note),
        context.share(keys[1], kept, start, why_not, note),
        context.share(keys[2], totals["churned"], start, why_not, note),
        context.divided(keys[3], won, totals["churned"], "nobody churned in the period", note=note),
    ]


def repeat_rates(context: Context) -> list[KpiValue]:
    """Return how many customers come back: by a fixed age, ever, and how often within the period."""
    totals, days = context.totals, context.rules.repeat_days
    no_mature = f"no customer reached the age of {days} days in the period"
    return [
        context.share(
            "repeat_purchase_rate", totals["repeated"], totals["mature"], no_mature, f"within {days} days of the first"
        ),
        context.share(
            "repeat_customer_share", totals["repeat_ever"], totals["customers_ever"], "nobody has ordered so far"
        ),
        context.mean(
            "purchase_frequency", totals["ordering_customers"], totals["orders"], totals["orders_squares"], NO_ORDER
        ),
    ]


def gap_values(context: Context) -> list[KpiValue]:
    """Return the median days between orders, over orders and over customers."""
    values = []
    for key, name in (("time_between_orders", "gaps"), ("customer_time_between_orders", "customers")):
        if name in context.medians:
            median, count = context.medians[name]
            values.append(context.value(key, float(median), None, count))
        else:
            values.append(context.value(key, NotAvailable("nobody ordered again in the period"), None, 0))
    return values


def revenue_values(context: Context) -> list[KpiValue]:
    """Return orders and revenue, before and after refunds, of new and of returning customers."""
    totals, note = context.totals, truncation_note(context)
    revenue, refunds, first = totals["revenue"], totals["refunds"], totals["first_revenue"]
    return [
        context.count("orders", totals["orders"]),
        context.count("revenue", revenue),
        context.count("refunds", refunds),
        context.count("net_revenue", revenue - refunds),
        context.count("new_revenue", first, note),
        context.count("returning_revenue", revenue - first, note),
        context.divided("new_revenue_share", first, revenue, "there is no revenue in the period", note=note),
    ]


def order_values(context: Context) -> list[KpiValue]:
    """Return the average order value before and after refunds, and what refunds and discounts take."""
    totals = context.totals
    revenue, orders = totals["revenue"], totals["orders"]
    net = revenue - totals["refunds"]
    interval = ratio_interval(
        totals["seen_customers"], float(net), float(orders),
        totals["net_squares"], totals["net_times_orders"], totals["orders_squares"],
    )  # fmt: skip
    no_revenue = "there is no revenue in the period"
    return [
        context.mean("gross_average_order_value", orders, revenue, totals["revenue_squares"], NO_ORDER),
        context.divided("average_order_value", net, orders, NO_ORDER, interval),
        context.divided("refund_rate", totals["refunds"], revenue, no_revenue),
        discount_rate(context, no_revenue),
    ]


def discount_rate(context: Context, why_not: str) -> KpiValue:
    """Return the share of the list price that discounts took, where the orders say their discounts."""
    key, discount = "discount_rate", context.totals["discount"]
    if "discount" not in context.order_columns:
        return context.value(key, NotAvailable("the orders do not say their discounts"), None, None)
    return context.divided(key, discount, context.totals["revenue"] + discount, why_not)


def margin_values(context: Context) -> list[KpiValue]:
    """Return the contribution margin, from known costs or the margin rate of the business."""
    net = context.totals["revenue"] - context.totals["refunds"]
    margin, note = contribution(context, net)
    return [
        context.count("contribution_margin", margin, note),
        context.divided("contribution_margin_rate", margin, net, "there is no net revenue in the period", note=note),
    ]


def value_to_date(context: Context) -> list[KpiValue]:
    """Return what customers have brought so far, per customer."""
    totals = context.totals
    note = f"from {context.log.start} on"
    why_not = "nobody has ordered so far"
    return [
        context.mean(
            "historic_lifetime_value", totals["customers_ever"], totals["net_ever"], totals["net_ever_squares"],
            why_not, note,
        )
    ]  # fmt: skip


def revenue_retention(context: Context) -> list[KpiValue]:
    """Return gross and net revenue retention of the customers of the days before the period."""
    totals, before = context.totals, context.totals["revenue_before"]
    begun = context.period.start.toordinal() - context.period.days
    keys = {"gross_revenue_retention_on_orders": "revenue_kept", "net_revenue_retention_on_orders": "revenue_now"}
    if context.log.start.toordinal() > begun:
        reason = NotAvailable(f"the log begins on {context.log.start}, after the period to compare with begins")
        return [context.value(key, reason, None, None) for key in keys]
    why_not = f"there is no revenue in the {context.period.days} days before"
    values = []
    for key, name in keys.items():
        interval = ratio_interval(
            totals["customers_before"], float(totals[name]), float(before),
            totals[f"{name}_squares"], totals[f"{name}_times_before"], totals["revenue_before_squares"],
        )  # fmt: skip
        values.append(context.divided(key, totals[name], before, why_not, interval))
    return values


def spend_values(context: Context) -> list[KpiValue]:
    """Return spend, blended acquisition cost, and what was earned on the spend."""
    keys = ("spend", "blended_cac", "acquisition_roi", "marketing_roi")
    spend = context.spend
    if isinstance(spend, NotAvailable):
        return [context.value(key, spend, None, None) for key in keys]
    totals = context.totals
    won, _ = contribution(context, totals["new_customers_net"], known_costs=False)
    margin, _ = contribution(context, totals["revenue"] - totals["refunds"])
    note = f"margin rate {context.business.margin_rate:.0%}"
    no_spend = "nothing was spent in the period"
    return [
        context.count(keys[0], spend),
        context.divided(keys[1], spend, totals["new_customers"], "nobody was won in the period"),
        context.divided(keys[2], won - float(spend), spend, no_spend, note=note),
        context.divided(keys[3], margin - float(spend), spend, no_spend, note=note),
    ]


def contribution(context: Context, net: Number, *, known_costs: bool = True) -> tuple[float, str]:
    """Return the margin of net revenue and how it was found; costs count only where every order has them."""
    totals = context.totals
    if known_costs and totals["orders"] and totals["cost_known"] == totals["orders"]:
        return float(net - totals["cost"] - totals["payment_fee"]), "from the costs of the orders"
    rate = context.business.margin_rate
    kind = "an assumed" if context.business.margin_is_assumed else "the business's"
    return float(net) * rate, f"net revenue × {kind} margin rate of {rate:.0%}"


def activity_note(context: Context) -> str:
    """Say the activity window, and where the log is too short to fill it."""
    days = context.rules.activity_days
    said = f"active = ordered within {days} days"
    if context.period.start.toordinal() - days < context.log.start.toordinal() < context.period.start.toordinal():
        said += (
            f"; the log begins on {context.log.start}, within the {days} days before the period, so the start is low"
        )
    return said


def too_early(context: Context) -> NotAvailable | None:
    """Say so where the log is too young for anybody to count as lost by the period's end."""
    days = context.rules.activity_days
    if context.period.end.toordinal() - days > context.log.start.toordinal():
        return None
    return NotAvailable(
        f"the log begins on {context.log.start}, so nobody can have gone {days} days without an order by the end"
    )


def truncation_note(context: Context) -> str:
    """Say where the beginning of the log may pass old customers off as new."""
    if (
        context.no_window
        or context.period.start.toordinal() >= context.log.start.toordinal() + context.rules.activity_days
    ):
        return ""
    return f'the log begins on {context.log.start}: some "new" customers may be older ones'


FORMULAS: tuple[Callable[[Context], list[KpiValue]], ...] = (
    customer_counts, activity_counts, retention_rates, repeat_rates, gap_values, revenue_values, order_values,
    margin_values, value_to_date, revenue_retention, spend_values,
)  # fmt: skip
