"""A small shop in a data folder of its own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils import timezone

from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.registry import recognise
from keepwell.vocabulary.business import Business
from keepwell.web.data_folder import DataFolder
from keepwell.web.inbox.models import EventState, InboxEvent, Source

HEADER = "order_id,customer,order_date,amount,currency,country\n"


def orders() -> str:
    """Return orders of thirty customers; one of them is known by an e-mail address."""
    rows = [
        f"o{c}-{n},{'ann@example.com' if c == 7 else 100 + c},2023-{1 + (c + n) % 12:02d}-{1 + c % 28:02d},"
        f"{10 + c + n}.50,GBP,{'Poland' if c % 2 else 'United Kingdom'}"
        for c in range(30)
        for n in range(1 + c % 4)
    ]
    return HEADER + "\n".join([*rows, "bad1,ann@example.com,no date,5,GBP,Poland"]) + "\n"


def bring(root: Path, text: str, name: str = "orders.csv") -> Lake:
    """Import a file."""
    lake = Lake.create(root, Business(currency="GBP", margin_rate=0.4))
    path = root / name
    path.write_text(text)
    context = ImportContext(Business(currency="GBP"), lake.identity_key, datetime(2026, 1, 1, tzinfo=UTC))
    ingest(lake, path, recognise(path), context)
    path.unlink()
    return lake


@pytest.fixture
def shop(settings: object, tmp_path: Path, db: None) -> Lake:
    settings.DATA = DataFolder.prepare(tmp_path / "shop")
    return bring(settings.DATA.root, orders())


@pytest.fixture
def message(db: None) -> object:
    """Make a message that came through the door a minute ago."""

    def make(body: dict[str, object], number: int = 1, state: str = EventState.DRAINED) -> InboxEvent:
        source, _ = Source.objects.get_or_create(name="site")
        at = timezone.now() - timezone.timedelta(minutes=1)
        return InboxEvent.objects.create(
            source=source, message_id=f"m{number}", body=json.dumps(body), received_at=at, state=state
        )

    return make
