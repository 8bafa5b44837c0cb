"""The first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from keepwell.web.access import signed_in


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show the answer."""
    return render(request, "desk/home.html")
