"""Bring webhooks into the lake: their bodies become a file of the form that an importer reads."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ImportOutcome, ingest
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.registry import by_name
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.refusal import Refusal
from keepwell.web.inbox.upload_models import Delivery, DeliveryState, Platform
from keepwell.web.inbox.uploads import lake as open_lake
from keepwell.web.work.actions import enqueue
from keepwell.web.work.worker import Handler, Task

AT_ONCE = 2_000
KEPT_FOR = timedelta(days=30)
SUPERSEDED = "a newer delivery of the same object was used"
KNOWN = frozenset({Refusal.ALREADY_KNOWN.value, Refusal.REPEATED_ROW.value})


def drain_webhooks(task: Task) -> Mapping[str, Any]:
    """Import what waits, one file a source and format; a crash between commit and mark only repeats known facts."""
    lake, done = open_lake(), 0
    while waiting := list(Delivery.objects.filter(state=DeliveryState.WAITING).order_by("id")[:AT_ONCE]):
        groups: dict[tuple[int, str], list[Delivery]] = {}
        for delivery in waiting:
            groups.setdefault((delivery.source_id, _format(delivery)), []).append(delivery)
        for (_source, name), deliveries in groups.items():
            _drain(lake, name, deliveries)
            done += len(deliveries)
            task.tell("Webhooks", 0.5)
    if done:
        if lake.needs_compacting:
            lake.compact()
        enqueue("refresh", key="refresh", run_after=timezone.now() + timedelta(seconds=60))
    removed, _by_table = Delivery.objects.filter(
        received_at__lt=timezone.now() - KEPT_FOR, state=DeliveryState.DRAINED
    ).delete()
    return {"deliveries": done, "removed": removed}


def _format(delivery: Delivery) -> str:
    if delivery.topic.startswith("customer.subscription."):
        return "stripe_subscriptions"
    return str(delivery.source.webhook.platform)


def _importer(name: str) -> Importer:
    return by_name("shopify_json" if name == Platform.SHOPIFY else name)


def _drain(lake: Lake, name: str, deliveries: list[Delivery]) -> None:
    """Import the newest state of each object; the older deliveries of it say so."""
    newest: dict[str, tuple[Delivery, dict[str, Any]]] = {}
    for delivery in deliveries:
        record, problem = _record(delivery, name)
        if record is None:
            _mark([delivery], DeliveryState.REFUSED, problem)
            continue
        key = str(record.get("id") or delivery.delivery_id)
        if key in newest:
            _mark([newest[key][0]], DeliveryState.DRAINED, SUPERSEDED)
        newest[key] = delivery, record
    if not newest:
        return
    used = [delivery for delivery, _record in newest.values()]
    path = _write(name, used, (record for _delivery, record in newest.values()))
    try:
        outcome = _ingest(lake, name, path)
    except InputError as error:
        _mark(used, DeliveryState.REFUSED, f"{error.message} {error.advice}")
        return
    finally:
        path.unlink(missing_ok=True)
    _mark_rows(lake, used, outcome)


def _record(delivery: Delivery, name: str) -> tuple[dict[str, Any] | None, str]:
    """Return the object that a delivery brought, or why there is none."""
    try:
        body = json.loads(bytes(delivery.body), parse_float=Decimal)
    except (ValueError, RecursionError):
        return None, "the body is not JSON"
    if not isinstance(body, dict):
        return None, "the body is not a JSON object"
    if name not in ("stripe", "stripe_subscriptions"):
        return body, ""
    if body.get("livemode") is False:
        return None, "an event of Stripe's test mode"
    data = body.get("data")
    inner = data.get("object") if isinstance(data, dict) else None
    return (inner, "") if isinstance(inner, dict) else (None, "data.object is missing")


def _write(name: str, deliveries: list[Delivery], records: Iterable[dict[str, Any]]) -> Path:
    """Write one record a line; the name says which deliveries they are, so that a second try is the same file."""
    path = Path(settings.DATA.temporary) / f"webhooks-{name}-{deliveries[0].pk}-{deliveries[-1].pk}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record, default=_plain) + "\n")
    return path


def _plain(number: Any) -> float | str:
    return float(number) if isinstance(number, Decimal) else str(number)


def _ingest(lake: Lake, name: str, path: Path) -> ImportOutcome:
    saved = lake.business
    context = ImportContext(saved or Business(), lake.identity_key, datetime.now(UTC))
    return ingest(lake, path, _importer(name), context, business=saved)


def _mark_rows(lake: Lake, deliveries: list[Delivery], outcome: ImportOutcome) -> None:
    """Say of each delivery what became of its row; what was known before is no refusal."""
    refused = _refused_rows(lake.paths.refused / f"{outcome.import_id}.csv")
    for row, delivery in enumerate(deliveries, start=1):
        reason, detail = refused.get(row, ("", ""))
        is_refused = bool(reason) and reason not in KNOWN
        said = f"{reason.replace('_', ' ')}: {detail}" if reason else ""
        state = DeliveryState.REFUSED if is_refused else DeliveryState.DRAINED
        _mark([delivery], state, said, outcome.import_id or "")


def _refused_rows(path: Path) -> dict[int, tuple[str, str]]:
    if not path.exists():
        return {}
    csv.field_size_limit(1 << 26)
    with path.open(encoding="utf-8", newline="") as file:
        return {int(row["row"]): (row["reason"], row["detail"]) for row in csv.DictReader(file)}


def _mark(deliveries: list[Delivery], state: DeliveryState, reason: str, import_id: str = "") -> None:
    ids = [delivery.pk for delivery in deliveries]
    Delivery.objects.filter(pk__in=ids).update(state=state, reason=reason[:300], import_id=import_id)


HANDLERS: Mapping[str, Handler] = {"drain_webhooks": drain_webhooks}
SCHEDULES: Mapping[str, int] = {"drain_webhooks": 300}
