"""What is stated for the plan, and goals."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class StatedPlan(models.Model):
    """What a person knows that the facts do not say: the content of a plan file; one row."""

    content = models.JSONField(default=dict)
    budget = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"stated {self.changed_at:%Y-%m-%d %H:%M}"


class Goal(models.Model):
    """One goal: which KPI, how much, by when, and who sees to it."""

    name = models.CharField(max_length=120)
    kpi = models.CharField(max_length=60)
    target = models.DecimalField(max_digits=20, decimal_places=6)
    due_on = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """The next one due first."""

        ordering = ("due_on", "id")

    def __str__(self) -> str:
        return self.name
