"""Rows of a cost report to facts: the lake adds up those of one day, channel and campaign."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.cells import Cells
from keepwell.observe.order_facts import Numbers, pick
from keepwell.observe.personal import without_email
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import SPEND

_UTC = ZoneInfo("UTC")  # a day of spend is the day that stands in the file, whatever the zone


def spend_rows(cells: Cells, rows: Numbers) -> pa.Table:
    """Return the spend of one batch, row by row of the file (by advertisement, age, device)."""
    values = {
        "source": pa.repeat(pa.scalar(cells.plan.source), cells.length),
        "spent_on": cells.moment("spent_on", _UTC).cast(pa.int64()).cast(pa.timestamp("us")).cast(pa.date32()),
        "amount": cells.amount("amount", Refusal.MISSING_AMOUNT),
        "channel": _channel(cells),
        "campaign": pc.fill_null(cells.text("campaign"), ""),
        "currency": cells.currency(),
        "impressions": cells.count("impressions"),
        "clicks": cells.count("clicks"),
        "conversions": cells.amount("conversions"),
        "conversion_value": cells.amount("conversion_value"),
        "source_row": pa.array(rows),
    }
    cells.refuse(pc.less(values["amount"], 0), Refusal.NEGATIVE_PRICE, "amount")
    return pick(SPEND, values, cells.verdict.kept)


def _channel(cells: Cells) -> pa.Array:
    channel = cells.text("channel")
    fallback = cells.plan.context.channel
    if fallback is not None:
        channel = pc.fill_null(channel, without_email(fallback))
    cells.refuse_missing(channel, Refusal.MISSING_VALUE, "channel")
    return channel
