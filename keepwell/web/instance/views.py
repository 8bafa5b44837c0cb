"""The first run."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import activate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from keepwell.web.access import Capability, needs, public
from keepwell.web.instance import first_run
from keepwell.web.instance.forms import WelcomeForm
from keepwell.web.problems import problem


@require_http_methods(["GET", "POST"])
@never_cache
@sensitive_post_parameters("password")
@public
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """Make the owner's account by the link that was printed in the terminal; afterwards there is nothing here."""
    address = request.META.get("REMOTE_ADDR") or ""
    if first_run.is_throttled(address):
        message, advice = _("Too many tries."), _("Wait ten minutes.")
        answer = problem(request, 429, "welcome.busy", message, advice)
        answer["Retry-After"] = str(int(first_run.WITHIN.total_seconds()))
        return answer
    if not first_run.is_invited(token):
        first_run.note_wrong(address)
        raise Http404
    form = WelcomeForm(request.POST or None, initial={"language": request.LANGUAGE_CODE})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            owner = first_run.make_owner(request, given["email"], given["name"], given["password"], given["language"])
        except ValidationError as error:
            for message in error.messages:
                form.add_error("password", message)
        else:
            login(request, owner, backend="django.contrib.auth.backends.ModelBackend")
            activate(given["language"])
            answer = redirect("instance:start")
            answer.set_cookie(
                settings.LANGUAGE_COOKIE_NAME,
                given["language"],
                max_age=365 * 24 * 3600,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
            return answer
    return render(request, "instance/welcome.html", {"form": form})


@require_GET
@needs(Capability.CONFIGURE)
def start(request: HttpRequest) -> HttpResponse:
    """Say what to do first: bring orders, look over the settings, read the answer."""
    return render(request, "instance/start.html", {"upload": _address_of("inbox:data")})


def _address_of(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
