"""The API: every room's operations in one document, with one form of answer for errors."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from keepwell import __version__
from keepwell.vocabulary.errors import KeepwellError
from keepwell.web.access import public, signed_in
from keepwell.web.desk.api import router as figures
from keepwell.web.inbox.api import router as facts
from keepwell.web.people.api import router as customers
from keepwell.web.problems import status_of

log = logging.getLogger("keepwell.api")
DESCRIPTION = (
    "Show a key as `Authorization: Bearer kw_…`; an owner makes keys under Settings, API keys. `x-scope` names the "
    "scope that an operation needs. Errors are `{code, message, advice}`; programs match on `code`. Up to 600 requests "
    "a minute and key; then 429 with Retry-After."
)
api = NinjaAPI(title="Keepwell", version=__version__, description=DESCRIPTION, docs_url=None, urls_namespace="api")
for router in (customers, facts, figures):
    api.add_router("", router)

HTTP_CODES = {401: "key.missing", 403: "key.scope", 404: "page.missing", 405: "method.unknown", 429: "key.busy"}
ADVICE = {
    400: "Send JSON that the document describes.",
    401: "Show a key as Authorization: Bearer kw_….",
    403: "Ask an owner for a key with this scope.",
    404: "Check the address.",
    405: "See the document for the methods of this address.",
    429: "Wait a minute.",
}


def answer(status: int, code: str, message: str, advice: str) -> HttpResponse:
    """Return an error as every operation gives it."""
    response = JsonResponse({"code": code, "message": message, "advice": advice}, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(KeepwellError)
def refused(request: HttpRequest, error: KeepwellError) -> HttpResponse:
    """Answer what Keepwell itself refuses."""
    return answer(status_of(error), error.code, error.message, error.advice)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer what does not have the form that the document describes; the first fault is enough to begin with."""
    first: Mapping[str, Any] = error.errors[0] if error.errors else {}
    place = ".".join(str(part) for part in first.get("loc", ()))
    return answer(422, "request.invalid", f"{place}: {first.get('msg', 'invalid')}", "See the document.")


@api.exception_handler(AuthenticationError)
def nobody(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    """Answer whoever shows no good key."""
    return answer(401, HTTP_CODES[401], "There is no key, or it is not good any more.", ADVICE[401])


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what was refused by its status."""
    status = error.status_code
    return answer(status, HTTP_CODES.get(status, "request.invalid"), str(error), ADVICE.get(status, ""))


@api.exception_handler(Http404)
def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer where there is nothing."""
    return answer(404, HTTP_CODES[404], "There is nothing here.", ADVICE[404])


@api.exception_handler(Exception)
def broken(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer what nobody foresaw: its trace is for the log."""
    log.error("%s %s", request.method, request.path, exc_info=error)
    return answer(500, "server.fault", "Something broke here.", "It was written to the log. Try again.")


def _let_in(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let requests through to the operation, which asks for a key itself; give 405 the form of every error."""

    @functools.wraps(view)
    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if response.status_code == 405:
            refusal = answer(405, HTTP_CODES[405], "This cannot be done here.", ADVICE[405])
            refusal["Allow"] = response["Allow"]
            return refusal
        return response

    return public(asked)


@require_GET
@signed_in
def document(request: HttpRequest) -> HttpResponse:
    """Show what the API can do, without a script."""
    schema = api.get_openapi_schema()
    operations = [
        {
            "method": method.upper(),
            "address": address,
            "summary": one.get("description") or one.get("summary"),
            "scope": one.get("x-scope", ""),
            "parameters": [
                {"name": p["name"], "where": p["in"], "is_required": p.get("required", False)}
                for p in one.get("parameters", [])
            ],
        }
        for address, methods in schema["paths"].items()
        for method, one in methods.items()
    ]
    shown = {"operations": operations, "description": DESCRIPTION, "version": __version__}
    return render(request, "staff/api.html", shown)


def _patterns() -> list[URLPattern]:
    found = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern)]
    for pattern in found:
        pattern.callback = _let_in(pattern.callback)
    return [path("docs", document, name="docs"), *found]


app_name = "api"
urlpatterns = _patterns()
