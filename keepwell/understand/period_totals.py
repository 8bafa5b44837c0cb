"""The sums over customers that a period's KPIs are read from, for everybody or per group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from keepwell.understand.activity import midnight
from keepwell.understand.attributes import UNKNOWN, customer_groups
from keepwell.understand.facts import Facts
from keepwell.understand.gaps import gaps, percentile
from keepwell.understand.retention import PARTS, Rules, customer_period
from keepwell.vocabulary.period import Period

Totals = dict[str, Any]


def period_totals(facts: Facts, period: Period, rules: Rules, by: str | None) -> dict[str | None, Totals]:
    """Return the sums per group (``None`` for everybody); counts are integers, money exact; runs one query.

    A group is there as soon as one of its customers ordered before the period's end; everybody is always there.
    """
    customers = customer_period(facts, period, rules)
    if by is not None:
        customers = _grouped(customers, facts, by)
        rows = customers.group_by("group").aggregate(**_sums(customers)).order_by("group").to_pyarrow().to_pylist()
    else:
        rows = customers.aggregate(**_sums(customers)).mutate(group=ibis.null("string")).to_pyarrow().to_pylist()
    return {row["group"]: {name: value or 0 for name, value in row.items()} for row in rows}


def gap_medians(facts: Facts, period: Period, by: str | None) -> dict[str | None, dict[str, tuple[float, int]]]:
    """Return per group the median gap and the median of customers' medians, each with how many there are.

    Counts of distinct values come back from the engine and the median is read from them, exactly and the same on
    every engine; runs two queries.
    """
    inside = gaps(facts, period.end)
    inside = inside.filter(inside.ordered_at >= midnight(period.start))
    inside = _grouped(inside, facts, by) if by is not None else inside.mutate(group=ibis.null("string"))
    own = inside.group_by("group", "customer_id").aggregate(days=inside.gap_days.median())
    found: dict[str | None, dict[str, tuple[float, int]]] = {}
    for name, values in (("gaps", inside.rename(days="gap_days")), ("customers", own)):
        for group, counted in _counted(values).items():
            days, counts = zip(*sorted(counted), strict=True)
            found.setdefault(group, {})[name] = (percentile(days, counts, 0.5), sum(counts))
    return found


def spend_totals(facts: Facts, period: Period) -> Any:
    """Return the spend of the period (decimal), or ``None`` where none is given for it."""
    if facts.spend is None:
        return None
    dated = facts.spend.filter(
        (facts.spend.spent_on >= ibis.literal(period.start)) & (facts.spend.spent_on < ibis.literal(period.end))
    )
    return dated.aggregate(spend=dated.amount.sum()).to_pyarrow()["spend"][0].as_py()


def _grouped(customers: ir.Table, facts: Facts, by: str) -> ir.Table:
    # A customer known by refunds alone has no group, and must not fall out of the sums.
    groups = customer_groups(facts, by).rename(grouped_customer="customer_id")
    joined = customers.left_join(groups, customers.customer_id == groups.grouped_customer)
    return joined.mutate(group=joined.group.fill_null(UNKNOWN)).drop("grouped_customer")


def _counted(values: ir.Table) -> dict[str | None, list[tuple[float, int]]]:
    rows: Sequence[Totals] = values.group_by("group", "days").aggregate(n=values.count()).to_pyarrow().to_pylist()
    grouped: dict[str | None, list[tuple[float, int]]] = {}
    for row in rows:
        grouped.setdefault(row["group"], []).append((row["days"], row["n"]))
    return grouped


def _sums(customers: ir.Table) -> dict[str, ir.Scalar]:
    ordered = customers.orders > 0
    stays = customers.is_active & customers.was_active
    net, orders, ever = (customers[name].cast("float64") for name in ("net", "orders", "net_ever"))
    is_customer = customers.orders_ever > 0
    return {
        **{
            name: customers[name].sum() for name in ("orders", "revenue", "refunds", "first_revenue", "revenue_squares")
        },
        **{name: customers[name].sum() for name in (*PARTS, "cost_known")},
        "orders_squares": (orders * orders).sum(),
        "net_squares": (net * net).sum(),
        "net_times_orders": (net * orders).sum(),
        "seen_customers": (ordered | (customers.refunds > 0)).sum(),
        "ordering_customers": ordered.sum(),
        "new_customers": (customers.is_new & ordered).sum(),
        "new_customers_net": customers.net.sum(where=customers.is_new),
        "active_at_start": customers.was_active.sum(),
        "active_at_end": customers.is_active.sum(),
        "kept": stays.sum(),
        "won": (customers.is_active & customers.is_new).sum(),
        "resurrected": (customers.is_active & ~customers.was_active & ~customers.is_new).sum(),
        "churned": (customers.was_active & ~customers.is_active).sum(),
        "mature": customers.is_mature.sum(),
        "repeated": (customers.is_mature & customers.has_repeated).sum(),
        "customers_ever": is_customer.sum(),
        "repeat_ever": (customers.orders_ever > 1).sum(),
        "net_ever": customers.net_ever.sum(where=is_customer),
        "net_ever_squares": (ever * ever).sum(where=is_customer),
        **_same_base_sums(customers),
    }


def _same_base_sums(customers: ir.Table) -> dict[str, ir.Scalar]:
    """Sum what the customers with net revenue before the period brought then and bring now, with second moments."""
    had = customers.net_before > 0
    now = ibis.ifelse(customers.net > 0, customers.net, 0)
    kept = ibis.ifelse(now < customers.net_before, now, customers.net_before)
    before = customers.net_before.cast("float64")
    sums: dict[str, ir.Scalar] = {
        "customers_before": had.sum(),
        "revenue_before": customers.net_before.sum(where=had),
        "revenue_before_squares": (before * before).sum(where=had),
    }
    for name, amount in (("revenue_kept", kept), ("revenue_now", customers.net)):
        value = amount.cast("float64")
        sums[name] = amount.sum(where=had)
        sums[f"{name}_squares"] = (value * value).sum(where=had)
        sums[f"{name}_times_before"] = (value * before).sum(where=had)
    return sums
