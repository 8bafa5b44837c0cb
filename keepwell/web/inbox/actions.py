"""What may happen in the inbox."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.utils import timezone

from keepwell.web.inbox.messages import REFUSED_MARK, Received, received
from keepwell.web.inbox.models import EventState, InboxEvent, Kind, Source
from keepwell.web.inbox.writing import insert, rows_of
from keepwell.web.work import actions as work
from keepwell.web.work.models import State

DRAIN_JOB = "drain"
PAUSE = timedelta(seconds=3)  # lets a drain find more than the first message


@dataclass(frozen=True)
class Accepted:
    """What became of messages: how many were taken, and why which others were not."""

    kept: int
    refused: Mapping[int, str] = field(default_factory=dict)


def add_source(name: str, kind: Kind = Kind.TRACKING) -> Source:
    """Make a source with a write key of its own."""
    return Source.objects.create(name=name, kind=kind)


def accept(source: Source, messages: Iterable[Mapping[str, Any]], now: datetime | None = None) -> Accepted:
    """Take messages of the tracking API from another room, in the caller's transaction.

    Give each a ``messageId`` that is the same whenever the same fact is told: it is then kept once.

    Args:
        source: from whom.
        messages: objects with ``type``, ``userId`` and so on; see the tracking API.
        now: when they arrived.

    """
    at = now or timezone.now()
    taken = [received(dict(message), {}, None, at) for message in messages]
    if taken:
        with transaction.atomic():
            insert(rows_of(source.pk, taken))
            ask_to_drain()
    return accepted(taken)


def accepted(taken: Iterable[Received]) -> Accepted:
    """Say what became of messages that were received, by their place."""
    messages = list(taken)
    refused = {place: message.reason for place, message in enumerate(messages) if message.reason}
    return Accepted(len(messages) - len(refused), refused)


def ask_to_drain() -> None:
    """Ask for a drain soon, also when one runs right now and may have looked already."""
    soon = timezone.now() + PAUSE
    asked = work.enqueue(DRAIN_JOB, key="inbox", run_after=soon)
    if asked.state == State.RUNNING:
        work.enqueue(DRAIN_JOB, key="inbox, again", run_after=soon)


def replay(events: Iterable[InboxEvent]) -> int:
    """Try refused events again, for instance after a currency got its rate; return how many wait now.

    What the door itself refused is checked anew and stays refused when nothing changed.
    """
    waiting = 0
    with transaction.atomic():
        for event in events:
            if event.message_id.startswith(REFUSED_MARK):
                waiting += _check_again(event)
            else:
                again = InboxEvent.objects.filter(pk=event.pk, state=EventState.REFUSED)
                waiting += again.update(state=EventState.WAITING, reason="", drain=None)
        if waiting:
            ask_to_drain()
    return waiting


def _check_again(event: InboxEvent) -> int:
    message = orjson.loads(event.body)
    again = received(message, {}, None, event.received_at)
    if again.reason or not InboxEvent.objects.filter(pk=event.pk, state=EventState.REFUSED).delete()[0]:
        return 0
    insert(rows_of(event.source_id, [again]))
    return 1
