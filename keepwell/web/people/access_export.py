"""Everything about one person in one file that a machine can read."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.loop.timeline import facts_about
from keepwell.web.inbox.models import InboxEvent
from keepwell.web.people.figures import figures_of
from keepwell.web.people.merging import members
from keepwell.web.people.models import (
    ConsentEvent,
    Customer,
    Identity,
    MergeEntry,
    Note,
    Suppression,
    Tag,
    TraitChange,
)

FORMAT = "keepwell-access-export"
INNER = ("id", "customer_id", "keyed_hash", "actor_id", "author_id")


def access_export(customer: Customer) -> dict[str, Any]:
    """Return what is held about a person, of whichever customers were merged into them.

    Returns:
        An object that JSON can hold once moments and decimals are written as text: customers, identities, traits with
        history, consent, merges, tags, notes, suppressions, figures worked out, facts by table, and messages.

    """
    people = members(customer)
    identities = Identity.objects.filter(customer__in=people)
    lake_ids = [one.lake_id for one in people if one.lake_id]
    facts: dict[str, list[dict[str, Any]]] = {}
    if Lake.create(settings.DATA.root).imports():
        for table, row in facts_about(settings.DATA.root, lake_ids):
            facts.setdefault(table, []).append(row)
    return {
        "format": FORMAT,
        "version": 1,
        "made_at": timezone.now(),
        "id": people[0].public_id,
        "customers": [_customer(one) for one in people],
        "identities": _rows(identities),
        "trait_history": _rows(TraitChange.objects.filter(customer__in=people)),
        "consent": _rows(ConsentEvent.objects.filter(customer__in=people)),
        "merges": _merges(people),
        "tags": list(Tag.objects.filter(customers__in=people).distinct().values_list("name", flat=True)),
        "notes": _rows(Note.objects.filter(customer__in=people)),
        "suppressions": _rows(Suppression.objects.filter(keyed_hash__in=identities.values("keyed_hash"))),
        "figures": [figures for one in lake_ids if (figures := figures_of([one]))],
        "facts": facts,
        "messages": _messages([identity.value for identity in identities]),
    }


def _rows(found: QuerySet[Any, Any]) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in INNER} for row in found.values()]


def _customer(one: Model) -> dict[str, Any]:
    names = ("public_id", "lake_id", "name", "country", "time_zone", "language", "traits", "objects_to_profiling",
             "created_at", "updated_at")  # fmt: skip
    return {name: getattr(one, name) for name in names}


def _merges(people: list[Customer]) -> list[dict[str, Any]]:
    entries = MergeEntry.objects.filter(customer__in=people).select_related("customer", "other")
    return [
        {"kind": e.kind, "customer": e.customer.public_id, "other": e.other.public_id, "reason": e.reason, "at": e.at}
        for e in entries
    ]


def _messages(values: list[str]) -> list[str]:
    found: dict[int, str] = {}
    for value in values:
        if len(value) > 2:  # shorter ids stand in every message
            said = InboxEvent.objects.filter(body__icontains=f'"{value}"')
            found |= dict(said.values_list("pk", "body"))
    return [found[key] for key in sorted(found)]
