"""The gate that no view can forget: a view without a mark is refused to everybody."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from keepwell.web.access import PUBLIC, SIGNED_IN, access_of, may

log = logging.getLogger("keepwell.access")
BEFORE_ENROLLING = frozenset({"staff:second-step", "staff:sign-out"})  # open to an owner who has no second step yet


class AccessMiddleware:
    """Refuses every view whose mark does not let this user in; a view without a mark is refused to everybody."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; ``process_view`` decides."""
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        """Return a refusal, or nothing when the view may be called."""
        access = access_of(view)
        if access == PUBLIC:
            return None
        if access is None:
            log.error("A view without a mark of who may open it: %s", getattr(view, "__qualname__", view))
            raise PermissionDenied
        user: Any = request.user
        if not user.is_authenticated or not user.is_active:
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Redirect": str(settings.LOGIN_URL_PATH)})
            return redirect_to_login(request.get_full_path(), str(settings.LOGIN_URL_PATH))
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name not in BEFORE_ENROLLING and getattr(user, "must_enrol", False):
            return redirect("staff:second-step")
        if access != SIGNED_IN and not may(user, access):
            raise PermissionDenied
        return None
