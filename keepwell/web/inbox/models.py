"""What came through the door: sources, their events, and the drains that bring events into the lake."""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_MESSAGE_ID = 200


def new_write_key() -> str:
    """Return a write key that nobody guesses."""
    return secrets.token_urlsafe(24)


class Kind(models.TextChoices):
    """How a source's facts arrive."""

    TRACKING = "tracking", _("Tracking API")
    WEBHOOK = "webhook", _("Webhook")
    FILE = "file", _("Files")
    ROOM = "room", _("Keepwell itself")


class Source(models.Model):
    """One sender of facts; its name stands in the lake's ``source`` column and therefore never changes."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TRACKING)
    write_key = models.CharField(max_length=64, unique=True, default=new_write_key)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Drain(models.Model):
    """One set of events of one source on its way into the lake; the same set is tried until it is there."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="drains")
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    import_id = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        """Unfinished drains are few and looked for often."""

        indexes = (models.Index(fields=["id"], condition=Q(ended_at__isnull=True), name="inbox_drain_unfinished"),)

    def __str__(self) -> str:
        return f"{self.source} {self.pk}"


class EventState(models.TextChoices):
    """Where an event is on its way."""

    WAITING = "waiting", _("waiting")
    DRAINED = "drained", _("kept")
    REFUSED = "refused", _("refused")


class InboxEvent(models.Model):
    """One message of the tracking API as it was received, a JSON object; kept once a source and message id."""

    source = models.ForeignKey(Source, models.PROTECT, related_name="events", db_index=False)  # the constraint has one
    message_id = models.CharField(max_length=LONGEST_MESSAGE_ID)
    body = models.TextField()
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=EventState.choices, default=EventState.WAITING)
    reason = models.CharField(max_length=300, default="", blank=True)
    drain = models.ForeignKey(Drain, models.PROTECT, null=True, blank=True, related_name="events")

    class Meta:
        """Waiting and refused events are few among many that were drained."""

        constraints = (models.UniqueConstraint(fields=["source", "message_id"], name="inbox_event_once"),)
        indexes = (
            models.Index(
                fields=["source", "id"],
                condition=Q(state=EventState.WAITING, drain__isnull=True),
                name="inbox_event_waiting",
            ),
            models.Index(fields=["received_at"], condition=Q(state=EventState.REFUSED), name="inbox_event_refused"),
        )

    def __str__(self) -> str:
        return self.message_id


from keepwell.web.inbox.upload_models import Delivery, Upload, WebhookSecret  # noqa: E402, F401 — the room's other tables
