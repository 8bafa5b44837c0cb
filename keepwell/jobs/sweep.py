"""Remove what nobody needs any more: old jobs, expired sessions, throttles that are over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.sessions.models import Session
from django.utils import timezone

from keepwell.web.staff import throttle
from keepwell.web.work import actions
from keepwell.web.work.worker import Handler, Task


def sweep(task: Task) -> Mapping[str, Any]:
    """Remove what has passed its time; return counts."""
    jobs = actions.sweep()
    sessions, _by_table = Session.objects.filter(expire_date__lt=timezone.now()).delete()
    return {"jobs": jobs, "sessions": sessions, "throttles": throttle.sweep()}


HANDLERS: Mapping[str, Handler] = {"sweep": sweep}
SCHEDULES: Mapping[str, int] = {"sweep": 24 * 3600}
