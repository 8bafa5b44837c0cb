"""The customers' figures, as a job has worked them out; kept in memory until the file changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings

from keepwell.loop.customer_table import FILE, SCHEMA
from keepwell.understand.churn.risk_bands import BANDS

FILTERS = ("segment", "risk", "country", "channel")
SORTS = ("customer_id", "last_order_on", "first_order_on", "orders", "revenue", "value", "p_alive", "next_order_on",
         "no_order_probability", "segment", "country")  # fmt: skip
ADDED = ("orders", "revenue", "value", "value_low", "value_high")

_lock = Lock()
_kept: dict[str, tuple[tuple[int, int], pa.Table]] = {}


@dataclass(frozen=True)
class Figures:
    """Rows of the page asked for, and how many there are in all."""

    rows: Sequence[dict[str, Any]]
    total: int


def table() -> pa.Table:
    """Return the whole table; empty before the job has run."""
    path = settings.DATA.marts / FILE
    try:
        state = path.stat()
    except FileNotFoundError:
        return SCHEMA.empty_table()
    stamp = (state.st_mtime_ns, state.st_ino)
    with _lock:
        kept = _kept.get(str(path))
        if kept is None or kept[0] != stamp:
            kept = _kept[str(path)] = (stamp, pq.read_table(path, schema=SCHEMA))
    return kept[1]


def made_at() -> datetime | None:
    """Return when the figures were worked out; ``None`` before the first time."""
    path = settings.DATA.marts / FILE
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.exists() else None


def choices(name: str) -> list[str]:
    """Return the values that a filter offers."""
    found = [value for value in pc.unique(table()[name]).to_pylist() if value]
    return [band for band in BANDS if band in found] if name == "risk" else sorted(found)


def listed(
    wanted: Mapping[str, str], *, among: Collection[str] | None = None, sort: str = "-value", start: int = 0,
    most: int = 50,
) -> Figures:  # fmt: skip
    """Return one page of the customers that a filter lets through.

    Args:
        wanted: value by name of `FILTERS`; an empty value lets everybody through.
        among: only these ids of the lake.
        sort: one of `SORTS`, with ``-`` before it for the largest first; what is not known comes last.
        start: rows to leave out.
        most: rows to return.

    """
    found = table()
    for name in FILTERS:
        if wanted.get(name):
            found = found.filter(pc.equal(found[name], wanted[name]))
    if among is not None:
        found = found.filter(pc.is_in(found["customer_id"], pa.array(list(among), pa.string())))
    key = sort.lstrip("-") if sort.lstrip("-") in SORTS else "value"
    order = [(key, "descending" if sort.startswith("-") else "ascending", "at_end")]
    if key != "customer_id":
        order.append(("customer_id", "ascending", "at_end"))
    places = pc.sort_indices(found, sort_keys=order)
    return Figures(found.take(places[start : start + most]).to_pylist(), found.num_rows)


def of(lake_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the figures of some customers, by their ids of the lake."""
    found = table()
    rows = found.filter(pc.is_in(found["customer_id"], pa.array(list(lake_ids), pa.string()))).to_pylist()
    return {row["customer_id"]: row for row in rows}


def figures_of(lake_ids: Collection[str]) -> dict[str, Any] | None:
    """Return the figures of one person; amounts of merged customers are added, the rest is the most valuable one's."""
    rows = sorted(of(lake_ids).values(), key=lambda row: row["value"] or 0.0, reverse=True)
    if not rows:
        return None
    person = dict(rows[0])
    for row in rows[1:]:
        for name in ADDED:
            known = [each for each in (person[name], row[name]) if each is not None]
            person[name] = sum(known[1:], known[0]) if known else None
        person["first_order_on"] = min(filter(None, (person["first_order_on"], row["first_order_on"])), default=None)
        person["last_order_on"] = max(filter(None, (person["last_order_on"], row["last_order_on"])), default=None)
    return person
