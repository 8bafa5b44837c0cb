"""What came in from where, how fresh it is, and whether it has suddenly become less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import State
from keepwell.understand.freshness import Drop, sudden_drop
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.tables import FACTS

LOOKED_BACK = timedelta(days=70)
LIVE_WITHIN = timedelta(days=28)
LIVE_DAYS = 3  # days with an import within that time, from which a source counts as live
WATCHED = {"orders": "", "events": "name"}  # table to the column that tells its rows apart


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source: its rows by table, the newest fact, the newest import, and whether it delivers continuously."""

    source: str
    rows: Mapping[str, int]
    newest: datetime | None
    imported_at: datetime | None
    is_live: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something of a live source that came in far less than it should."""

    source: str
    what: str  # "orders", or the name of an event
    drop: Drop


def source_states(lake: Lake, now: datetime) -> list[SourceState]:
    """Return every source that has facts, the freshest first.

    Args:
        lake: the facts.
        now: an aware moment; a source is live when imports came on at least three of the 28 days before it.

    """
    imported: dict[str, list[datetime]] = defaultdict(list)
    for entry, state in lake.imports():
        if state is State.COMMITTED:
            for name in entry.source.split(", "):
                imported[name].append(entry.at)
    rows: dict[str, dict[str, int]] = defaultdict(dict)
    newest: dict[str, datetime] = {}
    for table, found in _by_source(lake):
        source, moment = found["source"], _aware(found["newest"])
        rows[source][table] = int(found["rows"])
        if moment is not None and table in WATCHED:
            newest[source] = max(newest.get(source, moment), moment)
    states = [
        SourceState(name, rows[name], newest.get(name), max(imported[name], default=None), _live(imported[name], now))
        for name in rows
    ]
    return sorted(states, key=lambda state: state.newest or datetime.min.replace(tzinfo=UTC), reverse=True)


def alarms(lake: Lake, business: Business, live: set[str], now: datetime) -> list[Alarm]:
    """Return the sudden drops of live sources on the last complete local day, or week."""
    until = now.astimezone(business.zone).date()
    counts: dict[tuple[str, str], dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for source, what, hour, rows in _by_hour(lake, now - LOOKED_BACK):
        if source in live:
            counts[source, what][hour.astimezone(business.zone).date()] += rows
    found = [Alarm(source, what, drop) for (source, what), days in counts.items() if (drop := sudden_drop(days, until))]
    return sorted(found, key=lambda alarm: alarm.drop.share)


def _live(imports: list[datetime], now: datetime) -> bool:
    return len({at.date() for at in imports if at >= now - LIVE_WITHIN}) >= LIVE_DAYS


def _by_source(lake: Lake) -> Iterator[tuple[str, dict[str, Any]]]:
    with lake.snapshot() as snapshot:
        for name, table in snapshot.tables.items():
            if name in FACTS:
                grouped = table.group_by("source").agg(rows=table.count(), newest=table[FACTS[name].time].max())
                for row in grouped.to_pyarrow().to_pylist():
                    yield name, row


def _by_hour(lake: Lake, since: datetime) -> Iterator[tuple[str, str, datetime, int]]:
    """Yield counts by hour, which every local day is made of whole: days are made of them in Python."""
    with lake.snapshot() as snapshot:
        for name, column in WATCHED.items():
            if name not in snapshot.tables:
                continue
            table, time = snapshot.tables[name], FACTS[name].time
            recent = table.filter(table[time] >= since)
            keys = {"source": recent.source, "hour": recent[time].truncate("h")}
            if column:
                keys["what"] = recent[column]
            for row in recent.group_by(**keys).agg(rows=recent.count()).to_pyarrow().to_pylist():
                hour = _aware(row["hour"])
                if hour is not None:
                    yield row["source"], row.get("what") or name, hour, int(row["rows"])


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None or not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
