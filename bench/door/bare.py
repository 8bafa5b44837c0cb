"""The least that does the same: a bare ASGI application, one transaction a request, no checks, no limits."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg

INSERT = (
    "INSERT INTO inbox_inboxevent (source_id, message_id, body, received_at, state, reason)"
    " VALUES (1, {0}, {0}, {0}, 'waiting', '') ON CONFLICT (source_id, message_id) DO NOTHING"
)
Rows = list[tuple[str, str, str]]
threads = ThreadPoolExecutor(1)
opened: list[Any] = []


def _sqlite(rows: Rows) -> None:
    if not opened:
        opened.append(sqlite3.connect(os.environ["BARE_DATABASE"], timeout=20, check_same_thread=False))
        opened[0].execute("PRAGMA journal_mode=WAL")
        opened[0].execute("PRAGMA synchronous=FULL")
    with opened[0]:
        opened[0].executemany(INSERT.format("?"), rows)


def _postgresql(rows: Rows) -> None:
    if not opened:
        opened.append(psycopg.connect(os.environ["BARE_DATABASE"]))
    with opened[0].transaction(), opened[0].cursor() as cursor:
        cursor.executemany(INSERT.format("%s"), rows)


write: Callable[[Rows], None] = _postgresql if os.environ.get("BARE_DATABASE", "").startswith("postgres") else _sqlite


async def application(scope: dict[str, Any], receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Answer one request."""
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
    said = orjson.loads(body)
    now = datetime.now(UTC).isoformat(sep=" ")
    rows = [(m["messageId"], orjson.dumps(m).decode(), now) for m in said.get("batch", [said])]
    await asyncio.get_running_loop().run_in_executor(threads, write, rows)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"success":true}'})
