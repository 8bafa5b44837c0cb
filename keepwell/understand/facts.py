"""The input of every analysis: orders and what else is known, in local time and one currency."""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from keepwell.understand.clock import to_local
from keepwell.understand.columns import AMOUNT, missing, recognise, with_all
from keepwell.understand.order_lines import grouped_to_orders, refunds_in_orders, with_amount, with_order_id
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

FIRST_YEAR, LAST_YEAR = 1900, 2200
REVENUE_PARTS = ("items", "shipping", "other", "tax")


@dataclass(frozen=True)
class Facts:
    """Ibis tables with canonical columns; times are naive and local, amounts decimal in the business currency.

    Args:
        orders: customer_id, order_id, ordered_at, revenue (goods after discounts, before refunds); where known also
            discount, shipping, other, tax, cost, payment_fee, units, country, channel, coupon, source.
        business: currency, time zone and money assumptions.
        refunds: customer_id, order_id (may be null), refunded_at, amount (at least 0).
        order_lines: customer_id, order_id, ordered_at, product_id, product_name, category, kind, quantity, amount.
        customers: customer_id, created_at, country, channel; one row a customer.
        events: event_id, occurred_at, customer_id (may be null), anonymous_id, name, channel, properties (JSON text).
        subscriptions: subscription_id, customer_id, plan, started_at, ended_at (null while it runs), mrr, is_trial.
        spend: spent_on, channel, campaign, amount, impressions, clicks, conversions, conversion_value.
        notes: what was done to the tables that a reader should know.

    """

    orders: ir.Table
    business: Business
    refunds: ir.Table | None = None
    order_lines: ir.Table | None = None
    customers: ir.Table | None = None
    events: ir.Table | None = None
    subscriptions: ir.Table | None = None
    spend: ir.Table | None = None
    notes: tuple[str, ...] = ()


def facts_from_lake(tables: Mapping[str, ir.Table], business: Business, include: Collection[str] = ("items",)) -> Facts:
    """Return facts from the lake's tables: one currency, local time.

    Args:
        tables: lake tables by name (``keepwell.vocabulary.tables``); ``orders`` must be there.
        business: other currencies are converted at its constant rates.
        include: parts of an order that count as revenue, of items, shipping, other, tax.

    Raises:
        InputError: no orders table, an unknown part, or a currency without a rate.

    """
    if "orders" not in tables:
        raise InputError("facts.no_orders", "There is no table of orders.", advice="Import an order log first.")
    if not include or set(include) - set(REVENUE_PARTS):
        raise InputError(
            "facts.unknown_part",
            f"Revenue cannot be made of {sorted(include)}.",
            value=sorted(include),
            advice=f"Choose from {', '.join(REVENUE_PARTS)}.",
        )
    kept = {name: _in_business_terms(name, table, business) for name, table in tables.items()}
    further: dict[str, Any] = {
        name: kept.get(name) for name in ("order_lines", "customers", "events", "subscriptions", "spend")
    }
    if further["customers"] is not None:
        further["customers"] = _one_row_each(further["customers"])
    return Facts(
        orders=kept["orders"].mutate(revenue=_parts(kept["orders"], include)),
        business=business,
        refunds=_lake_refunds(kept.get("refunds"), include),
        **further,
    )


def facts_from_tables(
    orders: ir.Table,
    *,
    business: Business,
    refunds: ir.Table | None = None,
    order_lines: ir.Table | None = None,
    customers: ir.Table | None = None,
    events: ir.Table | None = None,
    subscriptions: ir.Table | None = None,
    spend: ir.Table | None = None,
    columns: Mapping[str, str] | None = None,
    drop_missing: bool = False,
) -> Facts:
    """Return facts from a user's own Ibis tables.

    ``orders`` may hold one row an order or one row an order line: rows with the same customer and order id become one
    order, dated by its first line. Without an order id, rows of one customer at the same time are one order. Orders
    whose total is below zero are taken as refunds. Naive times are taken as local, aware ones are converted, dates
    without a time are accepted.

    Args:
        orders: a customer, a date, and either an amount or quantity and unit price.
        business: currency and time zone.
        refunds, order_lines, customers, events, subscriptions, spend: further tables, each optional.
        columns: Keepwell's column name to yours, where yours is not recognised; ``"spend.amount"`` for a further
            table; any other key is kept as an attribute of the order to group by.
        drop_missing: drop rows without customer, date or amount (noted in ``notes``) instead of refusing them.

    Raises:
        InputError: a column is missing or of a wrong type, rows lack what every row needs, or there is no row.

    >>> import datetime as dt
    >>> lines = ibis.memtable({"Customer ID": [7, 7], "Invoice": ["a", "a"], "Quantity": [2, 1], "Price": [1.5, 2.0],
    ...                        "InvoiceDate": [dt.datetime(2011, 1, 1, 9)] * 2})
    >>> facts = facts_from_tables(lines, business=Business(currency="GBP"))
    >>> facts.orders.select("customer_id", "order_id", "revenue").execute().values.tolist()
    [['7', 'a', Decimal('5.0000')]]

    """
    names = columns or {}
    zone = business.time_zone
    lines = with_amount(recognise("orders", orders, names, zone), "revenue")
    if "revenue" not in lines.columns:
        raise missing("orders", "revenue", orders)
    lines = _converted("orders", lines, business)
    lines, negative, notes = _complete(lines, drop_missing)
    grouped = grouped_to_orders(with_order_id(lines))
    given = {
        "refunds": refunds, "order_lines": order_lines, "customers": customers, "events": events,
        "subscriptions": subscriptions, "spend": spend,
    }  # fmt: skip
    known = {name: _recognised(name, table, names, business) for name, table in given.items() if table is not None}
    if negative:
        hidden = refunds_in_orders(grouped)
        known["refunds"] = hidden if refunds is None else known["refunds"][hidden.columns].union(hidden)
        grouped = grouped.filter(grouped.revenue >= 0)
        notes += (f"{negative} rows have an amount below zero; orders whose total is below zero count as refunds.",)
    return Facts(orders=grouped, business=business, notes=notes, **known)


