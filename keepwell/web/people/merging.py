"""Merging customers who are one person, so that taking them apart gives back exactly what was.

Nothing is moved: the one that goes points to the one that stays, and whoever asks about a person reads all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from keepwell.vocabulary.errors import InputError
from keepwell.web.people.models import Customer, MergeEntry, MergeKind


def survivor(customer: Customer) -> Customer:
    """Return the customer that stands for the whole person."""
    while customer.merged_into is not None:
        customer = customer.merged_into
    return customer


def members(customer: Customer) -> list[Customer]:
    """Return every customer that is this person, the one that stands for them first."""
    found = [survivor(customer)]
    for one in found:
        found.extend(Customer.objects.filter(merged_into=one).order_by("pk"))
    return found


def order(one: Customer, other: Customer) -> tuple[Customer, Customer]:
    """Return which goes and which stays: known to the lake before unknown, then the older, then the smaller number.

    Whichever way round they are named, the answer is the same.
    """
    stays, goes = sorted((one, other), key=lambda each: (each.lake_id is None, each.created_at, each.pk))
    return goes, stays


@transaction.atomic
def merge(
    one: Customer, other: Customer, *, reason: str = "", actor: Any = None, at: datetime | None = None
) -> MergeEntry | None:
    """Merge two people; ``None`` when they are one already."""
    goes, stays = order(survivor(one), survivor(other))
    if goes.pk == stays.pk:
        return None
    Customer.objects.filter(pk=goes.pk).update(merged_into=stays)
    goes.merged_into = stays
    return _write(MergeKind.MERGED, goes, stays, reason, actor, at)


@transaction.atomic
def unmerge(customer: Customer, *, actor: Any = None) -> MergeEntry:
    """Take a merged customer out again, with all that was merged into them before.

    Raises:
        InputError: the customer is not merged into anybody.

    """
    stays = customer.merged_into
    if stays is None:
        raise InputError("merge.conflict", "This customer is not merged into another.", value=customer.public_id)
    Customer.objects.filter(pk=customer.pk).update(merged_into=None)
    customer.merged_into = None
    return _write(MergeKind.UNMERGED, customer, stays, "", actor, None)


def suggest(one: Customer, other: Customer, *, reason: str, at: datetime | None = None) -> MergeEntry | None:
    """Write down once that two customers may be one person."""
    goes, stays = order(survivor(one), survivor(other))
    if MergeEntry.objects.filter(customer=goes, other=stays, kind=MergeKind.SUGGESTED).exists():
        return None
    return _write(MergeKind.SUGGESTED, goes, stays, reason, None, at)


def _write(kind: str, goes: Customer, stays: Customer, reason: str, actor: Any, at: datetime | None) -> MergeEntry:
    return MergeEntry.objects.create(
        kind=kind, customer=goes, other=stays, reason=reason, actor=actor, at=at or timezone.now()
    )
