"""Look at how fresh each source is and what has suddenly become less; the page of data shows what was found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from keepwell.loop.arrivals import alarms, source_states
from keepwell.vocabulary.business import Business
from keepwell.web.inbox import arrivals
from keepwell.web.inbox.uploads import lake as open_lake
from keepwell.web.work.worker import Handler, Task


def watch_arrivals(task: Task) -> Mapping[str, Any]:
    """Write down the state of every source and the alarms."""
    lake, now = open_lake(), datetime.now(UTC)
    states = source_states(lake, now)
    live = {state.source for state in states if state.is_live}
    found = alarms(lake, lake.business or Business(), live, now) if live else []
    arrivals.store(
        {
            "at": now.isoformat(),
            "sources": [
                {
                    "source": state.source,
                    "rows": dict(state.rows),
                    "newest": state.newest.isoformat() if state.newest else None,
                    "imported_at": state.imported_at.isoformat() if state.imported_at else None,
                    "is_live": state.is_live,
                }
                for state in states
            ],
            "alarms": [
                {
                    "source": alarm.source,
                    "what": alarm.what,
                    "day": alarm.drop.ends_on.isoformat(),
                    "days": alarm.drop.days,
                    "count": alarm.drop.count,
                    "norm": alarm.drop.norm,
                }
                for alarm in found
            ],
        }
    )
    return {"sources": len(states), "alarms": len(found)}


HANDLERS: Mapping[str, Handler] = {"watch_arrivals": watch_arrivals}
SCHEDULES: Mapping[str, int] = {"watch_arrivals": 3600}