def _recognised(name: str, table: ir.Table, names: Mapping[str, str], business: Business) -> ir.Table:
    found = recognise(name, table, names, business.time_zone)
    if name == "order_lines":
        found = with_amount(found, "amount")
    converted = with_all(name, _converted(name, found, business))
    return _one_row_each(converted) if name == "customers" else converted


def _complete(lines: ir.Table, drop_missing: bool) -> tuple[ir.Table, int, tuple[str, ...]]:
    """Refuse or drop rows that no analysis can use; also return how many amounts are below zero."""
    required = ("customer_id", "ordered_at", "revenue")
    counts = lines.aggregate(
        rows=lines.count(),
        negative=(lines.revenue < 0).sum(),
        first_year=lines.ordered_at.year().min(),
        last_year=lines.ordered_at.year().max(),
        **{name: lines[name].isnull().sum() for name in required},
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    if not counts["rows"]:
        raise InputError("orders.empty", "The table of orders has no rows.", advice="Pass at least one order.")
    for year in (counts["first_year"], counts["last_year"]):
        if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
            raise InputError(
                "orders.year",
                f"There is a date in the year {year}.",
                where="orders.ordered_at",
                value=year,
                advice=f"Correct it, or leave its row out: years from {FIRST_YEAR} to {LAST_YEAR} can be used.",
            )
    lacking = {name: int(counts[name]) for name in required if counts[name]}
    if not lacking:
        return lines, int(counts["negative"] or 0), ()
    said = ", ".join(f"{count} without {name}" for name, count in lacking.items())
    if not drop_missing:
        raise InputError(
            "orders.missing_values",
            f"Of {counts['rows']} rows, {said}.",
            where="orders",
            value=lacking,
            advice="Fill them in, or pass drop_missing=True to leave these rows out.",
        )
    return lines.drop_null(list(required)), int(counts["negative"] or 0), (f"Rows left out: {said}.",)


AMOUNTS = {
    "orders": ("items", "revenue", "discount", "shipping", "other", "tax", "cost", "payment_fee"),
    "order_lines": ("unit_price", "amount", "cost"),
    "refunds": ("items", "shipping", "other", "tax", "amount"),
    "subscriptions": ("mrr",),
    "spend": ("amount", "conversion_value"),
}


def _in_business_terms(name: str, table: ir.Table, business: Business) -> ir.Table:
    moments = [column for column, type_ in table.schema().items() if type_.is_timestamp()]
    local = table.mutate(**{column: to_local(table[column], business.time_zone) for column in moments})
    return _converted(name, local, business)


def _converted(name: str, table: ir.Table, business: Business) -> ir.Table:
    """Convert amounts to the business currency; a currency without a rate is an error, never 1:1."""
    if "currency" not in table.columns or name not in AMOUNTS:
        return table
    rates = {business.currency: None, **business.rates}
    others = table.filter(table.currency.notnull() & ~table.currency.isin(list(rates)))
    if found := others.select("currency").distinct().limit(5).to_pyarrow()["currency"].to_pylist():
        raise InputError(
            "currency.no_rate",
            f"There are amounts in {', '.join(sorted(found))} and no rate to {business.currency}.",
            where=name,
            value=sorted(found)[0],
            advice="Give a rate for each, as units of the business currency.",
        )
    if not business.rates:
        return table
    cases = [
        (table.currency == code, ibis.literal(rate, type="decimal(18, 8)")) for code, rate in business.rates.items()
    ]
    rate = ibis.cases(*cases, else_=ibis.literal(1, type="decimal(18, 8)"))
    amounts = [column for column in AMOUNTS[name] if column in table.columns]
    return table.mutate(**{column: (table[column] * rate).cast(AMOUNT) for column in amounts})


def _lake_refunds(refunds: ir.Table | None, include: Collection[str]) -> ir.Table | None:
    if refunds is None:
        return None
    return refunds.mutate(amount=_parts(refunds, include))


def _parts(table: ir.Table, include: Collection[str]) -> ir.DecimalColumn:
    columns = [table[part] for part in REVENUE_PARTS if part in include]
    return reduce(operator.add, columns).cast(AMOUNT)


def _one_row_each(customers: ir.Table) -> ir.Table:
    """Return one row a customer: the earliest creation, and one country and channel (the last in the alphabet)."""
    return customers.group_by("customer_id").aggregate(
        created_at=customers.created_at.min(), country=customers.country.max(), channel=customers.channel.max()
    )
