"""Customers as people: who they are, what they agreed to, what staff noted; the facts stay in the lake under its id."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


def new_public_id() -> str:
    """Return an id that says nothing about its bearer and cannot be guessed."""
    return "c_" + secrets.token_hex(10)


class Customer(models.Model):
    """One customer as one source of facts knows them; several that are one person are merged into one of them."""

    public_id = models.CharField(max_length=24, unique=True, default=new_public_id)
    lake_id = models.CharField(max_length=300, unique=True, null=True, blank=True)  # null: seen without a purchase
    name = models.CharField(max_length=200, blank=True, default="")
    country = models.CharField(max_length=2, blank=True, default="")  # ISO 3166, empty where not known
    time_zone = models.CharField(max_length=60, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    traits = models.JSONField(default=dict)
    account_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="customers"
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged")
    objects_to_profiling = models.BooleanField(default=False)  # GDPR Art. 21
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """Found by name."""

        indexes = (models.Index(fields=["name"], name="customer_name"),)

    def __str__(self) -> str:
        return self.public_id


class IdentityKind(models.TextChoices):
    """What tells a customer from others."""

    EXTERNAL_ID = "external_id", _("Customer number")
    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Telephone")
    ANONYMOUS_ID = "anonymous_id", _("Anonymous id")
    DEVICE = "device", _("Device")


CONTACT = (IdentityKind.EMAIL, IdentityKind.PHONE)


class Identity(models.Model):
    """One address, number or id; it belongs to one customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="identities")
    kind = models.CharField(max_length=12, choices=IdentityKind.choices)
    value = models.CharField(max_length=320)
    keyed_hash = models.CharField(max_length=64)
    is_verified = models.BooleanField(default=False)
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One owner each."""

        constraints = (models.UniqueConstraint(fields=["kind", "keyed_hash"], name="one_owner_an_identity"),)
        indexes = (models.Index(fields=["value"], name="identity_value"),)
        ordering = ("kind", "first_seen_at", "id")

    def __str__(self) -> str:
        return f"{self.kind} {self.keyed_hash[:8]}"


class TraitChange(models.Model):
    """What a trait was and became; rows are added, never changed."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="trait_changes")
    name = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    source = models.CharField(max_length=80, blank=True, default="")
    changed_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.name} {self.changed_at:%Y-%m-%d}"


class MergeKind(models.TextChoices):
    """What was done about two customers."""

    MERGED = "merged", _("merged")
    UNMERGED = "unmerged", _("taken apart")
    SUGGESTED = "suggested", _("may be the same")


class MergeEntry(models.Model):
    """One line of the log of merges."""

    kind = models.CharField(max_length=10, choices=MergeKind.choices)
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="merge_entries")  # the one that goes
    other = models.ForeignKey(Customer, models.CASCADE, related_name="+")  # the one that stays
    reason = models.CharField(max_length=120, blank=True, default="")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Oldest first."""

        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.kind} {self.customer} {self.other}"


class Channel(models.TextChoices):
    """Ways to reach somebody."""

    EMAIL = "email", _("E-mail")
    SMS = "sms", _("Text message")
    PUSH = "push", _("Push message")
    PHONE = "phone", _("Telephone call")
    POST = "post", _("Letter")


class Purpose(models.TextChoices):
    """What for."""

    MARKETING = "marketing", _("Advertising")
    SURVEY = "survey", _("Surveys")
    PROFILING = "profiling", _("Profiling")
    SERVICE = "service", _("Messages about an order")


class ConsentStatus(models.TextChoices):
    """What was said."""

    GRANTED = "granted", _("agreed")
    PENDING = "pending", _("waiting for confirmation")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class LegalBasis(models.TextChoices):
    """On what ground."""

    CONSENT = "consent", _("consent")
    SOFT_OPT_IN = "soft_opt_in", _("own customer, similar goods")
    IMPLIED = "implied", _("implied by a purchase or an inquiry")
    CONTRACT = "contract", _("contract")


class ConsentEvent(models.Model):
    """Something a person said about being contacted; rows are added, never changed. The state is a view over them."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="consent_events")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    is_night = models.BooleanField(default=False)  # also at night, where that needs its own consent
    status = models.CharField(max_length=10, choices=ConsentStatus.choices)
    legal_basis = models.CharField(max_length=12, choices=LegalBasis.choices, default=LegalBasis.CONSENT)
    jurisdiction = models.CharField(max_length=8, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    notice_version = models.CharField(max_length=40, blank=True, default="")
    notice_hash = models.CharField(max_length=64, blank=True, default="")
    method = models.CharField(max_length=40)  # how it was collected: preference page, staff, form, import
    page = models.CharField(max_length=300, blank=True, default="")
    ip_address = models.GenericIPAddressField(null=True, blank=True)  # kept for a short time
    user_agent = models.CharField(max_length=300, blank=True, default="")  # kept for a short time
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=80, blank=True, default="")
    proof = models.JSONField(default=dict)

    class Meta:
        """Oldest first; the last word counts."""

        ordering = ("given_at", "id")
        indexes = (models.Index(fields=["customer", "purpose", "channel"], name="consent_state"),)

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; an existing one is never changed."""
        if self.pk is not None:
            raise PermissionDenied("a consent event is never changed")
        super().save(*args, **kwargs)


class Suppression(models.Model):
    """An address that is not to be used, or a customer who was erased: a keyed hash, nothing that could be read."""

    keyed_hash = models.CharField(max_length=64)
    channel = models.CharField(max_length=8, choices=Channel.choices, blank=True, default="")  # empty: every channel
    reason = models.CharField(max_length=40)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Once each."""

        constraints = (
            models.UniqueConstraint(fields=["keyed_hash", "channel", "reason"], name="one_suppression_each"),
        )

    def __str__(self) -> str:
        return f"{self.keyed_hash[:8]} {self.reason}"


class Tag(models.Model):
    """A word that staff hang on customers."""

    name = models.CharField(max_length=60, unique=True)
    customers = models.ManyToManyField(Customer, related_name="tags")

    class Meta:
        """By name."""

        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Note(models.Model):
    """What a member of staff wrote about a customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """Newest first."""

        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.pk}"


class SavedView(models.Model):
    """A list of customers that somebody wants to see again."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="customer_views")
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=1000, blank=True, default="")  # as in the address, without a search word
    is_shared = models.BooleanField(default=False)

    class Meta:
        """By name."""

        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="one_view_a_name"),)

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """The record of an erasure: what was removed, and that every total stayed; nothing of the person."""

    public_id = models.CharField(max_length=24, unique=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    removed = models.JSONField(default=dict)
    totals_before = models.CharField(max_length=64, blank=True, default="")
    totals_after = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        """Newest first."""

        ordering = ("-asked_at", "-id")

    def __str__(self) -> str:
        return self.public_id

    @property
    def is_proven(self) -> bool:
        """Whether the totals are the same before and after."""
        return bool(self.done_at) and self.totals_before == self.totals_after


class MessageCursor(models.Model):
    """How far the messages of the door were read for what they say about people; one row."""

    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.position)
