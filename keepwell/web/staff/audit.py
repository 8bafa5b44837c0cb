"""Who did what: call ``record`` in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from keepwell.web.staff.models import AuditEntry, Staff
from keepwell.web.staff.throttle import address_of


def record(
    actor: HttpRequest | Staff | str, action: str, about: str = "", detail: Mapping[str, Any] | None = None
) -> AuditEntry:
    """Write down that somebody did something.

    Args:
        actor: the request, the account, or the name of a program such as ``"worker"``.
        action: ``noun.verb``, such as ``"upload.imported"``.
        about: what it was done to, as an opaque id or a file name, never a contact detail.
        detail: what else is worth knowing, as JSON; no secret, no contact detail.

    """
    address = address_of(actor) or None if isinstance(actor, HttpRequest) else None
    who: Any = getattr(actor, "user", actor) if isinstance(actor, HttpRequest) else actor
    is_staff = isinstance(who, Staff)
    name = who.name if is_staff else str(getattr(who, "name", "") or who)
    return AuditEntry.objects.create(
        actor=who if is_staff else None,
        actor_name=name[:120],
        action=action,
        about=about[:200],
        detail=dict(detail or {}),
        address=address,
    )
