"""Rows of an event log to facts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.cells import Cells
from keepwell.observe.order_facts import Numbers, pick
from keepwell.observe.running import RunningNumber
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import EVENTS


class EventFacts:
    """Turns batches of an event log into facts.

    An event without an id of its own gets one from who, when and what, with a running number for true repeats, so
    that the same event has the same id in a later, longer export. Columns that are not mapped are not kept: they
    may hold personal fields.
    """

    def __init__(self) -> None:
        self._seen = RunningNumber()

    def rows(self, cells: Cells, rows: Numbers) -> pa.Table:
        """Return the events of one batch in the lake's schema."""
        customer, anonymous = cells.person("customer_id"), cells.person("anonymous_id")
        who = pc.coalesce(customer, anonymous)
        cells.refuse_missing(who, Refusal.MISSING_CUSTOMER, "customer_id")
        name = cells.text("name")
        cells.refuse_missing(name, Refusal.MISSING_VALUE, "name")
        occurred_at = cells.moment("occurred_at")
        kept = cells.verdict.kept
        base = pc.binary_join_element_wise(who, occurred_at.cast(pa.int64()).cast(pa.string()), name, "/")
        numbers = np.zeros(cells.length, np.int32)
        numbers[kept] = self._seen.next(base.filter(pa.array(kept)))
        made_up = pc.binary_join_element_wise(base, pa.array(numbers).cast(pa.string()), "/")
        values = {
            "source": pa.repeat(pa.scalar(cells.plan.source), cells.length),
            "event_id": pc.coalesce(cells.identifier("event_id"), made_up),
            "occurred_at": occurred_at,
            "customer_id": customer,
            "anonymous_id": anonymous,
            "name": name,
            "channel": cells.text("channel"),
            "source_row": pa.array(rows),
        }
        return pick(EVENTS, values, kept)
