"""Order lines, scattered over a file, folded into orders; spend by advertisement, folded into spend by campaign."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from keepwell.lake.engine import file_list, quote
from keepwell.vocabulary.errors import InputError

NOT_GOODS = "('shipping', 'fee', 'gift_card', 'adjustment')"

ORDERS_FROM_LINES = f"""
    SELECT source, order_id, customer_id, ordered_at, currency,
        CAST(items AS DECIMAL(18, 4)) AS items, CAST(discount AS DECIMAL(18, 4)) AS discount,
        CAST(shipping AS DECIMAL(18, 4)) AS shipping, CAST(other AS DECIMAL(18, 4)) AS other,
        CAST(tax AS DECIMAL(18, 4)) AS tax, CAST(cost AS DECIMAL(18, 4)) AS cost,
        CAST(NULL AS DECIMAL(18, 4)) AS payment_fee, CAST(units AS DECIMAL(18, 4)) AS units,
        CAST(line_count AS INTEGER) AS line_count, country, channel, coupon, source_row, import_id
    FROM (
        SELECT source, order_id, min(customer_id) AS customer_id, min(ordered_at) AS ordered_at,
            min(currency) AS currency,
            coalesce(sum(amount) FILTER (kind NOT IN {NOT_GOODS}), 0) AS items,
            coalesce(sum(discount), 0) AS discount,
            coalesce(sum(amount) FILTER (kind = 'shipping'), 0) AS shipping,
            coalesce(sum(amount) FILTER (kind <> 'shipping' AND kind IN {NOT_GOODS}), 0) AS other,
            coalesce(sum(tax), 0) AS tax, sum(cost) AS cost,
            sum(quantity) FILTER (kind NOT IN {NOT_GOODS}) AS units, count(*) AS line_count,
            min(country) AS country, min(channel) AS channel, min(coupon) AS coupon,
            min(source_row) AS source_row, min(import_id) AS import_id
        FROM read_parquet({{files}})
        GROUP BY source, order_id
    )
"""

SPEND_BY_CAMPAIGN = """
    SELECT source, spent_on, channel, campaign, currency,
        CAST(sum(amount) AS DECIMAL(18, 4)) AS amount,
        CAST(sum(impressions) AS BIGINT) AS impressions, CAST(sum(clicks) AS BIGINT) AS clicks,
        CAST(sum(conversions) AS DECIMAL(18, 4)) AS conversions,
        CAST(sum(conversion_value) AS DECIMAL(18, 4)) AS conversion_value,
        min(source_row) AS source_row, min(import_id) AS import_id
    FROM read_parquet({files})
    GROUP BY source, spent_on, channel, campaign, currency
"""


def orders_from_lines(connection: duckdb.DuckDBPyConnection, lines: Sequence[Path], target: Path) -> None:
    """Write one order per (source, order id) found in the staged ``lines``.

    Raises:
        InputError: one order id names two customers or two currencies.

    """
    _refuse_torn_orders(connection, lines)
    query = ORDERS_FROM_LINES.format(files=file_list(lines))
    connection.execute(f"COPY ({query}) TO '{quote(str(target))}' (FORMAT parquet, COMPRESSION zstd)")


def spend_by_campaign(connection: duckdb.DuckDBPyConnection, spend: Sequence[Path], target: Path) -> None:
    """Write one row per (source, day, channel, campaign, currency) of the staged ``spend``."""
    query = SPEND_BY_CAMPAIGN.format(files=file_list(spend))
    connection.execute(f"COPY ({query}) TO '{quote(str(target))}' (FORMAT parquet, COMPRESSION zstd)")


def _refuse_torn_orders(connection: duckdb.DuckDBPyConnection, lines: Sequence[Path]) -> None:
    torn = connection.execute(
        f"""SELECT order_id, min(customer_id), max(customer_id), min(currency), max(currency),
                   min(source_row), max(source_row)
            FROM read_parquet({file_list(lines)}) GROUP BY source, order_id
            HAVING min(customer_id) <> max(customer_id) OR min(currency) <> max(currency)
            ORDER BY min(source_row) LIMIT 1"""
    ).fetchone()
    if torn is None:
        return
    order, customer, other_customer, currency, other_currency, first, last = torn
    what = (
        f"customers {customer} and {other_customer}"
        if customer != other_customer
        else f"currencies {currency} and {other_currency}"
    )
    raise InputError(
        "order.conflicting",
        f"Order {order} has two {what}.",
        where=f"rows {first} and {last}",
        value=order,
        advice="Map the column that is unique to an order, or mend the file; nothing was imported.",
    )
