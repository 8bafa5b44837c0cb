"""Received messages into the database: one statement for many, on the connection that Django is configured with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from keepwell.web.inbox.messages import Received
from keepwell.web.inbox.models import EventState

TABLE = "inbox_inboxevent"
COLUMNS = ("source_id", "message_id", "body", "received_at", "state", "reason")
COPY_FROM = 30  # messages; below, PostgreSQL is faster without a temporary table

Row = tuple[int, str, str, Any, str, str]
_NAMES = ", ".join(COLUMNS)
_INSERT = f"INSERT INTO {TABLE} ({_NAMES}) VALUES ({{}}) ON CONFLICT (source_id, message_id) DO NOTHING"  # noqa: S608
_INCOMING = (
    "CREATE TEMPORARY TABLE IF NOT EXISTS inbox_incoming (source_id bigint, message_id text, body text,"
    " received_at timestamptz, state text, reason text) ON COMMIT DELETE ROWS"
)
_MOVE = f"INSERT INTO {TABLE} ({_NAMES}) SELECT {_NAMES} FROM inbox_incoming ORDER BY source_id, message_id"  # noqa: S608
_ONCE = " ON CONFLICT (source_id, message_id) DO NOTHING"


def rows_of(source: int, messages: Sequence[Received]) -> list[Row]:
    """Return messages as the database takes them."""
    waits, refused = EventState.WAITING.value, EventState.REFUSED.value
    return [(source, m.message_id, m.body, m.received_at, refused if m.reason else waits, m.reason) for m in messages]


def write(rows: Sequence[Row]) -> None:
    """Write rows in one transaction; those that are known already change nothing. Durable when it returns."""
    with transaction.atomic(durable=True):
        insert(rows)


def insert(rows: Sequence[Row]) -> None:
    """Write rows in the caller's transaction; those that are known already change nothing."""
    if connection.vendor == "postgresql":
        _insert_postgresql(rows)
    else:
        _insert_sqlite(rows)


def _insert_sqlite(rows: Sequence[Row]) -> None:
    connection.ensure_connection()
    moments: dict[Any, Any] = {}
    for row in rows:
        if row[3] not in moments:
            moments[row[3]] = str(connection.ops.adapt_datetimefield_value(row[3]))
    statement = _INSERT.format(", ".join("?" * len(COLUMNS)))
    # the driver's own cursor: Django's would rewrite the statement's marks for every call
    connection.connection.executemany(
        statement, [(s, name, body, moments[at], state, reason) for s, name, body, at, state, reason in rows]
    )


def _insert_postgresql(rows: Sequence[Row]) -> None:
    with connection.cursor() as cursor:
        if len(rows) < COPY_FROM:
            ordered = sorted(rows)  # the same order in every transaction, so that two never wait for each other
            cursor.executemany(_INSERT.format(", ".join(["%s"] * len(COLUMNS))), ordered)
            return
        cursor.execute(_INCOMING)
        with cursor.copy(f"COPY inbox_incoming ({_NAMES}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(_MOVE + _ONCE)
