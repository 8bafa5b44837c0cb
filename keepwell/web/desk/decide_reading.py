"""Reading the plan that a job keeps ready."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from keepwell.loop.kept_file import read_kept
from keepwell.loop.kept_plan import KeptPlan
from keepwell.loop.marts.fingerprint import fingerprint
from keepwell.vocabulary.errors import InputError
from keepwell.web.desk.decide_stated import StatedNow, stated
from keepwell.web.work.actions import enqueue
from keepwell.web.work.models import Job, State

PATIENCE = timedelta(minutes=2)  # before what failed is tried again because somebody looks
FIRST = 5  # priority of what somebody waits for
PAUSE = timedelta(seconds=60)  # facts that arrive all the time do not keep a worker busy all the time


@dataclass(frozen=True)
class PlanReading:
    """What a page may show: the plan kept last, when, and the job that makes it anew."""

    kept: KeptPlan | None
    made_at: datetime | None = None
    job: Job | None = None
    has_facts: bool = True


def path() -> Path:
    """Return where the plan is kept."""
    found: Path = settings.DATA.marts / "plan.npz"
    return found


def made_from(facts: str, said: StatedNow) -> str:
    """Return a text that names the facts, the settings and what was stated."""
    return f"{facts}|{said.changed_at.isoformat() if said.changed_at else ''}"


def read_plan() -> PlanReading:
    """Return the plan kept last, and have it made anew when facts, settings or statements have changed."""
    facts = fingerprint(settings.DATA.root)
    if facts is None:
        return PlanReading(None, has_facts=False)
    try:
        when = path().stat().st_mtime_ns
        kept, of = _read(path(), when)
    except (InputError, FileNotFoundError):
        return PlanReading(None, job=ask("plan"))
    made_at = datetime.fromtimestamp(when / 1e9, UTC)
    is_fresh = of == made_from(facts, stated())
    return PlanReading(kept, made_at, None if is_fresh else ask("plan", made_at + PAUSE))


def ask(name: str, not_before: datetime | None = None) -> Job:
    """Return the job of a name: the one under way, one that has just failed, or a new one."""
    last = Job.objects.filter(name=name, key=name).order_by("-id").first()
    if last is not None and last.state == State.FAILED and last.ended_at and last.ended_at > timezone.now() - PATIENCE:
        return last
    run_after = max(timezone.now(), not_before) if not_before else None
    return enqueue(name, key=name, run_after=run_after, priority=0 if not_before else FIRST)


@lru_cache(maxsize=2)
def _read(place: Path, _changed_ns: int) -> tuple[KeptPlan, str]:
    return read_kept(place)
