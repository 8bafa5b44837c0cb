"""Rows of a subscription list to facts: one row a term at one price."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.cells import Cells
from keepwell.observe.order_facts import Numbers, pick
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import SUBSCRIPTIONS


def subscription_rows(cells: Cells, rows: Numbers) -> pa.Table:
    """Return the subscriptions of one batch in the lake's schema; a term that ends before it starts is refused."""
    values = {
        "source": pa.repeat(pa.scalar(cells.plan.source), cells.length),
        "subscription_id": cells.identifier("subscription_id", Refusal.MISSING_VALUE),
        "customer_id": cells.person("customer_id", Refusal.MISSING_CUSTOMER),
        "started_at": cells.moment("started_at"),
        "ended_at": cells.moment("ended_at", is_required=False),
        "mrr": cells.amount("mrr", Refusal.MISSING_AMOUNT),
        "quantity": cells.amount("quantity"),
        "plan": cells.text("plan"),
        "currency": cells.currency(),
        "is_trial": pa.array(cells.flag("is_trial")),
        "source_row": pa.array(rows),
    }
    backwards = pc.less(values["ended_at"], values["started_at"])
    cells.refuse(backwards, Refusal.UNREADABLE_DATE, "ended_at")
    cells.refuse(pc.less(values["mrr"], 0), Refusal.NEGATIVE_PRICE, "mrr")
    return pick(SUBSCRIPTIONS, values, cells.verdict.kept)
