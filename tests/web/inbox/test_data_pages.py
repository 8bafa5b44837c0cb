"""The pages of data: what came in, the event debugger, live sources, alarms."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.loop.arrivals import alarms, source_states
from keepwell.loop.ingest import ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.registry import recognise
from keepwell.vocabulary.business import Business
from keepwell.web.access import Role
from keepwell.web.data_folder import DataFolder
from keepwell.web.inbox import arrivals
from keepwell.web.inbox.models import EventState, InboxEvent, Kind, Source
from keepwell.web.inbox.upload_models import Delivery, DeliveryState, WebhookSecret
from keepwell.web.staff.models import AuditEntry
from keepwell.web.work.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """Give each test an empty data folder."""
    data = DataFolder.prepare(tmp_path / "data")
    monkeypatch.setattr(settings, "DATA", data)
    return data


@pytest.fixture
def site() -> Source:
    """Connect a site with one kept and one refused event."""
    made = Source.objects.create(name="site")
    who = "ann@example.com"
    for name, state, reason in (("Cart Viewed", "drained", ""), ("Order Completed", "refused", "missing customer")):
        InboxEvent.objects.create(
            source=made, message_id=name, body=json.dumps({"type": "track", "event": name, "userId": who}),
            received_at=timezone.now(), state=state, reason=reason,
        )  # fmt: skip
    return made


def test_an_empty_instance_says_what_to_do_next(signed_in: Callable[..., Client]) -> None:
    assert "Drop your shop's order export here" in signed_in().get("/data").content.decode()
    assert "Ask an owner or a marketer" in signed_in(Role.ANALYST).get("/data").content.decode()


def test_a_support_agent_does_not_open_data(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.AGENT)
    assert {client.get(page).status_code for page in ("/data", "/data/events", "/data/sources")} == {403}


def test_the_debugger_shows_refused_events_with_their_reason(signed_in: Callable[..., Client], site: Source) -> None:
    page = signed_in(Role.ANALYST).get("/data/events?state=refused").content.decode()
    assert "Order Completed" in page
    assert "missing customer" in page
    assert "Cart Viewed" not in page


def test_the_debugger_filters_by_name_and_source(signed_in: Callable[..., Client], site: Source) -> None:
    client = signed_in()
    rows = client.get("/data/events?name=cart&source=site").context["rows"]
    assert [row["name"] for row in rows] == ["Cart Viewed"]
    assert client.get("/data/events?source=other").context["rows"] == []


def test_a_poll_gets_the_table_alone(signed_in: Callable[..., Client], site: Source) -> None:
    headers = {"HX-Request": "true", "HX-Target": "events"}
    page = signed_in().get("/data/events", headers=headers).content.decode()
    assert page.lstrip().startswith('<div class="card" id="events"')


def test_the_body_of_an_event_is_for_those_who_may_see_people(signed_in: Callable[..., Client], site: Source) -> None:
    address = f"/data/events/event/{InboxEvent.objects.first().pk}"
    assert signed_in(Role.ANALYST).get(address).status_code == 403
    assert "ann@example.com" in signed_in(Role.MARKETER).get(address).content.decode()


def test_refused_events_are_tried_again_on_request_and_kept_ones_are_not(
    signed_in: Callable[..., Client], site: Source
) -> None:
    shop = Source.objects.create(name="shop", kind=Kind.WEBHOOK)
    Delivery.objects.create(source=shop, delivery_id="1", topic="orders/create", body=b"{}", state="refused")
    client = signed_in()
    assert client.get("/data/events/replay").status_code == 405
    assert client.post("/data/events/replay").status_code == 302
    assert InboxEvent.objects.get(message_id="Order Completed").state == EventState.WAITING
    assert InboxEvent.objects.get(message_id="Cart Viewed").state == EventState.DRAINED
    assert Delivery.objects.get().state == DeliveryState.WAITING
    assert set(Job.objects.values_list("name", flat=True)) == {"drain", "drain_webhooks"}
    assert AuditEntry.objects.filter(action="events.replayed").count() == 1


def test_one_event_is_tried_again_alone(signed_in: Callable[..., Client], site: Source) -> None:
    shop = Source.objects.create(name="shop", kind=Kind.WEBHOOK)
    delivery = Delivery.objects.create(source=shop, delivery_id="1", topic="orders/create", body=b"", state="refused")
    signed_in().post("/data/events/replay", {"kind": "delivery", "id": delivery.pk})
    assert InboxEvent.objects.filter(state=EventState.REFUSED).count() == 1
    assert Delivery.objects.get().state == DeliveryState.WAITING


def test_a_site_is_connected_with_a_snippet_and_its_key_replaced(signed_in: Callable[..., Client]) -> None:
    client = signed_in(Role.MARKETER)
    page = client.post("/data/sources", {"name": "My site", "sort": "tracking"})["Location"]
    key = Source.objects.get().write_key
    assert key in client.get(page).content.decode()
    client.post(f"{page}/key")
    assert Source.objects.get().write_key != key
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "source.created",
        "source.rotated",
    ]


def test_a_signing_secret_is_needed_and_never_shown_again(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    assert client.post("/data/sources", {"name": "Shop", "sort": "shopify"}).status_code == 200
    assert not Source.objects.exists()
    page = client.post("/data/sources", {"name": "Shop", "sort": "shopify", "secret": "shpss_0123456789"})["Location"]
    shown = client.get(page).content.decode()
    assert "/hooks/shopify/" in shown
    assert "shpss_0123456789" not in shown
    assert "shpss_0123456789" not in json.dumps(list(AuditEntry.objects.values("about", "detail")))
    new = {"secret": "another-secret"}
    client.post(f"{page}/secret", new)
    assert WebhookSecret.objects.filter(**new).count() == 1


def test_two_sources_cannot_have_one_name(signed_in: Callable[..., Client]) -> None:
    client = signed_in()
    client.post("/data/sources", {"name": "Shop", "sort": "tracking"})
    assert client.post("/data/sources", {"name": "Shop", "sort": "tracking"}).status_code == 200
    assert Source.objects.count() == 1


def test_an_alarm_stands_on_the_page_of_data(signed_in: Callable[..., Client]) -> None:
    alarm = {"source": "shop", "what": "orders", "day": "2024-03-01", "days": 1, "count": 3, "norm": 61.0}
    arrivals.store({"at": "2024-03-02T00:00:00+00:00", "sources": [], "alarms": [alarm]})
    page = signed_in().get("/data").content.decode()
    assert "orders from shop dropped" in page
    assert "61" in page


def test_orders_of_a_live_source_that_stop_are_found(tmp_path: Path) -> None:
    now = datetime(2024, 4, 1, 6, tzinfo=UTC)
    lake, business = Lake.create(tmp_path / "lake"), Business(currency="GBP", time_zone="Europe/London")
    lines = ["Order,Customer,Created,Net total"]
    for back in range(2, 60):  # nothing on the last complete day
        at = now - timedelta(days=back)
        lines += [f"{back}-{n},c{n}@example.com,{at:%Y-%m-%d} 12:{n:02d},5.00" for n in range(30)]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    context = ImportContext(business, lake.identity_key, now, source="shop")
    ingest(lake, path, recognise(path), context, business=business)
    (state,) = source_states(lake, datetime.now(UTC))
    assert (state.source, state.rows["orders"], state.is_live) == ("shop", 58 * 30, False)
    (alarm,) = alarms(lake, business, {"shop"}, now)
    assert (alarm.what, alarm.drop.count, alarm.drop.norm) == ("orders", 0, 30.0)
    assert alarms(lake, business, set(), now) == []
