"""Keys of programs: shown once, kept as a digest, and able to do what their scopes say."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from keepwell.web.access import Capability
from keepwell.web.staff.actions import digest
from keepwell.web.staff.models import ApiKey, Staff

USED_EVERY = timedelta(minutes=1)  # how exactly the last use is known: a write a request would cost more than it tells


def make_key(name: str, scopes: Collection[Capability], by: Staff | None, days: int = 0) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, ``kw_PREFIX_SECRET``, which is kept nowhere."""
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    made = ApiKey.objects.create(
        name=name.strip(),
        prefix=prefix,
        digest=digest(secret),
        scopes=sorted(scope.value for scope in scopes),
        made_by=by,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    return made, f"kw_{prefix}_{secret}"


def key_of(text: str) -> ApiKey | None:
    """Return the key that a program shows, if it is good; its use is noted."""
    kind, _line, rest = text.partition("_")
    prefix, _line, secret = rest.partition("_")
    if kind != "kw" or not secret or len(prefix) > 16 or not prefix.isalnum():
        return None
    key = ApiKey.objects.filter(prefix=prefix).first()
    if key is None or not secrets.compare_digest(key.digest, digest(secret)) or not key.is_usable:
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def holds(key: ApiKey, capability: Capability) -> bool:
    """Say whether a key's scopes let it do something."""
    return key.is_usable and capability.value in key.scopes


def revoke(key: ApiKey) -> None:
    """End a key for good."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())
