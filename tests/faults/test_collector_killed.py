"""The server is killed under load, again and again: no event that was acknowledged is lost, and none is doubled."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from keepwell.lake.lake import Lake

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("KEEPWELL_KILL_ROUNDS", "6"))
SENDERS = 3
BATCH = 20
HERE = Path(__file__).parent
CLIENT_ERRORS = (OSError, HTTPException)


class Sender(threading.Thread):
    """Sends batches as an SDK does: one that was not acknowledged is sent again, to whichever server comes next."""

    def __init__(self, name: str, port: int, key: str) -> None:
        super().__init__(daemon=True)
        self.sent_as, self.port, self.key = name, port, key
        self.acknowledged: list[str] = []
        self.problems: list[str] = []
        self.stop = threading.Event()

    def run(self) -> None:
        """Send until asked to stop, and then once more."""
        number, is_over = 0, False
        while not is_over:
            is_over = self.stop.is_set()
            ids = [f"{self.sent_as}-{number}-{i}" for i in range(BATCH)]
            body = json.dumps({"writeKey": self.key, "batch": [message(name) for name in ids]})
            while not self._post(body):
                time.sleep(0.05)
            self.acknowledged += ids
            number += 1

    def _post(self, body: str) -> bool:
        try:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
            with contextlib.closing(connection):
                connection.request("POST", "/v1/batch", body)
                answer = connection.getresponse()
                text = answer.read()
        except CLIENT_ERRORS:
            return False
        if answer.status not in (200, 429, 503):
            self.problems.append(f"{answer.status} {text[:200]!r}")
        return answer.status == 200 and json.loads(text) == {"success": True}


def message(name: str) -> dict[str, object]:
    at = "2026-01-04T10:00:00Z"
    return {"type": "track", "event": "Cart Viewed", "userId": "u1", "messageId": name, "timestamp": at}


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def served(data: Path, port: int, log: Path) -> Iterator[None]:
    """Run the real server in a process group of its own, and kill the whole group at the end."""
    command = [sys.executable, "-m", "keepwell", "serve", "--data", str(data), "--port", str(port)]
    with log.open("a") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        wait_until_open(port, process, log)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_what_was_acknowledged_is_in_the_lake_once(tmp_path: Path) -> None:
    data, port, log = tmp_path / "data", free_port(), tmp_path / "server.log"
    key = subprocess.check_output([sys.executable, str(HERE / "door.py"), str(data)], text=True).strip()
    senders = [Sender(f"s{number}", port, key) for number in range(SENDERS)]
    chance = random.Random(5)  # noqa: S311 — moments, not secrets
    for sender in senders:
        sender.start()
    for turn in range(ROUNDS):
        before = sum(len(sender.acknowledged) for sender in senders)
        with served(data, port, log):
            while sum(len(sender.acknowledged) for sender in senders) == before:
                time.sleep(0.02)  # each round takes something in, so that each kill can lose something
            time.sleep(chance.uniform(0.0, 6.0 if turn % 2 else 1.5))  # long enough for drains to be hit too
    with served(data, port, log):
        for sender in senders:
            sender.stop.set()
        for sender in senders:
            sender.join()
    drain_the_rest(data)
    assert [sender.problems for sender in senders] == [[]] * SENDERS
    acknowledged = [name for sender in senders for name in sender.acknowledged]
    with Lake.open(data).snapshot() as facts:
        kept = Counter(facts.tables["events"].event_id.execute().tolist())
    assert set(acknowledged) - kept.keys() == set()
    assert kept.keys() == set(acknowledged)  # every batch was acknowledged in the end
    assert max(kept.values()) == 1


def drain_the_rest(data: Path) -> None:
    """Work until nothing waits; a job whose worker was killed is due again when its lease has run out."""
    for _ in range(40):
        subprocess.run([sys.executable, "-m", "keepwell", "work", "--data", str(data), "--once"], check=True)
        left = subprocess.check_output([sys.executable, str(HERE / "waiting.py"), str(data)], text=True)
        if left.strip() == "0":
            return
        time.sleep(3)
    raise AssertionError(f"{left} events wait for ever")
