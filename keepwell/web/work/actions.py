"""What may happen to a job; every change of state is one conditional update, so that two workers never share one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from keepwell.web.work.models import UNFINISHED, Job, Schedule, State

LEASE = timedelta(seconds=60)
FIRST_PAUSE = timedelta(seconds=5)


class StoppedError(Exception):
    """Somebody asked the job to stop, or its lease was lost: whatever it holds is let go."""


def enqueue(
    name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    key: str = "",
    run_after: datetime | None = None,
    priority: int = 0,
    most_attempts: int = 3,
    asked_by: Any = None,
) -> Job:
    """Ask for a job.

    Args:
        name: which one, as ``keepwell.jobs.registry`` names it.
        arguments: what it needs, as JSON.
        key: at most one unfinished job of this name has it; the one that has it is returned instead of a second.
        run_after: not before this moment.
        priority: higher goes first.
        most_attempts: how often it is tried before it counts as failed.
        asked_by: the member of staff.

    """
    wanted: dict[str, Any] = {
        "arguments": dict(arguments or {}),
        "run_after": run_after or timezone.now(),
        "priority": priority,
        "most_attempts": most_attempts,
        "asked_by": asked_by,
    }
    for _attempt in range(5):
        known = Job.objects.filter(name=name, key=key, state__in=UNFINISHED).first() if key else None
        if known is not None:
            return known
        try:
            with transaction.atomic():
                return Job.objects.create(name=name, key=key, **wanted)
        except IntegrityError:
            continue  # another process asked at the same moment
    return Job.objects.get(name=name, key=key, state__in=UNFINISHED)


def claim(worker: str, names: Collection[str], now: datetime | None = None) -> Job | None:
    """Take the lease of the next job that is due, or whose worker has died; ``None`` when there is none."""
    now = now or timezone.now()
    due = Q(state=State.WAITING, run_after__lte=now) | Q(state=State.RUNNING, lease_until__lt=now)
    for job in Job.objects.filter(due, name__in=names).order_by("-priority", "run_after", "id")[:20]:
        if job.attempts >= job.most_attempts:
            _end(job, State.FAILED, now, error=job.error or "The worker died each time.")
            continue
        taken = Job.objects.filter(due, pk=job.pk, attempts=job.attempts).update(
            state=State.RUNNING,
            leased_by=worker,
            lease_until=now + LEASE,
            attempts=F("attempts") + 1,
            started_at=now,
            progress=0.0,
            stage="",
        )
        if taken:
            return Job.objects.get(pk=job.pk)
    return None


def keep(job: Job, worker: str, progress: float | None = None, stage: str = "", now: datetime | None = None) -> None:
    """Renew the lease and say how far the job is.

    Raises:
        StoppedError: the lease is another's by now, or somebody asked the job to stop.

    """
    now = now or timezone.now()
    change: dict[str, Any] = {"lease_until": now + LEASE}
    if progress is not None:
        change |= {"progress": min(max(progress, 0.0), 1.0), "stage": stage[:200]}
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, leased_by=worker)
    if not mine.update(**change) or mine.filter(is_stopping=True).exists():
        raise StoppedError


def finish(job: Job, worker: str, result: Mapping[str, Any] | None) -> bool:
    """Note that the job is done; ``False`` when its lease was lost before."""
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, leased_by=worker)
    done = {"state": State.DONE, "progress": 1.0, "result": result, "error": "", "lease_until": None}
    return bool(mine.update(**done, ended_at=timezone.now()))


def fail(job: Job, worker: str, error: str, *, for_good: bool) -> bool:
    """Note a failed attempt; it is tried again after a pause that doubles, unless it failed for good."""
    now = timezone.now()
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, leased_by=worker)
    if for_good or job.attempts >= job.most_attempts:
        return bool(mine.update(state=State.FAILED, error=error, ended_at=now, lease_until=None))
    pause = FIRST_PAUSE * 2 ** min(job.attempts - 1, 12)
    return bool(mine.update(state=State.WAITING, error=error, run_after=now + pause, lease_until=None, leased_by=""))


def stop(job: Job) -> None:
    """Ask a job to stop: one that waits never starts, one that runs ends at its next word of progress."""
    now = timezone.now()
    if not Job.objects.filter(pk=job.pk, state=State.WAITING).update(state=State.CANCELLED, ended_at=now):
        Job.objects.filter(pk=job.pk, state=State.RUNNING).update(is_stopping=True)


def stopped(job: Job, worker: str) -> None:
    """Note that a running job has let go of everything."""
    mine = Job.objects.filter(pk=job.pk, state=State.RUNNING, leased_by=worker)
    mine.update(state=State.CANCELLED, ended_at=timezone.now(), lease_until=None)


def schedule(name: str, every_seconds: int, arguments: Mapping[str, Any] | None = None) -> None:
    """Ask for a job again and again; a changed interval counts from the next turn."""
    wanted = {"every_seconds": every_seconds, "arguments": dict(arguments or {})}
    Schedule.objects.update_or_create(name=name, defaults=wanted)


def ask_scheduled(now: datetime | None = None) -> int:
    """Enqueue the scheduled jobs that are due; turns missed while nobody worked are not made up for."""
    now = now or timezone.now()
    asked = 0
    for turn in Schedule.objects.filter(next_at__lte=now):
        following = now + timedelta(seconds=turn.every_seconds)
        if Schedule.objects.filter(pk=turn.pk, next_at=turn.next_at).update(next_at=following):
            enqueue(turn.name, turn.arguments, key="scheduled")
            asked += 1
    return asked


def sweep(older_than: timedelta = timedelta(days=30), now: datetime | None = None) -> int:
    """Remove jobs that ended long ago; return how many."""
    now = now or timezone.now()
    removed, _by_table = Job.objects.exclude(state__in=UNFINISHED).filter(ended_at__lt=now - older_than).delete()
    return removed


def _end(job: Job, state: State, now: datetime, error: str) -> None:
    Job.objects.filter(pk=job.pk, attempts=job.attempts).exclude(state__in=[State.DONE]).update(
        state=state, error=error, ended_at=now, lease_until=None
    )
