"""Deliver messages to other programs; what did not arrive is tried again with growing pauses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from keepwell.channels import webhook
from keepwell.vocabulary.errors import KeepwellError
from keepwell.web.staff.models import Delivery
from keepwell.web.work.worker import Handler, Task


def deliver(task: Task) -> Mapping[str, Any] | None:
    """Send one message."""
    found = Delivery.objects.select_related("endpoint").filter(pk=task.arguments["delivery"]).first()
    if found is None or found.delivered_at is not None or not found.endpoint.is_active:
        return None
    mine = Delivery.objects.filter(pk=found.pk)
    try:
        status = webhook.send(found.endpoint.url, found.endpoint.secret, found.event, found.body)
    except KeepwellError as error:
        status = error.value if error.code == "webhook.refused" else None
        mine.update(attempts=F("attempts") + 1, status=status, error=error.message[:300])
        raise
    mine.update(attempts=F("attempts") + 1, status=status, error="", delivered_at=timezone.now())
    return {"status": status}


HANDLERS: Mapping[str, Handler] = {"deliver": deliver}
SCHEDULES: Mapping[str, int] = {}
