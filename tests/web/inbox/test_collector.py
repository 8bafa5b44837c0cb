"""The tracking API: what is kept, what is refused with which answer, and what a client is told."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from keepwell.web.inbox import actions, bodies
from keepwell.web.inbox.collector import Collector
from keepwell.web.inbox.models import EventState, InboxEvent, Source
from keepwell.web.inbox.writer import Writer
from keepwell.web.work.models import Job

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESSES = [
    ("identify", {"userId": "7", "traits": {"plan": "pro"}}, "identify"),
    ("track", {"userId": "7", "event": "Cart Viewed"}, "track"),
    ("page", {"anonymousId": "a", "name": "Home"}, "page"),
    ("screen", {"userId": "7"}, "screen"),
    ("group", {"userId": "7", "groupId": "g"}, "group"),
    ("alias", {"userId": "7", "previousId": "a"}, "alias"),
    ("i", {"userId": "7"}, "identify"),
    ("t", {"userId": "7", "event": "Cart Viewed"}, "track"),
    ("p", {"anonymousId": "a"}, "page"),
    ("s", {"anonymousId": "a"}, "screen"),
    ("g", {"userId": "7", "groupId": "g"}, "group"),
    ("a", {"userId": "7", "previousId": "a"}, "alias"),
]


@pytest.fixture
def source() -> Source:
    return actions.add_source("shop")


@pytest.fixture
def client() -> Iterator[TestClient]:
    collector = Collector()
    routes = [Mount("/v1", app=collector.app)]
    with TestClient(Starlette(routes=routes, lifespan=collector.lifespan)) as opened:
        yield opened


def basic(key: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def track(number: int, **more: Any) -> dict[str, Any]:
    return {"type": "track", "userId": "7", "event": "Cart Viewed", "messageId": f"m{number}", **more}


@pytest.mark.parametrize(("address", "message", "kind"), ADDRESSES)
def test_every_address_keeps_its_kind_of_message(
    client: TestClient, source: Source, address: str, message: dict[str, Any], kind: str
) -> None:
    answer = client.post(f"/v1/{address}", json=message, headers=basic(source.write_key))
    assert (answer.status_code, answer.json()) == (200, {"success": True})
    kept = InboxEvent.objects.get()
    assert json.loads(kept.body)["type"] == kind
    assert (kept.source, kept.state) == (source, EventState.WAITING)


@pytest.mark.parametrize("address", ["batch", "import", "b"])
def test_a_batch_is_kept_with_its_write_key_in_the_body(client: TestClient, source: Source, address: str) -> None:
    body = {"batch": [track(1), track(2)], "writeKey": source.write_key}
    assert client.post(f"/v1/{address}", json=body).json() == {"success": True}
    assert list(InboxEvent.objects.values_list("message_id", flat=True)) == ["m1", "m2"]
    assert all("writeKey" not in event.body for event in InboxEvent.objects.all())


def test_a_message_sent_twice_is_kept_once(client: TestClient, source: Source) -> None:
    for _ in range(2):
        client.post("/v1/batch", json={"batch": [track(1), track(1)]}, headers=basic(source.write_key))
    assert InboxEvent.objects.count() == 1


def test_two_sources_may_use_the_same_message_id(client: TestClient, source: Source) -> None:
    other = actions.add_source("other shop")
    for key in (source.write_key, other.write_key):
        client.post("/v1/track", json=track(1), headers=basic(key))
    assert InboxEvent.objects.filter(message_id="m1").count() == 2


def test_a_message_without_an_id_gets_one_of_its_own_each_time(client: TestClient, source: Source) -> None:
    message = {"userId": "7", "event": "Cart Viewed"}
    for _ in range(2):
        client.post("/v1/track", json=message, headers=basic(source.write_key))
    ids = [json.loads(event.body)["messageId"] for event in InboxEvent.objects.all()]
    assert sorted(ids) == sorted(InboxEvent.objects.values_list("message_id", flat=True))
    assert len(set(ids)) == 2


def test_bad_messages_are_refused_by_index_and_kept_while_the_rest_counts(client: TestClient, source: Source) -> None:
    batch = [track(1), "nonsense", {"type": "track", "userId": "7"}, track(2, properties={"x": "y" * 40_000}), track(3)]
    answer = client.post("/v1/batch", json={"batch": batch}, headers=basic(source.write_key))
    assert answer.status_code == 200
    assert answer.json()["success"] is True
    assert [refused["index"] for refused in answer.json()["refused"]] == [1, 2, 3]
    waiting = InboxEvent.objects.filter(state=EventState.WAITING)
    assert list(waiting.values_list("message_id", flat=True)) == ["m1", "m3"]
    reasons = set(InboxEvent.objects.filter(state=EventState.REFUSED).values_list("reason", flat=True))
    assert reasons == {"not an object", "event is missing", f"{_length(batch[3]):,} bytes: at most 32,768"}


def _length(message: Any) -> int:
    return len(json.dumps(message, separators=(",", ":")).encode())


def test_nan_costs_only_its_own_message(client: TestClient, source: Source) -> None:
    body = json.dumps({"batch": [track(1), track(2, properties={"value": float("nan")})]})
    answer = client.post("/v1/batch", content=body, headers=basic(source.write_key))
    assert [refused["index"] for refused in answer.json()["refused"]] == [1]
    assert InboxEvent.objects.get(state=EventState.WAITING).message_id == "m1"


def test_a_refused_single_message_is_answered_with_the_reason_and_kept(client: TestClient, source: Source) -> None:
    for _ in range(2):  # the same once more is not kept twice
        answer = client.post("/v1/track", json={"event": "Cart Viewed"}, headers=basic(source.write_key))
        assert (answer.status_code, answer.json()["code"]) == (400, "message.refused")
    assert InboxEvent.objects.get().reason == "userId and anonymousId are missing"


def test_a_mended_message_is_kept_although_it_was_refused_before(client: TestClient, source: Source) -> None:
    broken = {"messageId": "m1", "event": "Cart Viewed"}
    client.post("/v1/track", json=broken, headers=basic(source.write_key))
    client.post("/v1/track", json={**broken, "userId": "7"}, headers=basic(source.write_key))
    assert InboxEvent.objects.get(state=EventState.WAITING).message_id == "m1"


@pytest.mark.parametrize("key", ["", "wrong", "wröng"])
def test_an_unknown_write_key_keeps_nothing(client: TestClient, source: Source, key: str) -> None:
    answer = client.post("/v1/track", json=track(1), headers=basic(key))
    assert (answer.status_code, answer.json()["code"]) == (401, "write_key")
    assert not InboxEvent.objects.exists()


def test_a_source_that_was_switched_off_is_not_heard(client: TestClient, source: Source) -> None:
    Source.objects.update(is_active=False)
    assert client.post("/v1/track", json=track(1), headers=basic(source.write_key)).status_code == 401


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_object_is_a_bad_request(client: TestClient, source: Source, body: bytes) -> None:
    answer = client.post("/v1/batch", content=body, headers=basic(source.write_key))
    assert answer.status_code == 400
    assert answer.json().keys() == {"code", "message"}


def test_json_is_read_whatever_the_content_type_says(client: TestClient, source: Source) -> None:
    for number, kind in enumerate(["application/x-www-form-urlencoded", "text/plain", ""]):
        headers = {**basic(source.write_key), "Content-Type": kind}
        assert client.post("/v1/track", content=json.dumps(track(number)), headers=headers).status_code == 200
    assert InboxEvent.objects.count() == 3


def test_a_gzip_body_is_unpacked(client: TestClient, source: Source) -> None:
    packed = gzip.compress(json.dumps({"batch": [track(1)]}).encode())
    headers = {**basic(source.write_key), "Content-Encoding": "gzip"}
    assert client.post("/v1/batch", content=packed, headers=headers).status_code == 200
    assert InboxEvent.objects.get().message_id == "m1"


def test_a_gzip_body_that_unpacks_to_too_much_is_refused(client: TestClient, source: Source) -> None:
    packed = gzip.compress(b'{"batch": ["' + b"x" * 50_000_000 + b'"]}')
    assert len(packed) < bodies.MOST_BODY_BYTES
    assert client.post("/v1/batch", content=packed, headers=basic(source.write_key)).status_code == 413


def test_a_broken_gzip_body_is_a_bad_request(client: TestClient, source: Source) -> None:
    packed = gzip.compress(json.dumps({"batch": [track(1)]}).encode())[:-6]
    assert client.post("/v1/batch", content=packed, headers=basic(source.write_key)).status_code == 400


def test_a_huge_body_is_refused_whether_announced_or_not(client: TestClient, source: Source) -> None:
    huge = b" " * (bodies.MOST_BODY_BYTES + 1)
    headers = basic(source.write_key)
    assert client.post("/v1/batch", content=huge, headers=headers).status_code == 413
    assert client.post("/v1/batch", content=iter([huge]), headers=headers).status_code == 413


def test_what_a_batch_says_for_all_may_not_multiply(client: TestClient, source: Source) -> None:
    body = {"batch": [track(1)], "context": {"x": "y" * 5_000}}
    assert client.post("/v1/batch", json=body, headers=basic(source.write_key)).status_code == 413


def test_a_batch_gives_its_context_and_time_to_its_messages(client: TestClient, source: Source) -> None:
    body = {
        "batch": [track(1, timestamp="2026-01-05T10:00:00Z")],
        "context": {"ip": "::1"},
        "sentAt": "2026-01-05T11:00:00Z",
    }
    client.post("/v1/batch", json=body, headers=basic(source.write_key))
    kept = json.loads(InboxEvent.objects.get().body)
    assert (kept["context"], kept["sentAt"]) == ({"ip": "::1"}, "2026-01-05T11:00:00Z")
    assert kept["originalTimestamp"] == "2026-01-05T10:00:00Z"
    assert datetime.fromisoformat(kept["receivedAt"]) == InboxEvent.objects.get().received_at


def test_when_too_much_waits_a_client_is_asked_to_come_again(
    client: TestClient, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        from keepwell.web.inbox.writer import FullError

        raise FullError

    monkeypatch.setattr(Writer, "write", full)
    answer = client.post("/v1/track", json=track(1), headers=basic(source.write_key))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")


def test_a_browser_may_send_from_any_site(client: TestClient, source: Source) -> None:
    asked = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization, content-type"}
    answer = client.options("/v1/t", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "authorization, content-type"
    assert client.post("/v1/t", json={}).headers["access-control-allow-origin"] == "*"


def test_a_browser_learns_where_to_send(client: TestClient, source: Source) -> None:
    answer = client.get(f"/v1/projects/{source.write_key}/settings").json()
    assert answer["integrations"] == {
        "Segment.io": {"apiKey": source.write_key, "apiHost": "testserver/v1", "protocol": "http"}
    }
    assert client.get("/v1/projects/wrong/settings").status_code == 401


def test_a_first_message_asks_for_a_drain(client: TestClient, source: Source) -> None:
    client.post("/v1/track", json=track(1), headers=basic(source.write_key))
    assert Job.objects.get().name == actions.DRAIN_JOB


def test_another_room_hands_in_what_it_knows_once(source: Source) -> None:
    messages = [track(1), track(1), {"type": "track"}]
    accepted = actions.accept(source, messages, datetime(2026, 1, 5, tzinfo=UTC))
    assert (accepted.kept, list(accepted.refused)) == (2, [2])
    assert InboxEvent.objects.filter(state=EventState.WAITING).count() == 1


def test_what_the_door_refused_can_be_replayed_when_it_passes_now(
    client: TestClient, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = track(1, properties={"x": "y" * 40_000})
    client.post("/v1/track", json=large, headers=basic(source.write_key))
    assert actions.replay(InboxEvent.objects.all()) == 0
    monkeypatch.setattr("keepwell.web.inbox.messages.MOST_EVENT_BYTES", 64 * 1024)
    assert actions.replay(InboxEvent.objects.all()) == 1
    assert InboxEvent.objects.get().state == EventState.WAITING
