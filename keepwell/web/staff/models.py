"""Members of staff."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepwell.web.access import ROLE_NAMES, Role


class StaffManager(BaseUserManager["Staff"]):
    """Makes accounts; ``keepwell.web.staff.actions`` is where the rest of the checks stand."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        """Find an account by its e-mail address, in whatever case it is typed."""
        return self.get(email=(username or "").strip().lower())


class Staff(AbstractBaseUser):
    """A person who works with Keepwell."""

    email = models.EmailField(_("e-mail"), unique=True)  # lower case
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=[(role.value, ROLE_NAMES[role]) for role in Role])
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]
    objects = StaffManager()

    def __str__(self) -> str:
        return self.name or self.email


class AuditEntry(models.Model):
    """One thing that somebody did; rows are added, never changed."""

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(Staff, models.SET_NULL, null=True, blank=True, related_name="+")
    actor_name = models.CharField(max_length=120)  # as it was then: accounts are removed, the log stays
    action = models.CharField(max_length=80)  # such as "upload.imported"
    about = models.CharField(max_length=200, blank=True, default="")  # opaque ids, file names: never contact details
    detail = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        """Newest first."""

        ordering = ("-at", "-id")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name}: {self.action} {self.about}"
