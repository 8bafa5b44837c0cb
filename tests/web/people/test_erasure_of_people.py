"""Who asked to be erased is found nowhere any more, and no total has moved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.test import RequestFactory

from keepwell.lake.lake import Lake
from keepwell.loop import library
from keepwell.loop.facts import open_facts
from keepwell.loop.timeline import timeline
from keepwell.observe.identity import customer_key
from keepwell.web.access import Role
from keepwell.web.inbox.models import InboxEvent
from keepwell.web.people import consent, erasing
from keepwell.web.people.access_export import access_export
from keepwell.web.people.identities import find, identity_key, is_erased
from keepwell.web.people.messages import read_messages
from keepwell.web.people.models import Customer, Erasure, Identity, Note, Suppression, Tag
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job
from tests.web.people.conftest import bring, orders

ANN = {
    "type": "identify",
    "userId": "ann@example.com",
    "anonymousId": "browser-of-ann",
    "traits": {"name": "Ann Secretperson", "phone": "+48 600 100 200"},
}


@pytest.fixture
def ann(shop: Lake, message) -> Customer:
    message(ANN)
    assert read_messages() == 1
    found = find("external_id", "ann@example.com")
    Note.objects.create(customer=found, text="likes tea")
    Tag.objects.create(name="tea").customers.add(found)
    consent.record(found, "marketing", "email", "granted", method="test")
    return found


def ask(customer: Customer, staff) -> Erasure:
    request = RequestFactory().post("/")
    request.user = staff(Role.OWNER)
    job = erasing.ask_for_erasure(customer, request)
    assert Job.objects.filter(name="erase").count() == 1
    return erasing.erase(Erasure.objects.get(pk=job.arguments["erasure"]))


def kpis(lake: Lake) -> dict[str, float]:
    with open_facts(lake.paths.root) as opened:
        table = library.kpis(opened.facts)
    return {row.key: row.value for row in table.itertuples() if row.value is not None}


def held(root: Path) -> bytes:
    """Return every byte of the data folder."""
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_a_message_is_read_once(ann: Customer):
    assert read_messages() == 0
    assert (ann.name, ann.lake_id) == ("Ann Secretperson", customer_key("ann@example.com", identity_key()))


def test_every_kpi_stays_as_it_was(ann: Customer, shop: Lake, staff):
    before = kpis(shop)
    assert len(before) > 5
    wish = ask(ann, staff)
    assert kpis(shop) == pytest.approx(before, nan_ok=True)
    assert wish.is_proven
    assert wish.removed["renamed_orders"] == 4


def test_nothing_in_the_data_folder_names_the_person(ann: Customer, shop: Lake, staff):
    lake_id = ann.lake_id
    assert lake_id.encode() in held(shop.paths.lake) or timeline(shop.paths.root, [lake_id])
    ask(ann, staff)
    assert not timeline(shop.paths.root, [lake_id])
    assert lake_id not in erasing.ids_in(shop)
    assert b"ann@example.com" not in held(shop.paths.refused)


def test_identities_notes_consent_and_messages_are_gone(ann: Customer, staff):
    ask(ann, staff)
    assert not Identity.objects.exists()
    assert not Note.objects.exists()
    assert not Customer.objects.filter(public_id=ann.public_id).exists()
    assert [row.body for row in InboxEvent.objects.all()] == ["{}"]
    assert is_erased("external_id", "ann@example.com")
    assert "ann" not in json.dumps(list(Suppression.objects.values("keyed_hash", "reason")))


def test_the_erasure_is_audited_without_saying_who_it_was(ann: Customer, staff):
    wish = ask(ann, staff)
    entries = AuditEntry.objects.filter(action__startswith="customer.eras")
    assert sorted(entry.action for entry in entries) == ["customer.erased", "customer.erasure_asked"]
    assert "ann@" not in str(list(entries.values()))
    assert wish.asked_by.role == Role.OWNER


def test_erasing_twice_changes_nothing_more(ann: Customer, staff):
    wish = ask(ann, staff)
    removed = dict(wish.removed)
    assert erasing.erase(wish).removed == removed


def test_a_file_that_brings_the_person_back_is_erased_again(ann: Customer, shop: Lake, staff):
    lake_id = ann.lake_id
    ask(ann, staff)
    later = orders().splitlines()[0] + "\nnew1,ann@example.com,2023-04-01,5,GBP,Poland\n"
    bring(shop.paths.root, later, "again.csv")
    assert lake_id in erasing.ids_in(shop)
    assert erasing.erase_again() == 1
    assert lake_id not in erasing.ids_in(shop)
    assert erasing.erase_again() == 0


def test_the_access_export_holds_everything(ann: Customer):
    found = json.loads(json.dumps(access_export(ann), default=str))
    assert found["customers"][0]["name"] == "Ann Secretperson"
    assert len(found["facts"]["orders"]) == 4
    assert {identity["value"] for identity in found["identities"]} == {
        "ann@example.com", "browser-of-ann", "+48 600 100 200",
    }  # fmt: skip
    assert [found["notes"][0]["text"], found["tags"], found["consent"][0]["status"]] == [
        "likes tea",
        ["tea"],
        "granted",
    ]
    assert "browser-of-ann" in found["messages"][0]
