"""Finding customers by what staff know of them, and putting names beside figures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from keepwell.web.people import figures
from keepwell.web.people.identities import keyed_hash
from keepwell.web.people.models import CONTACT, Customer, Identity, IdentityKind

MOST_FOUND = 500
PART = 900  # parameters that SQLite takes in one statement


@dataclass(frozen=True)
class Wanted:
    """What a list is asked for.

    Args:
        text: part of a name or address, or an id; those who may not see people find by id alone.
        by_name: whether the reader may look people up by name and address.
        filters: value by name of `figures.FILTERS`.
        tag: name of a tag.
        owner: id of the account owner.
        sort: one of `figures.SORTS`, ``-`` before it for the largest first.
    """

    text: str = ""
    by_name: bool = False
    filters: Mapping[str, str] = field(default_factory=dict)
    tag: str = ""
    owner: str = ""
    sort: str = "-value"


def found(wanted: Wanted, start: int, most: int) -> figures.Figures:
    """Return one page of the list: figures with public_id and, for those who may, name and e-mail address."""
    chosen = _chosen(wanted)
    among = None if chosen is None else [one.lake_id for one in chosen if one.lake_id]
    page = figures.listed(wanted.filters, among=among, sort=wanted.sort, start=start, most=most)
    bare = [one for one in chosen or () if not any(wanted.filters.values())]
    rows, total = list(page.rows), page.total
    if bare:  # people without an order have no figures; they come last
        without = [one for one in bare if one.lake_id is None or one.lake_id not in figures.of([one.lake_id])]
        after = max(0, start - total)
        rows += [{"customer_id": one.lake_id, "of": one} for one in without[after : after + most - len(rows)]]
        total += len(without)
    return figures.Figures(_named(rows, by_name=wanted.by_name), total)


def everybody(wanted: Wanted, part: int = 2000) -> Iterator[Mapping[str, Any]]:
    """Yield every row of the list, for a file."""
    start = 0
    while rows := found(wanted, start, part).rows:
        yield from rows
        start += part


def _chosen(wanted: Wanted) -> list[Customer] | None:
    """Return who is asked for by text, tag or owner; ``None`` where everybody is."""
    people: QuerySet[Customer, Customer] = Customer.objects.all()
    if wanted.text:
        people = people.filter(_named_so(wanted.text, by_name=wanted.by_name))
    if wanted.tag:
        people = people.filter(tags__name=wanted.tag)
    if wanted.owner.isdecimal() and len(wanted.owner) < 10:
        people = people.filter(account_owner_id=int(wanted.owner))
    if not (wanted.text or wanted.tag or wanted.owner):
        return None
    return list(people.order_by("pk").distinct()[: MOST_FOUND if wanted.text else None])


def _named_so(text: str, *, by_name: bool) -> Q:
    said = Q(public_id=text) | Q(lake_id=text)
    if by_name:
        hashes = [keyed_hash(kind, text) for kind in IdentityKind.values]
        of_them = Identity.objects.filter(
            Q(keyed_hash__in=hashes) | Q(value__istartswith=text, kind__in=[*CONTACT, IdentityKind.EXTERNAL_ID])
        )
        said |= Q(name__icontains=text) | Q(pk__in=of_them.values("customer_id"))
    return said


def _named(rows: Collection[dict[str, Any]], *, by_name: bool) -> list[dict[str, Any]]:
    ids = [row["customer_id"] for row in rows if row["customer_id"]]
    people: dict[str | None, Customer] = {}
    for start in range(0, len(ids), PART):
        part = Customer.objects.filter(lake_id__in=ids[start : start + PART])
        people |= {one.lake_id: one for one in part}
    mails = _mails([*people.values(), *(row["of"] for row in rows if "of" in row)]) if by_name else {}
    named = []
    for row in rows:
        one = row.get("of") or people.get(row["customer_id"])
        shown = {"public_id": one.public_id if one else "", "name": "", "email": ""}
        if one and by_name:
            shown |= {"name": one.name, "email": mails.get(one.pk, "")}
        shown["label"] = shown["name"] or shown["email"] or row["customer_id"] or shown["public_id"]
        named.append({**{key: value for key, value in row.items() if key != "of"}, **shown})
    return named


def _mails(people: Collection[Customer]) -> dict[int, str]:
    keys, mails = [one.pk for one in people], {}
    for start in range(0, len(keys), PART):
        part = Identity.objects.filter(customer_id__in=keys[start : start + PART], kind=IdentityKind.EMAIL)
        for owner, value in part.values_list("customer_id", "value"):
            mails.setdefault(owner, value)
    return mails
