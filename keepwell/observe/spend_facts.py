"""Rows of a cost report to facts: one row a day, channel and campaign."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.cells import Cells
from keepwell.observe.order_facts import Numbers, pick
from keepwell.observe.verdict import Mask
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import SPEND

_KEY = ["source", "spent_on", "channel", "campaign", "currency"]
_SUMS = ("amount", "impressions", "clicks", "conversions", "conversion_value")
_UTC = ZoneInfo("UTC")  # a day of spend is the day that stands in the file, whatever the zone


class SpendFacts:
    """Adds up rows of the same day, channel and campaign (ads, ages, devices) over the whole file.

    Memory grows with the number of days × campaigns, not with the rows.
    """

    def __init__(self) -> None:
        self._held: list[pa.Table] = []

    def add(self, cells: Cells, rows: Numbers) -> Mask:
        """Read one batch and hold its sums; returns the rows that were kept."""
        values = {
            "source": pa.repeat(pa.scalar(cells.plan.source), cells.length),
            "spent_on": cells.moment("spent_on", _UTC).cast(pa.int64()).cast(pa.timestamp("us")).cast(pa.date32()),
            "amount": cells.amount("amount", Refusal.MISSING_AMOUNT),
            "channel": self._channel(cells),
            "campaign": pc.fill_null(cells.text("campaign"), ""),
            "currency": cells.currency(),
            "impressions": cells.count("impressions"),
            "clicks": cells.count("clicks"),
            "conversions": cells.amount("conversions"),
            "conversion_value": cells.amount("conversion_value"),
            "source_row": pa.array(rows),
        }
        cells.refuse(pc.less(values["amount"], 0), Refusal.NEGATIVE_PRICE, "amount")
        kept = cells.verdict.kept
        self._held.append(pick(SPEND, values, kept))
        if len(self._held) > 16:
            self._held = [_summed(self._held)]
        return kept

    def finish(self) -> pa.Table:
        """Return the sums of the whole file."""
        return _summed(self._held)

    def _channel(self, cells: Cells) -> pa.Array:
        channel = cells.text("channel")
        fallback = cells.plan.context.channel
        if fallback is not None:
            channel = pc.fill_null(channel, fallback)
        cells.refuse_missing(channel, Refusal.MISSING_VALUE, "channel")
        return channel


def _summed(parts: list[pa.Table]) -> pa.Table:
    rows = pa.concat_tables(parts)
    sums = [(name, "sum") for name in _SUMS]
    grouped = rows.group_by(_KEY, use_threads=False).aggregate([*sums, ("source_row", "min")])
    names = {f"{name}_sum": name for name in _SUMS} | {"source_row_min": "source_row"}
    renamed = grouped.rename_columns([names.get(name, name) for name in grouped.column_names])
    columns = [renamed.column(field.name).cast(field.type) for field in rows.schema]  # Arrow widens sums
    return pa.table(columns, schema=rows.schema)
