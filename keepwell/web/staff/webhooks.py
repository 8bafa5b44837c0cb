"""Telling other programs what happened: call ``announce`` in the transaction that does it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from keepwell.web.staff.models import Delivery, Endpoint
from keepwell.web.work.actions import enqueue

MOST_ATTEMPTS = 12  # pauses double from 5 s: the last try comes about three hours after the first


def add_endpoint(url: str) -> Endpoint:
    """Make an endpoint with a fresh secret."""
    return Endpoint.objects.create(url=url, secret=f"whsec_{secrets.token_urlsafe(32)}")


@transaction.atomic
def announce(event: str, data: Mapping[str, Any]) -> int:
    """Have every endpoint told that something happened; return how many will be.

    Args:
        event: ``noun.verb``, such as ``"customer.erased"``.
        data: what happened, as JSON; opaque ids, no contact details.

    """
    wanting = [one for one in Endpoint.objects.filter(is_active=True) if not one.events or event in one.events]
    for endpoint in wanting:
        announce_to(endpoint, event, data)
    return len(wanting)


@transaction.atomic
def announce_to(endpoint: Endpoint, event: str, data: Mapping[str, Any]) -> Delivery:
    """Have one endpoint told."""
    content = {"id": secrets.token_hex(12), "event": event, "at": timezone.now().isoformat(), "data": dict(data)}
    made = Delivery.objects.create(endpoint=endpoint, event=event, body=json.dumps(content, default=str))
    send_again(made)
    return made


def send_again(delivery: Delivery) -> None:
    """Ask for a delivery, the first time or anew."""
    enqueue("deliver", {"delivery": delivery.pk}, key=f"delivery {delivery.pk}", most_attempts=MOST_ATTEMPTS)
