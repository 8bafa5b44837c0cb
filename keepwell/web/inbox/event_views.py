"""The live event debugger: what came through the door, what was refused and why, and trying again after a fix."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from keepwell.web.access import Capability, may, needs
from keepwell.web.inbox.models import EventState, InboxEvent, Source
from keepwell.web.inbox.upload_models import Delivery
from keepwell.web.inbox.views import zone_name
from keepwell.web.staff.audit import record
from keepwell.web.work.actions import enqueue

SHOWN = 100
SEARCHED = 2_000  # how far back a name is looked for: it stands inside the message
MOST_REPLAYED = 10_000


@require_GET
@needs(Capability.SEE_FACTS)
def events(request: HttpRequest) -> HttpResponse:
    """Show the latest events; the part of the page with them asks for itself every few seconds."""
    asked = {key: request.GET.get(key, "")[:100] for key in ("source", "name", "state")}
    context = {
        "rows": _latest(asked),
        "sources": Source.objects.order_by("name"),
        "states": EventState.choices,
        "asked": asked,
        "may_open": may(request.user, Capability.SEE_PEOPLE),
        "may_replay": may(request.user, Capability.BRING_FACTS),
        "query": request.GET.urlencode(),
        "zone": zone_name(),
        "refused": _of(InboxEvent.objects.filter(state=EventState.REFUSED), asked).count()
        + _of(Delivery.objects.filter(state=EventState.REFUSED), asked).count(),
    }
    is_part = request.headers.get("HX-Request") and request.headers.get("HX-Target") == "events"
    return render(request, "inbox/events_part.html" if is_part else "inbox/events.html", context)


@require_GET
@needs(Capability.SEE_PEOPLE)
def event(request: HttpRequest, kind: str, event_id: int) -> HttpResponse:
    """Show one event whole, as it came: it may name a person."""
    if kind == "event":
        found: Any = get_object_or_404(InboxEvent.objects.select_related("source"), pk=event_id)
        body = found.body
    else:
        found = get_object_or_404(Delivery.objects.select_related("source"), pk=event_id)
        body = bytes(found.body).decode("utf-8", "replace")
    context = {"row": _row(kind, found), "event": found, "body": _indented(body), "zone": zone_name()}
    context["may_replay"] = may(request.user, Capability.BRING_FACTS)
    return render(request, "inbox/event.html", context)


@require_POST
@needs(Capability.BRING_FACTS)
def replay(request: HttpRequest) -> HttpResponse:
    """Try refused events again: one, or all that the filter shows."""
    asked = {key: request.POST.get(key, "")[:100] for key in ("source", "name")}
    kind, event_id = request.POST.get("kind", ""), request.POST.get("id", "")
    if event_id and (kind not in ("event", "delivery") or not event_id.isdecimal()):
        raise Http404
    with transaction.atomic():
        count = 0
        for name, model in (("event", InboxEvent), ("delivery", Delivery)):
            refused: QuerySet[Any] = model.objects.filter(state=EventState.REFUSED)  # type: ignore[attr-defined]
            if event_id:
                refused = refused.filter(pk=int(event_id)) if name == kind else refused.none()
            count += _again(name, _of(refused, asked))
        record(request, "events.replayed", detail={"events": count, **asked})
    text = ngettext("%(count)d event is tried again.", "%(count)d events are tried again.", count)
    messages.success(request, text % {"count": count})
    return redirect("inbox:events")


def _again(name: str, refused: QuerySet[Any]) -> int:
    ids = [found.pk for found in refused.order_by("pk")[:MOST_REPLAYED]]
    if not ids:
        return 0
    if name == "event":
        changed = InboxEvent.objects.filter(pk__in=ids).update(state=EventState.WAITING, reason="", drain=None)
        enqueue("drain", key="drain")
    else:
        changed = Delivery.objects.filter(pk__in=ids).update(state=EventState.WAITING, reason="")
        enqueue("drain_webhooks", key="drain_webhooks", most_attempts=50)
    return int(changed)


def _of(rows: QuerySet[Any], asked: dict[str, str]) -> QuerySet[Any]:
    """Return the events of the source and name that were asked for."""
    if asked.get("source"):
        rows = rows.filter(source__name=asked["source"])
    if asked.get("name"):
        field = "topic__icontains" if rows.model is Delivery else "body__icontains"
        rows = rows.filter(**{field: asked["name"]})
    return rows


def _latest(asked: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for kind, model in (("event", InboxEvent), ("delivery", Delivery)):
        rows: QuerySet[Any] = model.objects.select_related("source")  # type: ignore[attr-defined]
        if asked.get("source"):
            rows = rows.filter(source__name=asked["source"])
        if asked["state"] in EventState.values:
            rows = rows.filter(state=asked["state"])
        latest = rows.order_by("-received_at")[: SEARCHED if asked["name"] else SHOWN]
        found += _named((_row(kind, row) for row in latest), asked["name"])
    return sorted(found, key=lambda row: row["received_at"], reverse=True)[:SHOWN]


def _named(rows: Iterable[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    low = name.casefold()
    return [row for row in rows if low in row["name"].casefold()]


def _row(kind: str, found: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": found.pk,
        "source": found.source.name,
        "name": found.topic if kind == "delivery" else event_name(found.body),
        "message_id": found.delivery_id if kind == "delivery" else found.message_id,
        "received_at": found.received_at,
        "state": found.state,
        "state_name": found.get_state_display(),
        "reason": found.reason,
    }


def event_name(body: str) -> str:
    """Return what a message of the tracking API calls itself.

    >>> event_name('{"type": "track", "event": "Order Completed"}'), event_name('{"type": "identify"}')
    ('Order Completed', 'identify')
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return "?"
    if not isinstance(message, dict):
        return "?"
    return str(message.get("event") or message.get("name") or message.get("type") or "?")[:200]


def _indented(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)[:200_000]
    except (ValueError, RecursionError):
        return body[:200_000]
