"""Files that were handed in, and what shops called in by webhook."""

from __future__ import annotations

import secrets
from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_token() -> str:
    """Return the random name of an upload, which is also its folder's."""
    return secrets.token_hex(16)


class Upload(models.Model):
    """One file on its way in; ``token`` names its folder, so that no text from outside ever becomes a path."""

    token = models.CharField(max_length=32, unique=True, default=new_token)
    original_name = models.CharField(max_length=255)  # as the browser said it: text to show, never a path
    stored_name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    importer = models.CharField(max_length=40, default="", blank=True)
    choices = models.JSONField(default=dict)  # what was chosen in the form
    dry_run = models.JSONField(null=True, blank=True)
    outcome = models.JSONField(null=True, blank=True)
    job = models.ForeignKey("work.Job", models.SET_NULL, null=True, blank=True, related_name="+")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.original_name

    @property
    def folder(self) -> Path:
        """Where the file stands, alone."""
        return Path(settings.DATA.uploads) / self.token

    @property
    def path(self) -> Path:
        """The file."""
        return self.folder / self.stored_name


class Platform(models.TextChoices):
    """Whose webhooks are understood."""

    SHOPIFY = "shopify", "Shopify"
    WOOCOMMERCE = "woocommerce", "WooCommerce"
    STRIPE = "stripe", "Stripe"


class WebhookSecret(models.Model):
    """What a source's deliveries are signed with; written once, never shown again."""

    source = models.OneToOneField("inbox.Source", models.CASCADE, related_name="webhook")
    platform = models.CharField(max_length=12, choices=Platform.choices)
    secret = models.CharField(max_length=300)
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.platform} of source {self.source_id}"


class DeliveryState(models.TextChoices):
    """Where a delivery is on its way."""

    WAITING = "waiting", _("waiting")
    DRAINED = "drained", _("kept")
    REFUSED = "refused", _("refused")


class Delivery(models.Model):
    """One webhook as it was received: its raw bytes; kept once a source and delivery id."""

    source = models.ForeignKey("inbox.Source", models.PROTECT, related_name="deliveries")
    delivery_id = models.CharField(max_length=200)
    topic = models.CharField(max_length=100)
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    reason = models.CharField(max_length=300, default="", blank=True)
    import_id = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        """A delivery counts once; those that wait are few and looked for often."""

        constraints = (models.UniqueConstraint(fields=["source", "delivery_id"], name="inbox_delivery_once"),)
        indexes = (
            models.Index(fields=["id"], condition=Q(state="waiting"), name="inbox_delivery_waiting"),
            models.Index(fields=["received_at"], name="inbox_delivery_received"),
        )

    def __str__(self) -> str:
        return f"{self.topic} {self.delivery_id}"
