"""Erasing a person: their identity goes, their facts stay under an id that leads to nobody, and a record proves it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.loop.customer_table import FILE, write_customer_table
from keepwell.loop.forgotten import GONE, release
from keepwell.observe.identity import customer_key
from keepwell.web.inbox.models import Delivery, InboxEvent
from keepwell.web.people.identities import keyed_hash
from keepwell.web.people.merging import members, survivor
from keepwell.web.people.models import Customer, Erasure, Identity, IdentityKind, Suppression
from keepwell.web.staff import audit
from keepwell.web.work.actions import enqueue
from keepwell.web.work.models import Job

ERASED = "erased"
LAKE_ID = "lake_id"
LEAST_TEXT = 3  # shorter ids stand in every message


@transaction.atomic
def ask_for_erasure(customer: Customer, request: Any) -> Job:
    """Write the wish down and have it done in the background; asking twice is asking once."""
    person = survivor(customer)
    wish, _is_new = Erasure.objects.get_or_create(public_id=person.public_id, defaults={"asked_by": request.user})
    audit.record(request, "customer.erasure_asked", person.public_id)
    return enqueue("erase", {"erasure": wish.pk}, key=person.public_id, asked_by=request.user)


def erase(wish: Erasure, tell: Any = None) -> Erasure:
    """Do what was asked for; doing it again after a crash finishes what is left.

    The suppression comes first and the person's rows last, so that whatever happens in between, a second run knows
    whom it is about.
    """
    say = tell or (lambda _stage, _fraction: None)
    customer = Customer.objects.filter(public_id=wish.public_id).first()
    if customer is None:
        return wish
    people = members(customer)
    identities = list(Identity.objects.filter(customer__in=people))
    lake_ids = [one.lake_id for one in people if one.lake_id]
    _suppress(identities, lake_ids)
    say("Replacing the customer's id in the facts", 0.1)
    _release(wish, lake_ids, identities)
    say("Removing messages", 0.7)
    _count(wish, "messages", _scrub_messages([identity.value for identity in identities]))
    _leave_mart(lake_ids)
    say("Removing the person", 0.9)
    with transaction.atomic():
        for name in ("identities", "trait_changes", "consent_events", "notes"):
            found = Customer.objects.filter(pk__in=[one.pk for one in people])
            _count(wish, name, found.aggregate(n=models.Count(name, distinct=True))["n"])
        _count(wish, "customers", len(people))
        Customer.objects.filter(pk__in=[one.pk for one in people]).delete()
        wish.done_at = timezone.now()
        wish.save()
        audit.record("worker", "customer.erased", wish.public_id, {"removed": wish.removed, "kept": wish.is_proven})
    return wish


def erase_again(limit: int = 100) -> int:
    """Erase those whose facts came back, by a restored backup or an old file; return how many people.

    Only what happened before they were erased is theirs to be forgotten: who buys again is a new customer.
    """
    gone = dict(Suppression.objects.filter(reason=ERASED).values_list("keyed_hash", "created_at"))
    lake = Lake.create(settings.DATA.root)
    if not gone or not lake.imports():
        return 0
    key, back = lake.identity_key, 0
    for lake_id in ids_in(lake):
        erased_at = None if lake_id.startswith(GONE) else gone.get(keyed_hash(LAKE_ID, lake_id, key))
        if erased_at is None:
            continue
        released = release(lake, [lake_id], before=erased_at)
        back += bool(released.rows)
        if back == limit:
            break
    return back


def ids_in(lake: Lake) -> list[str]:
    """Return every customer id in the lake, in order."""
    found: set[str] = set()
    with lake.snapshot() as facts:
        for table in facts.tables.values():
            if "customer_id" in table.columns:
                ids = table.select("customer_id").distinct().to_pyarrow()["customer_id"].to_pylist()
                found |= {each for each in ids if each is not None}
    return sorted(found)


def _suppress(identities: Iterable[Identity], lake_ids: Sequence[str]) -> None:
    hashes = [identity.keyed_hash for identity in identities]
    hashes += [keyed_hash(LAKE_ID, lake_id) for lake_id in lake_ids]
    for each in hashes:
        Suppression.objects.get_or_create(keyed_hash=each, channel="", reason=ERASED)


def _release(wish: Erasure, lake_ids: Sequence[str], identities: Sequence[Identity]) -> None:
    lake = Lake.create(settings.DATA.root)
    if not lake.imports():
        return
    key = lake.identity_key
    devices = [i.value for i in identities if i.kind in (IdentityKind.ANONYMOUS_ID, IdentityKind.DEVICE)]
    ids = [*lake_ids, *(customer_key(value, key) for value in devices)]
    released = release(lake, ids, [identity.value for identity in identities])
    for name, rows in released.rows.items():
        _count(wish, f"renamed_{name}", rows)
    _count(wish, "refused_rows", released.refused_rows)
    wish.totals_before = wish.totals_before or released.before
    wish.totals_after = released.after
    wish.save()


def _scrub_messages(values: Sequence[str]) -> int:
    """Empty the bodies of messages that name the person; those that wait are drained first and found by a later run."""
    emptied = 0
    for value in values:
        if len(value) < LEAST_TEXT:
            continue
        written = json.dumps(value, ensure_ascii=False)
        said = InboxEvent.objects.filter(body__icontains=written).exclude(state="waiting")
        emptied += said.update(body="{}")
        needle = value.lower().encode()
        quoted = written.lower().encode()
        for delivery in Delivery.objects.exclude(state="waiting").exclude(body=b"").iterator(200):
            text = bytes(delivery.body).lower()
            if quoted in text or (len(value) >= 2 * LEAST_TEXT and needle in text):
                emptied += Delivery.objects.filter(pk=delivery.pk).update(body=b"")
    return emptied


def _leave_mart(lake_ids: Sequence[str]) -> None:
    path = settings.DATA.marts / FILE
    if lake_ids and path.exists():
        table = pq.read_table(path)
        kept = table.filter(pc.invert(pc.is_in(table["customer_id"], pa.array(list(lake_ids), pa.string()))))
        write_customer_table(kept, settings.DATA.marts)


def _count(wish: Erasure, name: str, rows: int) -> None:
    wish.removed = {**wish.removed, name: wish.removed.get(name, 0) + rows}
