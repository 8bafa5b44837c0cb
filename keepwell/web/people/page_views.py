"""The page of one customer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from keepwell.lake.lake import Lake
from keepwell.loop.timeline import timeline
from keepwell.web.access import Capability, may, needs, signed_in
from keepwell.web.people import figures
from keepwell.web.people.access_export import access_export
from keepwell.web.people.consent import current_state, may_contact
from keepwell.web.people.identities import country_code
from keepwell.web.people.list_views import business, may_open
from keepwell.web.people.merging import members, survivor
from keepwell.web.people.models import (
    Channel,
    ConsentEvent,
    ConsentStatus,
    Customer,
    Erasure,
    Identity,
    MergeEntry,
    MergeKind,
    Note,
    Purpose,
    Tag,
)
from keepwell.web.people.preferences import address_of
from keepwell.web.staff import audit
from keepwell.web.staff.models import Staff
from keepwell.web.work.models import UNFINISHED, Job

ASKED = (Purpose.MARKETING, Purpose.SURVEY)


def person_of(public_id: str) -> Customer:
    """Return a customer by its public id.

    Raises:
        Http404: there is none.

    """
    found = Customer.objects.filter(public_id=public_id).select_related("account_owner").first()
    if found is None:
        raise Http404
    return found


@require_GET
@signed_in
def customer(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show a customer: value, risk, consent, identities, notes; who was merged is shown as who they are now."""
    may_open(request.user)
    asked = person_of(public_id)
    person = survivor(asked)
    if person.pk != asked.pk:
        return redirect("people:customer", person.public_id)
    people = members(person)
    sees = may(request.user, Capability.SEE_PEOPLE)
    numbers = figures.figures_of([one.lake_id for one in people if one.lake_id])
    identities = Identity.objects.filter(customer__in=people)
    context: dict[str, Any] = {
        "person": person,
        "people": people,
        "numbers": numbers,
        "figures_at": figures.made_at(),
        "currency": business().currency,
        "sees": sees,
        "title": _title(person, sees=sees),
        "identities": identities if sees else (),
        "identity_count": identities.count(),
        "traits": _traits(people) if sees else (),
        "notes": Note.objects.filter(customer__in=people).select_related("author") if sees else (),
        "tags": Tag.objects.filter(customers__in=people).distinct(),
        "owners": Staff.objects.filter(is_active=True),
        "consents": _consents(person, numbers),
        "suggestions": _suggestions(people) if sees else (),
        "preferences": address_of(person) if sees else "",
        "may_edit": may(request.user, Capability.EDIT_PEOPLE),
        "may_erase": may(request.user, Capability.ERASE_PEOPLE),
        "job": Job.objects.filter(name="erase", key=person.public_id, state__in=UNFINISHED).first(),
    }
    return render(request, "people/customer.html", context)


@require_GET
@signed_in
def customer_timeline(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show everything that happened with a customer, newest first, as a part of the page."""
    may_open(request.user)
    people = members(person_of(public_id))
    sees = may(request.user, Capability.SEE_PEOPLE)
    rows: list[dict[str, Any]] = []
    if Lake.create(settings.DATA.root).imports():
        ids = [one.lake_id for one in people if one.lake_id]
        rows = [vars(each) | {"kind": each.kind} for each in timeline(settings.DATA.root, ids)]
    for said in ConsentEvent.objects.filter(customer__in=people):
        text = f"{said.get_channel_display()}, {said.get_purpose_display()}: {said.get_status_display()}"
        rows.append({"at": said.given_at, "kind": "consent", "text": text})
    for entry in MergeEntry.objects.filter(customer__in=people).exclude(kind=MergeKind.SUGGESTED):
        rows.append({"at": entry.at, "kind": "merge", "text": f"{entry.customer.public_id} {entry.get_kind_display()}"})
    if sees:
        for note in Note.objects.filter(customer__in=people).select_related("author"):
            rows.append({"at": note.created_at, "kind": "note", "text": note.text, "source": str(note.author or "")})
    rows.sort(key=lambda row: row["at"], reverse=True)
    zone = business().time_zone
    return render(request, "people/timeline.html", {"rows": rows, "zone": zone})


@require_GET
@needs(Capability.ERASE_PEOPLE)
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give everything about a person as one JSON file."""
    person = person_of(public_id)
    audit.record(request, "customer.access_exported", person.public_id)
    response = JsonResponse(
        access_export(person), json_dumps_params={"ensure_ascii": False, "indent": 1, "default": str}
    )
    response["Content-Disposition"] = f'attachment; filename="{person.public_id}.json"'
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@needs(Capability.ERASE_PEOPLE)
def erasures(request: HttpRequest) -> HttpResponse:
    """Show the record of erasures: what was removed, and that every total stayed."""
    return render(request, "people/erasures.html", {"erasures": Erasure.objects.all()[:200]})


def _title(person: Customer, *, sees: bool) -> str:
    return (sees and person.name) or person.lake_id or person.public_id


def _traits(people: list[Customer]) -> list[tuple[str, Any]]:
    found: dict[str, Any] = {}
    for one in reversed(people):
        found |= one.traits
    return sorted(found.items())


def _consents(person: Customer, numbers: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Return one row a channel and purpose: the last word, and whether a message may be sent now."""
    said, last = current_state(person), (numbers or {}).get("last_order_on")
    if not person.country and numbers:
        person.country = country_code(numbers["country"])  # for the verdict only: not saved
    rows = []
    for purpose in ASKED:
        for channel in Channel:
            word = said.get((purpose, channel))
            verdict = may_contact(person, channel, purpose, last_purchase_on=last)
            rows.append({
                "purpose": purpose, "channel": channel, "word": word, "verdict": verdict,
                "is_on": word is not None and word.status == ConsentStatus.GRANTED,
            })  # fmt: skip
    return rows


def _suggestions(people: list[Customer]) -> list[tuple[MergeEntry, Customer]]:
    keys = {one.pk for one in people}
    found = []
    for entry in MergeEntry.objects.filter(kind=MergeKind.SUGGESTED).filter(
        customer__in=people
    ) | MergeEntry.objects.filter(kind=MergeKind.SUGGESTED, other__in=people):
        other = survivor(entry.other if entry.customer_id in keys else entry.customer)
        if other.pk not in keys:
            found.append((entry, other))
    return found
