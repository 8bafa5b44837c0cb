"""Compute what the pages of analysis show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from keepwell.loop.marts import catalogue
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.web.desk import marts
from keepwell.web.work.worker import Handler, Task


def refresh(task: Task) -> Mapping[str, Any]:
    """Compute the marts that pages open with; each is shown as soon as it is there."""
    root = settings.DATA.root
    made_from = fingerprint(root)  # before the facts are opened: what comes in meanwhile makes it stale
    if made_from is None or marts.all_fresh(made_from):
        return {"marts": 0}
    built = 0
    for name, arguments, payload in catalogue.build_standard(root, task.tell):
        marts.store(name, arguments, payload, made_from)
        built += 1
    return {"marts": built, "removed": marts.forget_old()}


def mart(task: Task) -> Mapping[str, Any]:
    """Compute one mart for somebody's own period or grouping."""
    root = settings.DATA.root
    made_from = fingerprint(root)
    if made_from is None:
        return {"marts": 0}
    name, arguments = task.arguments["name"], task.arguments["arguments"]
    marts.store(name, arguments, catalogue.build(root, name, arguments), made_from)
    return {"marts": 1}


HANDLERS: Mapping[str, Handler] = {"refresh": refresh, "mart": mart}
SCHEDULES: Mapping[str, int] = {"refresh": 900}
