"""Jobs and their schedules."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a job is on its way."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("stopped")


UNFINISHED = (State.WAITING, State.RUNNING)


class Job(models.Model):
    """One piece of work; whoever holds its lease does it, and a lease that ran out may be taken by another."""

    name = models.CharField(max_length=60)
    key = models.CharField(max_length=200, default="", blank=True)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    priority = models.SmallIntegerField(default=0)  # higher first
    run_after = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    most_attempts = models.PositiveSmallIntegerField(default=3)
    leased_by = models.CharField(max_length=80, default="", blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    is_stopping = models.BooleanField(default=False)  # somebody asked it to stop
    progress = models.FloatField(default=0.0)
    stage = models.CharField(max_length=200, default="", blank=True)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(default="", blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """One unfinished job a key, and an index for claiming."""

        constraints = (
            models.UniqueConstraint(
                fields=["name", "key"], condition=Q(state__in=UNFINISHED) & ~Q(key=""), name="one_unfinished_job_a_key"
            ),
        )
        indexes = (models.Index(fields=["state", "-priority", "run_after"], name="job_to_claim"),)

    def __str__(self) -> str:
        return f"{self.name} {self.key}".strip()

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNFINISHED


class Schedule(models.Model):
    """A job that is asked for again and again."""

    name = models.CharField(max_length=60, unique=True)
    arguments = models.JSONField(default=dict)
    every_seconds = models.PositiveIntegerField()
    next_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} every {self.every_seconds} s"
