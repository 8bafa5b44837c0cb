"""Every job by name; a module is found by standing in this list."""

from __future__ import annotations

from keepwell.jobs import (
    deliver,
    drain,
    drain_webhooks,
    erase,
    import_file,
    people,
    plan,
    refresh,
    sweep,
    watch_arrivals,
)
from keepwell.web.work import actions
from keepwell.web.work.models import Schedule
from keepwell.web.work.worker import Handler

MODULES = (deliver, sweep, refresh, drain, import_file, drain_webhooks, watch_arrivals, erase, people, plan)


def handlers() -> dict[str, Handler]:
    """Return what does a job of which name."""
    found: dict[str, Handler] = {}
    for module in MODULES:
        found |= module.HANDLERS
    return found


def schedule_all() -> None:
    """Write the schedules down; those whose jobs are gone are removed."""
    wanted = {name: seconds for module in MODULES for name, seconds in module.SCHEDULES.items()}
    Schedule.objects.exclude(name__in=wanted).delete()
    for name, seconds in wanted.items():
        actions.schedule(name, seconds)
