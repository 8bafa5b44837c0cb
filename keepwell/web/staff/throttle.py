"""How often something may be tried: counted in the database, so that every process counts together."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from keepwell.web.staff.models import Throttle


def hit(name: str, who: str, *, most: int, within: timedelta) -> bool:
    """Count one try; return whether it is still among the ``most`` that are allowed ``within`` a window.

    The try is counted before what is tried begins, so that many at the same moment cannot pass together.
    """
    now = timezone.now()
    with transaction.atomic():
        row, _made = Throttle.objects.select_for_update().get_or_create(
            key=_key(name, who), defaults={"until": now + within}
        )
        if row.until <= now:
            row.count, row.until = 0, now + within
        row.count += 1
        row.save()
    return row.count <= most


def forget(name: str, who: str) -> None:
    """Begin anew, after a success."""
    Throttle.objects.filter(key=_key(name, who)).delete()


def sweep() -> int:
    """Remove windows that are over; return how many."""
    removed, _by_table = Throttle.objects.filter(until__lt=timezone.now()).delete()
    return removed


def address_of(request: HttpRequest) -> str:
    """Return the address a request came from.

    With an https KEEPWELL_URL a proxy stands in front of us, since we do not speak TLS ourselves: it has put the
    caller's address last into X-Forwarded-For; whatever stands before that was written by the caller.
    """
    direct = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.IS_SECURE:
        return direct
    told = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").rpartition(",")[2].strip()
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return direct


def _key(name: str, who: str) -> str:
    return salted_hmac(f"keepwell.throttle.{name}", who, algorithm="sha256").hexdigest()
