"""The API: keys with scopes, errors of one form, and no way in without."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keepwell.web.access import Capability
from keepwell.web.people.models import Customer
from keepwell.web.staff import bearer, keys
from keepwell.web.staff.models import ApiKey

pytestmark = pytest.mark.django_db


def program(*scopes: Capability) -> Client:
    _key, text = keys.make_key("test", scopes, None)
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("address", ["kpis", "segments", "decision", "customers", "exports/customers.csv", "facts"])
def test_nothing_is_answered_without_a_key(address, client):
    answer = client.post("/api/facts") if address == "facts" else client.get(f"/api/{address}")
    assert answer.status_code == 401
    assert set(answer.json()) == {"code", "message", "advice"}


def test_a_session_is_no_key(signed_in):
    assert signed_in().get("/api/customers").status_code == 401


def test_a_key_does_only_what_its_scopes_say():
    analyst = program(Capability.SEE_ANALYSIS)
    assert analyst.get("/api/customers").status_code == 403
    assert analyst.get("/api/customers").json()["code"] == "key.scope"
    assert analyst.get("/api/kpis").status_code == 404
    assert analyst.get("/api/kpis").json()["code"] == "facts.missing"


@pytest.mark.parametrize("change", [{"revoked_at": -1}, {"expires_at": -1}])
def test_a_key_that_has_ended_is_none(change):
    client = program(Capability.SEE_PEOPLE)
    ApiKey.objects.update(**{name: timezone.now() + timedelta(days=days) for name, days in change.items()})
    assert client.get("/api/customers").status_code == 401


def test_the_text_of_a_key_is_not_kept():
    _key, text = keys.make_key("test", [Capability.SEE_PEOPLE], None)
    row = ApiKey.objects.values().get()
    assert text.rpartition("_")[2] not in str(row)


def test_the_last_use_of_a_key_is_noted():
    program(Capability.SEE_PEOPLE).get("/api/customers")
    assert ApiKey.objects.get().last_used_at is not None


def test_customers_come_page_by_page_and_each_once():
    made = {Customer.objects.create(name=f"C{number}").public_id for number in range(7)}
    client, seen, after = program(Capability.SEE_PEOPLE), [], ""
    while after is not None:
        page = client.get("/api/customers", {"limit": 3, "after": after}).json()
        seen += [one["id"] for one in page["items"]]
        after = page["next"]
    assert len(seen) == 7
    assert set(seen) == made


def test_a_merged_customer_leads_to_the_one_that_stays():
    stays = Customer.objects.create(name="Ann")
    gone = Customer.objects.create(name="ann", merged_into=stays)
    opened = program(Capability.SEE_PEOPLE).get(f"/api/customers/{gone.public_id}").json()
    assert opened["id"] == stays.public_id


def test_an_exported_name_cannot_act_as_a_formula():
    Customer.objects.create(name="=cmd()")
    answer = program(Capability.EXPORT_PEOPLE).get("/api/exports/customers.csv")
    written = b"".join(answer.streaming_content).decode()
    assert "'=cmd()" in written
    assert ",=cmd()" not in written


def test_a_fact_told_twice_is_kept_once():
    from keepwell.web.inbox.models import InboxEvent

    client = program(Capability.BRING_FACTS)
    message = {"type": "track", "event": "Signed Up", "userId": "u1", "messageId": "m-1"}
    for _ in range(2):
        answer = client.post("/api/facts", {"messages": [message]}, content_type="application/json")
        assert answer.json() == {"kept": 1, "refused": {}}
    assert InboxEvent.objects.count() == 1


def test_a_key_is_slowed_down(monkeypatch):
    monkeypatch.setattr(bearer, "MOST_OF_KEY", 2)
    client = program(Capability.SEE_PEOPLE)
    statuses = [client.get("/api/customers").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(
    ("method", "address", "body", "status"),
    [
        ("get", "/api/customers?limit=0", "", 422),
        ("get", "/api/customers?after=%00", "", 422),
        ("get", "/api/customers/c_%00", "", 422),
        ("get", "/api/kpis?period=never", "", 400),
        ("delete", "/api/customers", "", 405),
        ("get", "/api/nothing", "", 404),
        ("post", "/api/facts", "{", 400),
        ("post", "/api/facts", '{"messages": []}', 422),
    ],
)
def test_every_error_has_the_same_form(method, address, body, status):
    client = program(*Capability)
    answer = getattr(client, method)(address, **({"data": body, "content_type": "application/json"} if body else {}))
    assert answer.status_code == status
    assert set(answer.json()) == {"code", "message", "advice"}


def test_the_document_is_read_without_scripts_of_others(signed_in):
    page = signed_in().get("/api/docs").content.decode()
    assert "/api/decision" in page
    assert "https://cdn" not in page


def test_health_tells_nothing_and_metrics_need_a_key(client, signed_in):
    assert client.get("/healthz").content == b"ok\n"
    assert client.get("/metrics").status_code == 401
    assert program(Capability.SEE_ANALYSIS).get("/metrics").status_code == 401
    assert b"keepwell_jobs_unfinished 0.0" in program(Capability.SEE_AUDIT).get("/metrics").content
    assert signed_in().get("/metrics").status_code == 200


def test_figures_are_given_with_the_time_they_were_made(monkeypatch):
    from keepwell.web.desk import marts

    now = timezone.now()
    monkeypatch.setattr(marts, "read", lambda name, **_given: marts.Reading({"mart": name}, now, is_stale=True))
    given = program(Capability.SEE_ANALYSIS).get("/api/decision").json()
    assert (given["data"], given["is_stale"]) == ({"mart": "answer"}, True)
    monkeypatch.setattr(marts, "read", lambda _name, **_given: marts.Reading(None, is_stale=True, job=object()))
    waiting = program(Capability.SEE_ANALYSIS).get("/api/decision")
    assert (waiting.status_code, waiting.json()["code"]) == (202, "figures.computing")
