"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth import logout
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from keepwell.web.access import public, signed_in

sign_in = public(LoginView.as_view(template_name="staff/sign_in.html", redirect_authenticated_user=True))


@require_POST
@signed_in
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect("staff:sign-in")
