"""Erase a person who asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from keepwell.web.people.erasing import erase, erase_again
from keepwell.web.people.models import Erasure
from keepwell.web.work.actions import enqueue
from keepwell.web.work.worker import Handler, Task

LATER = timedelta(minutes=10)  # by then what waited at the door has been drained


def erase_person(task: Task) -> Mapping[str, Any]:
    """Do one erasure, and look again later for what was still on its way."""
    wish = Erasure.objects.filter(pk=task.arguments["erasure"]).first()
    if wish is None:
        return {}
    done = erase(wish, task.tell)
    enqueue("erase_again", key="after", run_after=timezone.now() + LATER)
    return {"proven": done.is_proven, "removed": done.removed}


def look_again(_task: Task) -> Mapping[str, Any]:
    """Erase those whose facts came back."""
    return {"people": erase_again()}


HANDLERS: Mapping[str, Handler] = {"erase": erase_person, "erase_again": look_again}
SCHEDULES: Mapping[str, int] = {"erase_again": 24 * 3600}
