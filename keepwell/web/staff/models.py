"""Members of staff, what lets them and programs in, and the log of who did what."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from keepwell.web.access import ROLE_NAMES, Role

ROLE_CHOICES = [(role.value, ROLE_NAMES[role]) for role in Role]


class StaffManager(BaseUserManager["Staff"]):
    """Makes accounts; ``keepwell.web.staff.actions`` is where the rest of the checks stand."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        """Find an account by its e-mail address, in whatever case it is typed."""
        return self.get(email=(username or "").strip().lower())


class Staff(AbstractBaseUser):
    """A person who works with Keepwell."""

    email = models.EmailField(_("e-mail"), unique=True)  # lower case
    name = models.CharField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=ROLE_CHOICES)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    totp_secret = models.CharField(max_length=64, blank=True, default="")  # empty: no code is asked for
    totp_last_step = models.BigIntegerField(default=0)  # a code that was used is not taken again

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name", "role"]
    objects = StaffManager()

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def has_second_step(self) -> bool:
        """Whether signing in asks for a code of an app."""
        return bool(self.totp_secret)

    @property
    def must_enrol(self) -> bool:
        """Whether nothing opens before a second step is set up."""
        if self.role != Role.OWNER or self.totp_secret:
            return False
        return Safety.objects.filter(owners_need_code=True).exists()


class RecoveryCode(models.Model):
    """A code for when the phone is lost; it works once."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"recovery code of {self.staff_id}"


class Safety(models.Model):
    """Rules that hold for everybody; one row at most."""

    owners_need_code = models.BooleanField(default=False)

    def __str__(self) -> str:
        return "safety"


class Invitation(models.Model):
    """A link that makes one account."""

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=ROLE_CHOICES)
    digest = models.CharField(max_length=64, unique=True)  # of the token, which is shown once
    invited_by = models.ForeignKey(Staff, models.CASCADE, related_name="+")
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"


class Throttle(models.Model):
    """How often something was tried in the present window; ``key`` is a keyed digest, so that it names nobody."""

    key = models.CharField(max_length=64, unique=True)
    count = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


class ApiKey(models.Model):
    """A program's key: only its digest is kept."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)  # values of Capability
    made_by = models.ForeignKey(Staff, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"

    @property
    def is_usable(self) -> bool:
        """Whether it lets anybody in."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class Endpoint(models.Model):
    """An address of somebody else's that is told what happens here."""

    url = models.URLField(_("address"), max_length=500)
    secret = models.CharField(max_length=80)  # signs what is sent
    events = models.JSONField(default=list)  # names; empty: all
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.url


class Delivery(models.Model):
    """One message to an endpoint, and how it went."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=80)
    body = models.TextField()  # JSON, as it is signed
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # of the last answer
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        """Newest first."""

        ordering = ("-id",)
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

    @property
    def address(self) -> str:
        """Where it goes."""
        return self.endpoint.url


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

    @property
    def detail_text(self) -> str:
        """The detail in one line."""
        return ", ".join(f"{key}: {value}" for key, value in self.detail.items())
