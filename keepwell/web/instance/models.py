"""What an instance knows about itself."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Kept(models.Model):
    """One thing kept under a name: the brand, or that the first account was made."""

    name = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class WelcomeTry(models.Model):
    """One wrong token at the door of the first run, kept to slow down whoever guesses."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    address = models.CharField(max_length=45)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.address}"
