"""Grouped commits: one thread with one connection writes whatever came in while it wrote the group before."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from django.db import DatabaseError, close_old_connections, connection

from keepwell.web.inbox.actions import ask_to_drain
from keepwell.web.inbox.writing import Row, write

log = logging.getLogger("keepwell.collector")
Result = TypeVar("Result")
ASK_EVERY = 2.0  # seconds between two looks whether a drain was asked for


class FullError(Exception):
    """More waits to be written than is kept in memory."""


class _Waiting(NamedTuple):
    rows: Sequence[Row]
    size: int
    written: asyncio.Future[None]


class Writer:
    """Writes rows in groups; made within the event loop that uses it.

    Args:
        most_rows: rows that may wait.
        most_bytes: bytes of bodies that may wait.
        group_rows: rows after which a transaction takes no further request.

    """

    def __init__(self, *, most_rows: int = 20_000, most_bytes: int = 64 << 20, group_rows: int = 500) -> None:
        self.most_rows = most_rows
        self.most_bytes = most_bytes
        self.group_rows = group_rows
        self._waiting: deque[_Waiting] = deque()
        self._rows = 0
        self._bytes = 0
        self._asked_at = 0.0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="collector")
        self._task: asyncio.Task[None] | None = None

    async def write(self, rows: Sequence[Row]) -> None:
        """Return when the rows are durable.

        Raises:
            FullError: too much waits.
            DatabaseError: they were not written.

        """
        size = sum(len(row[2]) for row in rows)
        if self._waiting and (self._rows + len(rows) > self.most_rows or self._bytes + size > self.most_bytes):
            raise FullError
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(rows, size, written))
        self._rows += len(rows)
        self._bytes += size
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_all())
        await asyncio.shield(written)  # a client that leaves does not keep the others of its group from their answer

    async def on_thread(self, work: Callable[[], Result]) -> Result:
        """Do something else with the writer's connection, between two groups."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, _fresh(work))

    async def close(self) -> None:
        """Write what waits, and end the thread."""
        if self._task is not None:
            await self._task
        await asyncio.get_running_loop().run_in_executor(self._thread, lambda: connection.close())
        self._thread.shutdown()

    async def _write_all(self) -> None:
        while self._waiting:
            group, rows = [], []
            while self._waiting and len(rows) < self.group_rows:
                one = self._waiting.popleft()
                group.append(one)
                rows.extend(one.rows)
            try:
                await self.on_thread(lambda rows=rows: self._commit(rows))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 — whatever it is, nobody may wait for ever
                _settle(group, error)
            else:
                _settle(group, None)
            self._rows -= len(rows)
            self._bytes -= sum(one.size for one in group)

    def _commit(self, rows: Sequence[Row]) -> None:
        write(rows)
        if time.monotonic() - self._asked_at < ASK_EVERY:
            return
        self._asked_at = time.monotonic()
        try:
            ask_to_drain()
        except DatabaseError:
            log.warning("The drain could not be asked for; its schedule will", exc_info=True)


def _fresh(work: Callable[[], Result]) -> Callable[[], Result]:
    """Drop a connection that broke, before and after."""

    def done() -> Result:
        close_old_connections()
        try:
            return work()
        except DatabaseError:
            connection.close()
            raise

    return done


def _settle(group: Sequence[_Waiting], error: Exception | None) -> None:
    if error is not None:
        log.error("A group of %d requests was not written", len(group), exc_info=error)
    for one in group:
        if one.written.done():
            continue
        if error is None:
            one.written.set_result(None)
        else:
            one.written.set_exception(error)
