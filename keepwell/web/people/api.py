"""Customers for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponseBase
from ninja import Path, Query, Router, Schema

from keepwell.web.access import Capability
from keepwell.web.people.models import Customer
from keepwell.web.staff import audit
from keepwell.web.staff.bearer import guarded
from keepwell.web.table import csv_file

router = Router(tags=["Customers"])
ID = r"^c_[0-9a-f]{20}$"


class Identified(Schema):
    """One address, number or id of a customer."""

    kind: str
    value: str


class Listed(Schema):
    """A customer in a list."""

    id: str
    lake_id: str | None
    name: str
    country: str
    created_at: datetime
    updated_at: datetime


class Opened(Listed):
    """One customer."""

    traits: dict[str, Any]
    identities: list[Identified]


class Page(Schema):
    """Some customers; ``next`` is what to give as ``after`` for those that follow, if there are any."""

    items: list[Listed]
    next: str | None


def _listed(one: Customer) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "lake_id": one.lake_id,
        "name": one.name,
        "country": one.country,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
    }


def _there() -> Any:
    """Return the customers that stand for themselves: what was merged is found in what it was merged into."""
    return Customer.objects.filter(merged_into=None)


@router.get("/customers", response={200: Page}, **guarded(Capability.SEE_PEOPLE))
def customers(
    request: HttpRequest,
    after: str = Query("", pattern=r"^$|" + ID, description="The last id of the page before."),
    limit: int = Query(50, ge=1, le=200),
) -> Any:
    """List the customers, in the order of their ids."""
    found = list(_there().filter(public_id__gt=after).order_by("public_id")[: limit + 1])
    shown = found[:limit]
    return {"items": [_listed(one) for one in shown], "next": shown[-1].public_id if len(found) > limit else None}


@router.get("/customers/{customer_id}", response={200: Opened}, **guarded(Capability.SEE_PEOPLE))
def customer(request: HttpRequest, customer_id: str = Path(pattern=ID)) -> Any:
    """Open one customer; the id of one that was merged leads to the one it was merged into."""
    one = Customer.objects.select_related("merged_into").filter(public_id=customer_id).first()
    if one is None:
        raise Http404
    while one.merged_into is not None:
        one = one.merged_into
    known = [{"kind": each.kind, "value": each.value} for each in one.identities.all()]
    return {**_listed(one), "traits": one.traits, "identities": known}


@router.get("/exports/customers.csv", **guarded(Capability.EXPORT_PEOPLE))
def export_customers(request: HttpRequest) -> HttpResponseBase:
    """Give every customer as a CSV file."""
    with transaction.atomic():
        audit.record(f"key {request.auth.prefix}", "customers.exported")  # type: ignore[attr-defined]
    header = ["id", "lake_id", "name", "country", "created_at", "updated_at"]
    return csv_file("customers.csv", header, _rows(header))


def _rows(header: list[str]) -> Iterator[list[Any]]:
    for one in _there().order_by("public_id").iterator(chunk_size=2000):
        listed = _listed(one)
        yield [listed[name] for name in header]
