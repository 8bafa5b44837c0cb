"""Order lines, scattered over a file, folded into orders; spend by advertisement, folded into spend by campaign."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from keepwell.lake.engine import file_list, quote, workshop
from keepwell.vocabulary.errors import InputError

LINES_A_SHARE = 4_000_000
MOST_SHARES = 4096
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
        FROM read_parquet({{files}}
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


def orders_from_lines(spill: Path, lines: Sequence[Path], new_file: Callable[[], Path]) -> None:
    """Write one order per (source, order id) found in the staged ``lines``.

    Orders are folded in shares of about ``LINES_A_SHARE`` lines, told apart by a hash of their id, so that memory does
    not grow with the file; shares that do not fit after all are halved.

    Args:
        spill: folder for what does not fit in memory.
        lines: staged files of order lines.
        new_file: makes the name of a new file of orders; each share becomes one.

    Raises:
        InputError: one order id names two customers or two currencies.

    """
    count = sum(pq.read_metadata(path).num_rows for path in lines)
    shares = max(1, math.ceil(count / LINES_A_SHARE))
    todo = [(share, shares) for share in range(shares)]
    while todo:
        share, of = todo.pop()
        try:
            _fold_share(spill, lines, share, of, new_file)
        except duckdb.OutOfMemoryException:
            if of > MOST_SHARES:
                raise
            todo += [(share, 2 * of), (share + of, 2 * of)]  # together the same orders


def _fold_share(spill: Path, lines: Sequence[Path], share: int, of: int, new_file: Callable[[], Path]) -> None:
    files = f"{file_list(lines)}) WHERE hash(order_id) % {of} = {share}" if of > 1 else f"{file_list(lines)})"
    draft = spill / f"fold-{share}-{of}.parquet"
    with workshop(spill) as connection:
        _refuse_torn_orders(connection, files)
        query = ORDERS_FROM_LINES.format(files=files)
        connection.execute(f"COPY ({query}) TO '{quote(str(draft))}' (FORMAT parquet, COMPRESSION zstd)")
    draft.rename(new_file())


def spend_by_campaign(connection: duckdb.DuckDBPyConnection, spend: Sequence[Path], target: Path) -> None:
    """Write one row per (source, day, channel, campaign, currency) of the staged ``spend``."""
    query = SPEND_BY_CAMPAIGN.format(files=file_list(spend))
    connection.execute(f"COPY ({query}) TO '{quote(str(target))}' (FORMAT parquet, COMPRESSION zstd)")


def _refuse_torn_orders(connection: duckdb.DuckDBPyConnection, files: str) -> None:
    torn = connection.execute(
        f"""SELECT order_id, min(customer_id), max(customer_id), min(currency), max(currency),
                   min(source_row), max(source_row)
            FROM read_parquet({files} GROUP BY source, order_id
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
