"""The page on which a person says what they want to receive."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from keepwell.web.access import public
from keepwell.web.people import consent
from keepwell.web.people.models import Channel, ConsentEvent, ConsentStatus, Customer, Purpose
from keepwell.web.people.preferences import bearer_of

MOST_CHANGES = 60  # an hour, by one person: far more than anybody needs
MOST_GUESSES = 30  # wrong tokens an hour, from one address
HOUR = timedelta(hours=1)
PURPOSES = (Purpose.MARKETING, Purpose.SURVEY)
NOTICE = "v1"


@require_http_methods(["GET", "POST"])
@public
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Show a person's choices, and write down what they change."""
    person = _bearer(request, token)
    if person is None:
        return _busy(request)
    is_saved = False
    if request.method == "POST":
        recent = ConsentEvent.objects.filter(customer=person, method="preferences", given_at__gt=timezone.now() - HOUR)
        if recent.count() > MOST_CHANGES:
            return _busy(request)
        _write(request, person)
        is_saved = True
    state = consent.current_state(person)
    rows = [
        {"purpose": purpose, "channel": channel, "name": f"{purpose.value}-{channel.value}",
         "is_on": (word := state.get((purpose, channel))) is not None and word.status == ConsentStatus.GRANTED}
        for purpose in PURPOSES for channel in Channel
    ]  # fmt: skip
    response = render(request, "people/preferences.html", {"rows": rows, "is_saved": is_saved})
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _busy(request: HttpRequest) -> HttpResponse:
    response = render(request, "people/preferences_busy.html", status=429)
    response["Retry-After"] = "3600"
    return response


def _bearer(request: HttpRequest, token: str) -> Customer | None:
    """Return whose page it is; ``None`` for who guesses too often."""
    key = f"preferences-guesses-{request.META.get('REMOTE_ADDR', '')}"
    if cache.get(key, 0) >= MOST_GUESSES:
        return None
    person = bearer_of(token)
    if person is None:
        cache.add(key, 0, HOUR.total_seconds())
        cache.incr(key)
        raise Http404
    return person


def _write(request: HttpRequest, person: Customer) -> None:
    """Write one event for each choice that differs from the last word."""
    state = consent.current_state(person)
    notice = _("I want to receive messages of this kind. I can change this at any time.")
    for purpose in PURPOSES:
        for channel in Channel:
            word = state.get((purpose, channel))
            is_on = request.POST.get("all") != "none" and request.POST.get(f"{purpose.value}-{channel.value}") == "on"
            was_on = word is not None and word.status == ConsentStatus.GRANTED
            if is_on == was_on and not (word is None and request.POST.get("all") == "none"):
                continue
            consent.record(
                person, purpose, channel, ConsentStatus.GRANTED if is_on else ConsentStatus.WITHDRAWN,
                method="preferences", page=request.path[:20], notice=notice, notice_version=NOTICE,
                ip_address=_address(request), user_agent=request.headers.get("User-Agent", "")[:300],
                confirmed_at=None, source="preferences",
            )  # fmt: skip


def _address(request: HttpRequest) -> str | None:
    said = request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(said))
    except ValueError:
        return None
