"""Bring what waits in the inbox into the lake, as the import of a file of messages.

A drain is a set of events that is written down before anything else happens. Whoever takes up a drain that was
interrupted writes the same bytes, which the lake recognises when it has them already; only then are the events marked.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from keepwell.lake.durable import lock
from keepwell.lake.lake import Lake
from keepwell.loop.ingest import Progress, ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.segment import Segment
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError, LakeError
from keepwell.web.inbox.actions import DRAIN_JOB
from keepwell.web.inbox.models import Drain, EventState, InboxEvent
from keepwell.web.work.worker import Handler, Task

log = logging.getLogger("keepwell.drain")
MOST_EVENTS = 20_000  # of one drain
BUSY = "Another worker is draining the inbox."
KEPT = timedelta(days=7)  # how long events that are in the lake are kept here too
REASON_LENGTH = 300


def drain(task: Task) -> Mapping[str, Any]:
    """Drain until nothing waits; return counts."""
    lake = Lake.create(settings.DATA.root)
    counts = {"kept": 0, "refused": 0}
    try:
        # unlike a lease, a lock ends with its process: what a killed worker left is taken up at once
        with lock(settings.DATA.root / ".drain", exclusive=True, patience=0, busy=BUSY):
            while (taken := Drain.objects.filter(ended_at__isnull=True).order_by("pk").first() or _next()) is not None:
                kept, refused = _carry(lake, taken, task.tell)
                counts["kept"] += kept
                counts["refused"] += refused
    except LakeError as error:
        if BUSY not in str(error):
            raise
        return counts
    if any(counts.values()) and lake.needs_compacting:
        lake.compact()
    return counts


def sweep_inbox(_task: Task) -> Mapping[str, Any]:
    """Remove events that have been in the lake for some days; return how many."""
    removed = 0
    for done in Drain.objects.filter(ended_at__lt=timezone.now() - KEPT).order_by("pk"):
        with transaction.atomic():
            removed += InboxEvent.objects.filter(drain=done, state=EventState.DRAINED)._raw_delete("default")
            if not done.events.exists():
                done.delete()
    return {"events": removed}


def _next() -> Drain | None:
    """Write down which events of one source go next; ``None`` when nothing waits."""
    waiting = InboxEvent.objects.filter(state=EventState.WAITING, drain__isnull=True)
    with transaction.atomic():
        first = waiting.order_by("id").first()
        if first is None:
            return None
        of_source = waiting.filter(source=first.source_id)
        ids = list(of_source.order_by("id").values_list("id", flat=True)[:MOST_EVENTS])
        made = Drain.objects.create(source_id=first.source_id)
        of_source.filter(id__lte=ids[-1]).update(drain=made)
    return made


def _carry(lake: Lake, taken: Drain, tell: Progress) -> tuple[int, int]:
    """Import the events of a drain and mark them; return how many were kept and refused."""
    path = settings.DATA.temporary / f"events-{taken.pk}.jsonl"
    refused_before = 0
    try:
        while ids := _write(path, taken):
            try:
                kept, refused = _import(lake, taken, path, ids, tell)
                return kept, refused + refused_before
            except InputError as error:
                refused_before += _refuse(taken, error)
    finally:
        path.unlink(missing_ok=True)
    Drain.objects.filter(pk=taken.pk).update(ended_at=timezone.now())
    return 0, refused_before


def _import(lake: Lake, taken: Drain, path: Path, ids: list[int], tell: Progress) -> tuple[int, int]:
    business = lake.business
    context = ImportContext(business or Business(), lake.identity_key, datetime.now(UTC), source=taken.source.name)
    outcome = ingest(lake, path, Segment(), context, business=business, progress=tell)
    reasons = _reasons(lake.paths.refused / f"{outcome.import_id}.csv", ids)
    with transaction.atomic():
        by_reason: dict[str, list[int]] = {}
        for event, reason in reasons.items():
            by_reason.setdefault(reason, []).append(event)
        for reason, events in by_reason.items():
            for start in range(0, len(events), 500):
                some = InboxEvent.objects.filter(pk__in=events[start : start + 500])
                some.update(state=EventState.REFUSED, reason=reason)
        kept = InboxEvent.objects.filter(drain=taken, state=EventState.WAITING).update(state=EventState.DRAINED)
        Drain.objects.filter(pk=taken.pk).update(ended_at=timezone.now(), import_id=outcome.import_id or "")
    log.info("%s: %d events kept, %d refused", taken.source, kept, len(reasons))
    return kept, len(reasons)


def _write(path: Path, taken: Drain) -> list[int]:
    """Write the events of a drain, one a line and always in the same order; return their ids by line."""
    ids = []
    with path.open("w", encoding="utf-8") as file:
        for event, body in taken.events.order_by("id").values_list("id", "body").iterator(2_000):
            file.write(body + "\n")
            ids.append(event)
    return ids


def _reasons(path: Path, ids: list[int]) -> dict[int, str]:
    """Return why which events were refused, from the error file of their import."""
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            ids[int(row["row"]) - 1]: ": ".join(filter(None, (row["reason"], row["detail"])))[:REASON_LENGTH]
            for row in csv.DictReader(file)
        }


def _refuse(taken: Drain, error: InputError) -> int:
    """Refuse the events because of which nothing could be imported, or all when it does not say which.

    They leave the drain, so that the others form a set of their own; all can be replayed when the cause is gone.
    """
    reason = str(error)[:REASON_LENGTH]
    events = taken.events.all()
    if error.code == "currency.no_rate":
        bad = [pk for pk, body in events.values_list("id", "body") if _currency(body) in error.value]
        if bad:
            events = events.filter(pk__in=bad)
    return events.update(state=EventState.REFUSED, reason=reason, drain=None)


def _currency(body: str) -> str | None:
    properties = orjson.loads(body).get("properties")
    written = properties.get("currency") if isinstance(properties, dict) else None
    return written.strip().upper() if isinstance(written, str) else None


HANDLERS: Mapping[str, Handler] = {DRAIN_JOB: drain, "sweep_inbox": sweep_inbox}
SCHEDULES: Mapping[str, int] = {DRAIN_JOB: 60, "sweep_inbox": 24 * 3600}
