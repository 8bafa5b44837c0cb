"""Everything the lake knows of one person, newest first."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from keepwell.lake.lake import Lake

MOST = 200
# what stands for one table's row: its moment, its words, and its amount
READ: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "orders": ("ordered_at", "order_id", ("items", "shipping", "other", "tax")),
    "refunds": ("refunded_at", "order_id", ("items", "shipping", "other", "tax")),
    "events": ("occurred_at", "name", ()),
    "subscriptions": ("started_at", "plan", ("mrr",)),
}


@dataclass(frozen=True)
class Happening:
    """One thing that happened, as the source says it.

    Args:
        at: when, UTC.
        kind: orders, refunds, events or subscriptions.
        text: order number, event name or plan; empty where not known.
        amount: all that was charged or given back, in ``currency``; ``None`` where nothing was.
        currency: ISO 4217 code; empty without an amount.
        source: where it comes from.

    """

    at: datetime
    kind: str
    text: str
    amount: Decimal | None
    currency: str
    source: str


def timeline(root: str | Path, customer_ids: Collection[str], most: int = MOST) -> list[Happening]:
    """Return what happened with a person, newest first.

    Args:
        root: the data folder.
        customer_ids: every id the lake knows the person by.
        most: rows of each kind.

    Raises:
        InputError: there is no lake.

    """
    return [happening for row in facts_about(root, customer_ids, most) if (happening := _happening(*row))]


def facts_about(
    root: str | Path, customer_ids: Collection[str], most: int | None = None
) -> list[tuple[str, dict[str, Any]]]:
    """Return (table, row) of everything that names a person, newest first, with every column of the lake.

    Args:
        root: the data folder.
        customer_ids: every id the lake knows the person by.
        most: rows of each table; all where not given.

    """
    if not customer_ids:
        return []
    found = []
    with Lake.open(root).snapshot() as facts:
        for name, table in facts.tables.items():
            if "customer_id" in table.columns and (most is None or name in READ):
                found += [(name, row) for row in _rows(table, name, customer_ids, most)]
    return sorted(found, key=lambda each: str(each[1].get(_time(each[0]))), reverse=True)


def _time(name: str) -> str:
    return READ[name][0] if name in READ else {"order_lines": "ordered_at", "customers": "seen_at"}[name]


def _rows(table: ir.Table, name: str, ids: Collection[str], most: int | None) -> list[dict[str, Any]]:
    theirs = table.filter(table.customer_id.isin(list(ids))).order_by(ibis.desc(_time(name)))
    rows: list[dict[str, Any]] = (theirs.limit(most) if most is not None else theirs).to_pyarrow().to_pylist()
    return rows


def _happening(name: str, row: Mapping[str, Any]) -> Happening | None:
    if name not in READ or row[READ[name][0]] is None:
        return None
    time, text, parts = READ[name]
    amount = sum((row[part] for part in parts), Decimal(0)) if parts else None
    return Happening(
        at=row[time],
        kind=name,
        text=str(row[text] or ""),
        amount=amount,
        currency=str(row["currency"]) if parts else "",
        source=str(row["source"]),
    )
