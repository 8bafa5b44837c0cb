"""A small shop's orders, and a way to bring files in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.registry import recognise
from keepwell.vocabulary.business import Business

HEADER = "order_id,customer,order_date,amount,currency,country\n"


def _bring(folder: Path, rows: str, name: str) -> Lake:
    lake = Lake.create(folder)
    path = folder / name
    path.write_text(HEADER + rows)
    ingest(lake, path, recognise(path), ImportContext(Business(currency="GBP"), lake.identity_key, datetime.now(UTC)))
    return lake


def _orders(days: int = 420, first: int = 0) -> str:
    """Return an order every other day by one of thirty customers."""
    start = datetime(2023, 1, 1)  # noqa: DTZ001
    lines = []
    for place in range(first, first + days // 2):
        day, customer = start + timedelta(days=2 * place), (place * 7) % 30
        lines.append(f"o{place},c{customer},{day:%Y-%m-%d},{20 + place % 13}.50,GBP,{'FR' if customer % 3 else 'DE'}\n")
    return "".join(lines)


@pytest.fixture(scope="session")
def bring() -> Callable[[Path, str, str], Lake]:
    """Bring rows in as a file: ``bring(folder, rows, name)``."""
    return _bring


@pytest.fixture(scope="session")
def orders() -> Callable[..., str]:
    """Make rows of orders: ``orders(days=420, first=0)``."""
    return _orders
