"""The pages of customers: found, filtered, changed, and shown to each role only as far as it goes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from django.urls import reverse

from keepwell.lake.lake import Lake
from keepwell.loop.customer_table import SCHEMA, write_customer_table
from keepwell.web.access import Role
from keepwell.web.people import erasing, figures
from keepwell.web.people.identities import bring_in, find, identify
from keepwell.web.people.models import ConsentEvent, Customer, Note, SavedView, Tag
from keepwell.web.people.preferences import address_of
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job

ANN = {
    "type": "identify", "userId": "ann@example.com",
    "traits": {"name": "Ann Secretperson", "phone": "+48 600 100 200", "country": "PL"},
}  # fmt: skip


def row(customer_id: str, number: int) -> dict[str, object]:
    found: dict[str, object] = dict.fromkeys(SCHEMA.names)
    return found | {
        "customer_id": customer_id, "orders": number, "revenue": Decimal(number), "value": float(number),
        "value_low": number / 2, "value_high": number * 2.0, "segment": "Champions" if number % 2 else "At risk",
        "risk": ["low", "very high"][number % 2], "last_order_on": date(2023, 1, 1 + number % 28), "country": "Poland",
        "no_order_probability": 0.5, "reasons": "Silent for long.", "p_alive": 0.7, "r": 1, "f": 2, "m": 3,
    }  # fmt: skip


@pytest.fixture
def ann(shop: Lake) -> Customer:
    identify(ANN)
    ids = erasing.ids_in(shop)
    bring_in(ids)
    table = pa.Table.from_pylist([row(each, number) for number, each in enumerate(ids)], schema=SCHEMA)
    write_customer_table(table, shop.paths.root / "marts")
    return find("external_id", "ann@example.com")


def page(client, **query: str) -> str:
    response = client.get(
        "/customers", {f"customers-{k}" if k in ("q", "sort", "page") else k: v for k, v in query.items()}
    )
    assert response.status_code == 200
    return response.content.decode()


def test_customers_are_found_by_name_address_and_id(ann: Customer, signed_in):
    client = signed_in(Role.MARKETER)
    for text in ("secret", "ANN@example.com", "+48600100200", ann.public_id, ann.lake_id):
        found = page(client, q=text)
        assert "1 customer<" in found, text
        assert "Ann Secretperson" in found


def test_an_analyst_sees_no_names_and_finds_nobody_by_them(ann: Customer, signed_in):
    client = signed_in(Role.ANALYST)
    for text in ("secret", "ann@example.com", "+48600100200"):
        assert "0 customers<" in page(client, q=text)
    assert "30 customers<" in page(client)
    for address in ("people:customer", "people:timeline"):
        body = client.get(reverse(address, args=[ann.public_id])).content.decode()
        for secret in ("Secretperson", "ann@example.com", "600 100 200"):
            assert secret not in body
    assert client.get("/customers", {"customers-format": "csv"}).status_code == 403


def test_filters_and_sorts_are_kept_by_a_saved_view(ann: Customer, signed_in):
    client = signed_in(Role.MARKETER)
    assert "15 customers<" in page(client, segment="Champions")
    assert "15 customers<" in page(client, risk="low")
    query = "segment=Champions&customers-sort=orders"
    client.post("/customers/views", {"name": "Best", "query": query, "is_shared": "on"})
    view = SavedView.objects.get()
    assert view.is_shared
    body = page(client)
    assert "Best" in body
    client.post(reverse("people:remove-view", args=[view.pk]))
    assert not SavedView.objects.exists()


def test_sorting_puts_what_is_not_known_last(ann: Customer):
    values = [each["orders"] for each in figures.listed({}, sort="orders", most=100).rows]
    assert values == sorted(values)
    assert figures.listed({}, sort="-next_order_on", start=28).rows


def test_the_file_of_customers_holds_no_formula(ann: Customer, signed_in):
    Customer.objects.filter(pk=ann.pk).update(name="=HYPERLINK(1)")
    response = signed_in(Role.MARKETER).get("/customers", {"customers-format": "csv"})
    text = b"".join(response.streaming_content).decode()
    assert "'=HYPERLINK(1)" in text
    assert len(text.splitlines()) == 31
    assert AuditEntry.objects.filter(action="customers.exported").exists()


def test_a_name_from_outside_is_text_on_the_page(ann: Customer, signed_in):
    Customer.objects.filter(pk=ann.pk).update(name="<script>alert(1)</script>")
    client = signed_in()
    assert "<script>alert" not in page(client)
    assert "<script>alert" not in client.get(reverse("people:customer", args=[ann.public_id])).content.decode()


def test_the_page_shows_value_risk_and_what_happened(ann: Customer, signed_in):
    client = signed_in(Role.AGENT)
    body = client.get(reverse("people:customer", args=[ann.public_id])).content.decode()
    assert "Silent for long." in body
    assert "Ann Secretperson" in body
    happened = client.get(reverse("people:timeline", args=[ann.public_id])).content.decode()
    assert happened.count("Order o7-") == 4


def test_notes_tags_owner_and_consent_are_changed_and_audited(ann: Customer, signed_in, staff):
    client, other = signed_in(Role.AGENT), staff(Role.OWNER)
    ids = [ann.public_id]
    client.post(reverse("people:add-note", args=ids), {"text": "likes tea"})
    client.post(reverse("people:set-tags", args=ids), {"tags": "tea, big , tea"})
    client.post(reverse("people:set-owner", args=ids), {"owner": other.pk})
    client.post(reverse("people:set-consent", args=ids), {"purpose": "marketing", "channel": "email", "is_on": "on"})
    ann.refresh_from_db()
    assert Note.objects.get().text == "likes tea"
    assert [tag.name for tag in ann.tags.all()] == ["big", "tea"]
    assert ann.account_owner == other
    assert ConsentEvent.objects.get().status == "granted"
    assert AuditEntry.objects.filter(about=ann.public_id).count() == 4
    assert "1 customer<" in page(client, tag="tea")
    client.post(reverse("people:set-tags", args=ids), {"tags": ""})
    assert not Tag.objects.exists()


def test_merged_customers_share_one_page_until_taken_apart(ann: Customer, signed_in):
    client = signed_in(Role.MARKETER)
    client.post(reverse("people:merge", args=[ann.public_id]), {"other": "101"})
    goes = Customer.objects.exclude(merged_into=None).get()
    assert client.get(reverse("people:customer", args=[goes.public_id])).status_code == 302
    happened = client.get(reverse("people:timeline", args=[goes.public_id])).content.decode()
    assert happened.count("Order o7-") == 4
    assert happened.count("Order o1-") == 2
    client.post(reverse("people:unmerge", args=[goes.public_id]))
    assert not Customer.objects.exclude(merged_into=None).exists()


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST, Role.AGENT])
def test_only_owners_erase_and_export(ann: Customer, signed_in, role: Role):
    client = signed_in(role)
    assert client.get(reverse("people:export", args=[ann.public_id])).status_code == 403
    assert client.post(reverse("people:erase", args=[ann.public_id]), {"typed": ann.public_id}).status_code == 403
    assert client.get(reverse("people:erasures")).status_code == 403


def test_an_erasure_asks_for_the_id_to_be_typed(ann: Customer, signed_in):
    client = signed_in()
    assert client.post(reverse("people:erase", args=[ann.public_id]), {"typed": "yes"}).status_code in (400, 422)
    assert not Job.objects.exists()
    assert client.post(reverse("people:erase", args=[ann.public_id]), {"typed": ann.public_id}).status_code == 302
    erasing.erase(erasing.Erasure.objects.get(pk=Job.objects.get().arguments["erasure"]))
    assert "the same" in client.get(reverse("people:erasures")).content.decode()
    assert client.get(reverse("people:customer", args=[ann.public_id])).status_code == 404


def test_the_export_is_one_file(ann: Customer, signed_in):
    response = signed_in().get(reverse("people:export", args=[ann.public_id]))
    assert json.loads(response.content)["customers"][0]["name"] == "Ann Secretperson"
    assert "attachment" in response["Content-Disposition"]


def test_a_person_changes_their_own_preferences_without_an_account(ann: Customer, client):
    address = address_of(ann)
    assert b"Secretperson" not in client.get(address).content
    client.post(address, {"marketing-email": "on"})
    assert [(e.channel, e.status, e.method) for e in ConsentEvent.objects.all()] == [
        ("email", "granted", "preferences")
    ]
    assert ConsentEvent.objects.get().notice_hash
    client.post(address, {"all": "none"})
    assert ConsentEvent.objects.filter(channel="email", purpose="marketing").last().status == "withdrawn"


def test_a_forged_token_opens_nothing_and_guessing_is_slowed_down(ann: Customer, client):
    codes = [client.get(f"/preferences/guess{n}", REMOTE_ADDR="192.0.2.9").status_code for n in range(32)]
    assert codes[0] == 404
    assert codes[-1] == 429


def test_nothing_is_changed_by_opening_an_address(ann: Customer, signed_in):
    client = signed_in()
    for name in ("add-note", "set-tags", "set-owner", "set-consent", "merge", "unmerge", "erase"):
        assert client.get(reverse(f"people:{name}", args=[ann.public_id])).status_code == 405


def test_a_list_without_anybody_says_what_to_do(signed_in, settings, tmp_path):
    from keepwell.web.data_folder import DataFolder

    settings.DATA = DataFolder.prepare(tmp_path / "new")
    assert "There are no customers yet" in page(signed_in())
