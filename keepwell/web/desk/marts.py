"""Reading what jobs have computed: a page never computes, it shows what there is and asks for what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from keepwell.loop.marts import names
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.web.desk.models import Mart
from keepwell.web.work.actions import enqueue
from keepwell.web.work.models import Job, State

PAUSE = timedelta(seconds=60)  # facts that arrive all the time do not keep a worker busy all the time
PATIENCE = timedelta(minutes=2)  # before what failed is tried again because somebody looks
KEEP = timedelta(days=7)
STANDARD = frozenset(names.STANDARD)


@dataclass(frozen=True)
class Reading:
    """What a page may show now.

    ``payload`` is ``None`` until it was computed once; ``is_stale`` says that facts or settings have changed since;
    ``job`` is what computes it anew (or failed to), ``None`` when nothing is to be done.
    """

    payload: dict[str, Any] | None
    computed_at: datetime | None = None
    is_stale: bool = False
    job: Job | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there are no facts at all."""
        return self.job is None and (self.payload is None or bool(self.payload.get("is_empty")))

    @property
    def refused(self) -> Mapping[str, str] | None:
        """Why it cannot be computed from these facts: ``message`` and ``advice``."""
        return None if self.payload is None else self.payload.get("refused")

    @property
    def zone(self) -> str:
        """The business's time zone."""
        return str((self.payload or {}).get("time_zone", "UTC"))

    @property
    def shown(self) -> dict[str, Any] | None:
        """The payload where it holds something to show."""
        return None if self.payload is None or self.is_empty or self.refused else self.payload


def read(name: str, **arguments: Any) -> Reading:
    """Return what was computed last, and ask for it anew when it is missing or stale.

    Args:
        name: which mart, a name of ``keepwell.loop.marts.catalogue.BUILDERS``.
        arguments: what it was computed for, as JSON.

    """
    now_is = fingerprint(settings.DATA.root)
    if now_is is None:
        return Reading(None)
    mart = Mart.objects.filter(name=name, key=key_of(arguments)).first()
    if mart is None:
        return Reading(None, is_stale=True, job=ask(name, arguments))
    if mart.fingerprint == now_is:
        return Reading(mart.payload, mart.computed_at)
    return Reading(mart.payload, mart.computed_at, is_stale=True, job=ask(name, arguments, mart.computed_at + PAUSE))


def ask(name: str, arguments: Mapping[str, Any], not_before: datetime | None = None) -> Job:
    """Return the job that computes a mart: the one under way, one that has just failed, or a new one."""
    wanted: dict[str, Any]
    if name in STANDARD and not arguments:
        job_name, key, wanted = "refresh", "refresh", {}
    else:
        job_name, key = "mart", f"{name} {key_of(arguments)}"[:200]
        wanted = {"name": name, "arguments": dict(arguments)}
    last = Job.objects.filter(name=job_name, key=key).order_by("-id").first()
    if last is not None and last.state == State.FAILED and last.ended_at and last.ended_at > timezone.now() - PATIENCE:
        return last
    return enqueue(job_name, wanted, key=key, run_after=max(timezone.now(), not_before) if not_before else None)


def store(name: str, arguments: Mapping[str, Any], payload: Mapping[str, Any], made_from: str) -> None:
    """Keep what a job has computed."""
    Mart.objects.update_or_create(
        name=name,
        key=key_of(arguments),
        defaults={
            "arguments": dict(arguments),
            "payload": dict(payload),
            "fingerprint": made_from,
            "computed_at": timezone.now(),
        },
    )


def all_fresh(now_is: str) -> bool:
    """Say whether every mart that pages open with speaks of the facts as they are."""
    fresh = Mart.objects.filter(name__in=STANDARD, key="", fingerprint=now_is).count()
    return fresh == len(STANDARD)


def forget_old() -> int:
    """Remove what was computed for somebody's own period long ago; return how many."""
    removed, _by_table = Mart.objects.filter(computed_at__lt=timezone.now() - KEEP).delete()
    return removed


def key_of(arguments: Mapping[str, Any]) -> str:
    """Return arguments as one text, the same for the same arguments."""
    return json.dumps(arguments, sort_keys=True, separators=(",", ":"), default=str) if arguments else ""
