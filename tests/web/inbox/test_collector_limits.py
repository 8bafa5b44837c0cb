"""Limits of the collector: slow bodies, a queue that is full, and the end of the server."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError
from starlette.requests import Request

from keepwell.web.inbox import bodies, writer
from keepwell.web.inbox.writing import Row

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def row(name: str) -> Row:
    return (1, name, "{}", NOW, "waiting", "")


class Slow:
    """Stands for the database: takes nothing until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.groups: list[list[str]] = []
        self.open = threading.Event()
        monkeypatch.setattr(writer, "write", self.write)
        monkeypatch.setattr(writer, "ask_to_drain", lambda: None)

    def write(self, rows: list[Row]) -> None:
        """Write a group; one that begins with "bad" fails."""
        self.open.wait(10)
        if rows[0][1] == "bad":
            raise DatabaseError
        self.groups.append([one[1] for one in rows])


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Slow:
    return Slow(monkeypatch)


def test_a_body_that_does_not_arrive_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "SECONDS_FOR_A_BODY", 0.01)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
    with pytest.raises(bodies.AnswerError) as raised:
        asyncio.run(bodies.read_json(Request(scope, receive)))
    assert raised.value.status == 408


def test_what_comes_in_during_a_commit_is_written_in_one_group(slow: Slow) -> None:
    async def scenario() -> None:
        tested = writer.Writer()
        first = asyncio.create_task(tested.write([row("a")]))
        await asyncio.sleep(0.05)
        others = [asyncio.create_task(tested.write([row(name)])) for name in "bcd"]
        await asyncio.sleep(0.05)
        slow.open.set()
        await asyncio.gather(first, *others)
        await tested.close()

    asyncio.run(scenario())
    assert slow.groups == [["a"], ["b", "c", "d"]]


def test_a_full_queue_refuses_what_is_more_and_keeps_what_it_has(slow: Slow) -> None:
    async def scenario() -> None:
        tested = writer.Writer(most_rows=2)
        tasks = [asyncio.create_task(tested.write([row("a")]))]
        await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(tested.write([row("b")])))
        await asyncio.sleep(0)
        with pytest.raises(writer.FullError):
            await tested.write([row("c")])
        slow.open.set()
        await asyncio.gather(*tasks)
        await tested.close()

    asyncio.run(scenario())
    assert slow.groups == [["a"], ["b"]]


def test_a_failed_commit_is_told_to_its_own_group_alone(slow: Slow) -> None:
    async def scenario() -> list[Any]:
        tested = writer.Writer(group_rows=1)
        tasks = [asyncio.create_task(tested.write([row(name)])) for name in ("bad", "good")]
        slow.open.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        await tested.close()
        return found

    failed, written = asyncio.run(scenario())
    assert isinstance(failed, DatabaseError)
    assert written is None
    assert slow.groups == [["good"]]


def test_what_waits_is_written_before_the_server_ends(slow: Slow) -> None:
    async def scenario() -> None:
        tested = writer.Writer(group_rows=1)
        tasks = [asyncio.create_task(tested.write([row(name)])) for name in "abc"]
        await asyncio.sleep(0)
        slow.open.set()
        await tested.close()
        assert all(task.done() for task in tasks) or await asyncio.gather(*tasks) == [None] * 3

    asyncio.run(scenario())
    assert slow.groups == [["a"], ["b"], ["c"]]
