"""From the inbox into the lake: every event once, whatever was interrupted, and reasons for what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from keepwell.jobs import drain as jobs
from keepwell.lake.lake import Lake
from keepwell.vocabulary.business import Business
from keepwell.web.data_folder import DataFolder
from keepwell.web.inbox import actions
from keepwell.web.inbox.models import Drain, EventState, InboxEvent, Source
from keepwell.web.work.models import Job
from keepwell.web.work.worker import Task

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(settings, "DATA", DataFolder.prepare(tmp_path))
    return Lake.create(tmp_path, Business(currency="GBP"))


@pytest.fixture
def source() -> Source:
    return actions.add_source("shop")


def run() -> dict[str, int]:
    job, _made = Job.objects.get_or_create(name="drain", key="test", state="running", leased_by="me")
    return dict(jobs.drain(Task(job, "me")))


def order(number: int, **more: Any) -> dict[str, Any]:
    properties = {"order_id": f"o{number}", "revenue": 10, "currency": "GBP", **more}
    return message(number, event="Order Completed", properties=properties)


def message(number: int, **more: Any) -> dict[str, Any]:
    said = {"type": "track", "userId": f"u{number}", "event": "Cart Viewed", "messageId": f"m{number}"}
    return {**said, "timestamp": "2026-01-04T10:00:00Z", **more}


def table(lake: Lake, name: str) -> list[dict[str, Any]]:
    with lake.snapshot() as facts:
        return list(facts.tables[name].execute().to_dict("records"))


def test_orders_and_events_come_into_the_lake(lake: Lake, source: Source) -> None:
    actions.accept(source, [order(1), message(2)], NOW)
    assert run() == {"kept": 2, "refused": 0}
    (kept,) = table(lake, "orders")
    assert (kept["order_id"], kept["customer_id"], kept["source"]) == ("o1", "u1", "shop")
    assert [event["name"] for event in table(lake, "events")] == ["Cart Viewed"]
    assert set(InboxEvent.objects.values_list("state", flat=True)) == {EventState.DRAINED}


def test_the_clock_of_a_client_is_corrected(lake: Lake, source: Source) -> None:
    wrong = {"originalTimestamp": "2031-06-01T09:00:00Z", "sentAt": "2031-06-01T10:00:00Z"}  # one hour before sending
    actions.accept(source, [message(1, **wrong)], NOW)
    run()
    assert table(lake, "events")[0]["occurred_at"].to_pydatetime().replace(tzinfo=UTC) == NOW - timedelta(hours=1)


def test_a_message_without_a_time_happened_when_it_arrived(lake: Lake, source: Source) -> None:
    said = message(1)
    del said["timestamp"]
    actions.accept(source, [{**said, "sentAt": "2031-06-01T10:00:00Z"}], NOW)
    run()
    assert table(lake, "events")[0]["occurred_at"].to_pydatetime().replace(tzinfo=UTC) == NOW


def test_refused_events_carry_the_importers_reason(lake: Lake, source: Source) -> None:
    actions.accept(source, [order(1), message(2, event="Order Completed", properties={"revenue": 3}), order(3)], NOW)
    assert run() == {"kept": 2, "refused": 1}
    refused = InboxEvent.objects.get(state=EventState.REFUSED)
    assert (refused.message_id, refused.reason.split(":")[0]) == ("m2", "missing_order_id")


def test_a_drain_that_died_before_marking_doubles_nothing(
    lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.accept(source, [order(1), message(2), message(3, event="Order Completed")], NOW)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(jobs, "_reasons", die)
        with pytest.raises(KeyboardInterrupt):
            run()
    assert lake.count()["orders"] == 1
    actions.accept(source, [order(4)], NOW)
    assert run() == {"kept": 3, "refused": 1}
    assert (lake.count()["orders"], lake.count()["events"]) == (2, 1)
    assert len(lake.imports()) == 2
    assert InboxEvent.objects.get(state=EventState.REFUSED).message_id == "m3"


def test_a_message_id_counts_once_even_after_the_inbox_forgot_it(lake: Lake, source: Source) -> None:
    for _ in range(2):
        actions.accept(source, [message(1), message(2, event="Again")], NOW)
        run()
        InboxEvent.objects.all().delete()
    assert lake.count()["events"] == 2


def test_two_sources_are_told_apart_in_the_lake(lake: Lake, source: Source) -> None:
    actions.accept(source, [order(1)], NOW)
    actions.accept(actions.add_source("till"), [order(1)], NOW)
    run()
    assert sorted(row["source"] for row in table(lake, "orders")) == ["shop", "till"]


def test_a_currency_without_a_rate_holds_up_nothing_else_and_can_be_replayed(lake: Lake, source: Source) -> None:
    actions.accept(source, [order(1), order(2, currency="usd"), message(3)], NOW)
    assert run() == {"kept": 2, "refused": 1}
    refused = InboxEvent.objects.get(state=EventState.REFUSED)
    assert "USD" in refused.reason
    lake.save_business(Business(currency="GBP", rates={"USD": Decimal("0.8")}))
    assert actions.replay([refused]) == 1
    assert run() == {"kept": 1, "refused": 0}
    assert lake.count()["orders"] == 2


def test_while_one_worker_drains_another_leaves_it_alone(lake: Lake, source: Source) -> None:
    actions.accept(source, [order(1)], NOW)
    with jobs.lock(settings.DATA.root / ".drain", exclusive=True, patience=0, busy=""):
        assert run() == {"kept": 0, "refused": 0}
    assert run()["kept"] == 1


def test_many_events_go_in_several_drains(lake: Lake, source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "MOST_EVENTS", 10)
    actions.accept(source, [message(number) for number in range(25)], NOW)
    assert run() == {"kept": 25, "refused": 0}
    assert (Drain.objects.count(), lake.count()["events"]) == (3, 25)


def test_drained_events_are_removed_after_some_days_and_refused_ones_stay(lake: Lake, source: Source) -> None:
    actions.accept(source, [message(1), message(2, event="Order Completed"), message(3)], NOW)
    run()
    task = Task(Job(name="sweep_inbox"), "me")
    assert jobs.sweep_inbox(task) == {"events": 0}
    Drain.objects.update(ended_at=timezone.now() - jobs.KEPT - timedelta(hours=1))
    assert jobs.sweep_inbox(task) == {"events": 2}
    assert json.loads(InboxEvent.objects.get().body)["messageId"] == "m2"
