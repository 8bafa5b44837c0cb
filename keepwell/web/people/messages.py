"""What the door's messages say about people, read once each."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from keepwell.web.inbox.models import InboxEvent
from keepwell.web.people.identities import identify
from keepwell.web.people.models import MessageCursor

LAG = timedelta(seconds=10)  # what was received before may still be on its way into the database, out of order
BATCH = 500
ABOUT_PEOPLE = Q(body__contains="identify") | Q(body__contains="alias")


def read_messages(now: datetime | None = None) -> int:
    """Take in identify and alias messages that were not read yet; return how many named somebody."""
    read, is_more = 0, True
    until = (now or timezone.now()) - LAG
    while is_more:
        with transaction.atomic():
            MessageCursor.objects.get_or_create(pk=1)
            place = MessageCursor.objects.select_for_update().get(pk=1)
            fresh = InboxEvent.objects.filter(pk__gt=place.position, received_at__lt=until).exclude(state="refused")
            rows = list(fresh.filter(ABOUT_PEOPLE).order_by("pk")[:BATCH])
            is_more = len(rows) == BATCH
            last = rows[-1].pk if is_more else fresh.order_by("-pk").values_list("pk", flat=True).first()
            read += sum(_read(row) for row in rows)
            if last is not None:
                MessageCursor.objects.filter(pk=1).update(position=last)
    return read


def _read(row: InboxEvent) -> bool:
    try:
        message: Any = json.loads(row.body)
    except ValueError:
        return False
    if not isinstance(message, dict) or message.get("type") not in ("identify", "alias"):
        return False
    return identify(message, row.received_at, source=str(row.source)) is not None
