"""Letting programs in: a key in the Authorization header, with a scope for what is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja.errors import HttpError
from ninja.security import HttpBearer

from keepwell.web.access import Capability
from keepwell.web.staff import keys, throttle
from keepwell.web.staff.models import ApiKey

WINDOW = timedelta(minutes=1)
MOST_OF_KEY = 600
MOST_WRONG = 60  # keys shown by one address that were none


class Bearer(HttpBearer):
    """Takes a key that holds one capability."""

    def __init__(self, capability: Capability) -> None:
        super().__init__()
        self.capability = capability

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        """Return the key, or nothing when it is none.

        Raises:
            HttpError: it lacks the scope (403), or is used too often (429).

        """
        key = keys.key_of(token)
        if key is None:
            if not throttle.hit("api.wrong", throttle.address_of(request), most=MOST_WRONG, within=WINDOW):
                raise HttpError(429, "Too many wrong keys.")
            return None
        if not throttle.hit("api.key", key.prefix, most=MOST_OF_KEY, within=WINDOW):
            raise HttpError(429, "Too many requests.")
        if not keys.holds(key, self.capability):
            raise HttpError(403, f"This key lacks the scope {self.capability.value}.")
        return key


def guarded(capability: Capability) -> dict[str, Any]:
    """Return what every operation of the API gives to its decorator: ``@router.get("/x", **guarded(...))``."""
    return {"auth": Bearer(capability), "openapi_extra": {"x-scope": capability.value}}
