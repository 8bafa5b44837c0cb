"""Keep the plan ready, and the history that goals are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from keepwell.loop.allocating import open_for_plan
from keepwell.loop.goal_history import goal_history
from keepwell.loop.kept_file import write_kept
from keepwell.loop.kept_plan import keep_plan
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.web.desk import decide_reading, goals_reading
from keepwell.web.desk.decide_stated import stated
from keepwell.web.work.worker import Handler, Task


def plan(task: Task) -> Mapping[str, Any]:
    """Make the plan from the facts and from what is stated."""
    root = settings.DATA.root
    made_from = fingerprint(root) or ""
    said = stated()
    with open_for_plan(root) as opened:
        kept = keep_plan(opened, said.content, budget=said.budget, progress=task.tell)
    write_kept(decide_reading.path(), kept, decide_reading.made_from(made_from, said))
    return {"items": len(kept.curves)}


def goals(task: Task) -> Mapping[str, Any]:
    """Count the monthly history of every KPI that a goal may be about."""
    root = settings.DATA.root
    made_from = fingerprint(root) or ""
    with open_for_plan(root) as opened:
        history = goal_history(opened, task.tell)
    goals_reading.store(history, made_from)
    return {"kpis": len(history)}


HANDLERS: Mapping[str, Handler] = {"plan": plan, "goals": goals}
SCHEDULES: Mapping[str, int] = {}
