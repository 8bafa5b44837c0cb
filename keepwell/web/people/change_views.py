"""What staff change about a customer; every change is audited in its own transaction."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Capability, needs
from keepwell.web.people import consent, merging
from keepwell.web.people.erasing import ask_for_erasure
from keepwell.web.people.models import Channel, ConsentStatus, Customer, Note, Purpose, Tag
from keepwell.web.people.page_views import person_of
from keepwell.web.staff import audit
from keepwell.web.staff.models import Staff

MOST_TAGS = 20


def _back(person: Customer) -> HttpResponse:
    return redirect("people:customer", merging.survivor(person).public_id)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def add_note(request: HttpRequest, public_id: str) -> HttpResponse:
    """Write a note."""
    person, text = person_of(public_id), request.POST.get("text", "").strip()[:4000]
    if not text:
        raise InputError("note.empty", _("The note is empty."))
    with transaction.atomic():
        Note.objects.create(customer=person, author=request.user, text=text)
        audit.record(request, "customer.note_added", person.public_id)
    return _back(person)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def set_tags(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hang exactly these tags on a customer; words are parted by commas."""
    person = person_of(public_id)
    words = [word.strip()[:60] for word in request.POST.get("tags", "").split(",")]
    names = list(dict.fromkeys(word for word in words if word))[:MOST_TAGS]
    with transaction.atomic():
        tags = [Tag.objects.get_or_create(name=name)[0] for name in names]
        for one in merging.members(person):
            one.tags.set(tags if one.pk == person.pk else [])
        Tag.objects.filter(customers__isnull=True).delete()
        audit.record(request, "customer.tagged", person.public_id, {"tags": names})
    return _back(person)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def set_owner(request: HttpRequest, public_id: str) -> HttpResponse:
    """Say who of the staff looks after a customer."""
    person, wanted = person_of(public_id), request.POST.get("owner", "")
    is_number = wanted.isdecimal() and len(wanted) < 10
    owner = get_object_or_404(Staff, pk=int(wanted), is_active=True) if is_number else None
    with transaction.atomic():
        Customer.objects.filter(pk=person.pk).update(account_owner=owner)
        audit.record(request, "customer.owner_set", person.public_id, {"owner": owner.pk if owner else None})
    return _back(person)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def set_consent(request: HttpRequest, public_id: str) -> HttpResponse:
    """Write down what a customer told a member of staff."""
    person = person_of(public_id)
    purpose, channel = request.POST.get("purpose", ""), request.POST.get("channel", "")
    if purpose not in Purpose.values or channel not in Channel.values:
        raise InputError("consent.purpose", _("There is no such channel or purpose."))
    status = ConsentStatus.GRANTED if request.POST.get("is_on") == "on" else ConsentStatus.WITHDRAWN
    with transaction.atomic():
        consent.record(person, purpose, channel, status, method="staff", actor=request.user, source="desk")
        audit.record(
            request, "customer.consent_set", person.public_id,
            {"purpose": purpose, "channel": channel, "status": status.value},
        )  # fmt: skip
    return _back(person)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def merge(request: HttpRequest, public_id: str) -> HttpResponse:
    """Merge a customer with another, named by an id of either kind."""
    person, wanted = person_of(public_id), request.POST.get("other", "").strip()[:300]
    other = Customer.objects.filter(public_id=wanted).first() or Customer.objects.filter(lake_id=wanted).first()
    if other is None:
        raise InputError("customer.unknown", _("There is no customer with this id."))
    with transaction.atomic():
        entry = merging.merge(person, other, reason="staff", actor=request.user)
        if entry is None:
            raise InputError("merge.twice", _("These are one customer already."))
        audit.record(request, "customer.merged", person.public_id, {"other": other.public_id})
    messages.success(request, _("They are one customer now. You can take them apart again."))
    return _back(person)


@require_POST
@needs(Capability.EDIT_PEOPLE)
def unmerge(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a merged customer out again."""
    person = person_of(public_id)
    with transaction.atomic():
        entry = merging.unmerge(person, actor=request.user)
        audit.record(request, "customer.unmerged", person.public_id, {"other": entry.other.public_id})
    return _back(entry.other)


@require_POST
@needs(Capability.ERASE_PEOPLE)
def erase(request: HttpRequest, public_id: str) -> HttpResponse:
    """Erase a person, once their public id was typed in."""
    person = merging.survivor(person_of(public_id))
    if request.POST.get("typed", "").strip() != person.public_id:
        raise InputError("erase.typed", _("The id does not match. Nothing was erased."))
    ask_for_erasure(person, request)
    messages.success(request, _("The erasure is under way."))
    return redirect("people:erasures")
