"""The only map from errors to HTTP: a refusal of the library becomes an answer with the same words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from keepwell.vocabulary.errors import InputError, KeepwellError, NotIdentifiedError

log = logging.getLogger("keepwell.problems")


def status_of(error: KeepwellError) -> int:
    """Return the HTTP status of an error: what was handed in (400, 404, 409, 422), or our side (503)."""
    kind = error.code.rpartition(".")[2]
    if kind in {"unknown", "missing"} and isinstance(error, InputError):
        return 404
    if kind in {"conflict", "busy", "twice", "undone"}:
        return 409
    if isinstance(error, NotIdentifiedError):
        return 422
    return 400 if isinstance(error, InputError) else 503


def wants_json(request: HttpRequest) -> bool:
    """Say whether the answer is for a program."""
    return request.path.startswith(("/api/", "/hooks/")) or "application/json" in request.headers.get("Accept", "")


def problem(request: HttpRequest, status: int, code: str, message: str, advice: str = "") -> HttpResponse:
    """Return an error as JSON for programs, as a fragment for htmx, as a page for people."""
    if wants_json(request):
        return JsonResponse({"code": code, "message": message, "advice": advice}, status=status)
    context = {"status": status, "code": code, "message": message, "advice": advice}
    template = "shell/problem_part.html" if request.headers.get("HX-Request") else "shell/problem.html"
    return render(request, template, context, status=status)


class ProblemMiddleware:
    """Answers what views raise; what nobody foresaw is logged with its trace and shown without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass the request on; ``process_exception`` answers errors."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to an error that is one of ours."""
        if isinstance(error, KeepwellError):
            status = status_of(error)
            if status >= 500:
                log.error("%s %s: %s", request.method, request.path, error, exc_info=error)
            return problem(request, status, error.code, error.message, error.advice)
        return None


def not_found(request: HttpRequest, exception: Http404 | None = None) -> HttpResponse:
    """Answer 404."""
    return problem(request, 404, "page.missing", _("There is nothing here."), _("Check the address."))


def forbidden(request: HttpRequest, exception: PermissionDenied | None = None) -> HttpResponse:
    """Answer 403."""
    return problem(
        request, 403, "access.denied", _("Your role does not open this."), _("Ask an owner to change your role.")
    )


def broken(request: HttpRequest) -> HttpResponse:
    """Answer 500, with words alone: whatever broke may break the page's frame too."""
    if wants_json(request):
        return JsonResponse({"code": "server.fault", "message": "Something broke here.", "advice": ""}, status=500)
    return HttpResponse(
        "Something broke here. It was written to the log. Try again.", status=500, content_type="text/plain"
    )


def csrf_failed(request: HttpRequest, reason: Any = "") -> HttpResponse:
    """Answer a form that did not come from our own page."""
    return problem(request, 403, "form.stale", _("The form has expired."), _("Load the page again and repeat."))
