"""Tables of the room."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Mart(models.Model):
    """What one page shows, computed by a job; ``fingerprint`` names the facts and settings it was computed from."""

    name = models.CharField(max_length=60)
    key = models.CharField(max_length=300, default="", blank=True)  # the arguments as canonical text
    arguments = models.JSONField(default=dict)
    payload = models.JSONField()
    fingerprint = models.CharField(max_length=200)
    computed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One of a name and arguments."""

        constraints = (models.UniqueConstraint(fields=["name", "key"], name="one_mart_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.name} {self.key}".strip()


from keepwell.web.desk.plan_models import Goal, StatedPlan  # noqa: E402, F401
