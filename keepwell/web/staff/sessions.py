"""Signing in, in one or two steps, and out."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from keepwell.web.access import public, signed_in
from keepwell.web.staff import audit, second_step, throttle
from keepwell.web.staff.forms import CodeForm, SignInForm
from keepwell.web.staff.models import Staff

PENDING = "keepwell_pending"
PENDING_SECONDS = 600
BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignIn(LoginView):
    """The first step; who has a second one is not signed in yet after it."""

    template_name = "staff/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: SignInForm) -> HttpResponse:
        """Sign in, or ask for the code."""
        staff: Any = form.get_user()
        if not staff.has_second_step:
            return enter(self.request, staff, self.get_success_url())
        self.request.session[PENDING] = {
            "staff": staff.pk,
            "hash": staff.get_session_auth_hash(),
            "until": time.time() + PENDING_SECONDS,
            "next": self.get_success_url(),
        }
        return redirect("staff:code")

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Show the form again; the log has no address of an account that may not exist."""
        if form.has_error("__all__", "too_many"):
            audit.record("sign-in", "session.throttled", detail={"address": throttle.address_of(self.request)})
        shown: HttpResponse = super().form_invalid(form)
        return shown


sign_in = public(SignIn.as_view())


def enter(request: HttpRequest, staff: Staff, address: str) -> HttpResponse:
    """Open the session and go on to a page of ours."""
    login(request, staff, backend=BACKEND)
    audit.record(request, "session.opened")
    return in_language(HttpResponseRedirect(address), staff.language)


def in_language(response: HttpResponse, language: str) -> HttpResponse:
    """Have the browser keep the language of the account."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@never_cache
@require_http_methods(["GET", "POST"])
@public
def code(request: HttpRequest) -> HttpResponseBase:
    """Ask for the code of the second step."""
    pending = request.session.get(PENDING)
    staff = Staff.objects.filter(pk=pending["staff"], is_active=True).first() if pending else None
    if staff is None or pending["until"] < time.time() or pending["hash"] != staff.get_session_auth_hash():
        request.session.pop(PENDING, None)
        return redirect("staff:sign-in")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not throttle.hit("code", str(staff.pk), most=8, within=timedelta(minutes=15)):
            form.add_error(None, _("Too many tries. Wait 15 minutes, or ask an owner for help."))
        elif second_step.accept(staff, form.cleaned_data["code"]):
            throttle.forget("code", str(staff.pk))
            del request.session[PENDING]
            return enter(request, staff, pending["next"])
        else:
            form.add_error("code", _("This code is wrong, or was used already."))
    return render(request, "staff/code.html", {"form": form})


@require_POST
@signed_in
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    audit.record(request, "session.ended")
    logout(request)
    return redirect("staff:sign-in")
