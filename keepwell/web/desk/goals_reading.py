"""Reading the monthly history that goals are held against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.conf import settings

from keepwell.lake.durable import write_text
from keepwell.loop.goal_history import History
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.web.desk.decide_reading import ask
from keepwell.web.work.models import Job


@dataclass(frozen=True)
class HistoryReading:
    """The history kept last, and the job that counts it anew."""

    months: dict[str, list[tuple[date, float]]] | None
    job: Job | None = None
    has_facts: bool = True


def store(history: History, made_from: str) -> None:
    """Keep the history."""
    write_text(_path(), json.dumps({"made_from": made_from, "history": history}))


def read_history() -> HistoryReading:
    """Return the history kept last, and have it counted anew when the facts have changed."""
    now_is = fingerprint(settings.DATA.root)
    if now_is is None:
        return HistoryReading(None, has_facts=False)
    try:
        kept = json.loads(_path().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return HistoryReading(None, ask("goals"))
    months = {
        key: [(date.fromisoformat(day), float(value)) for day, value in rows] for key, rows in kept["history"].items()
    }
    return HistoryReading(months, None if kept["made_from"] == now_is else ask("goals"))


def _path() -> Path:
    found: Path = settings.DATA.marts / "goal_history.json"
    return found
