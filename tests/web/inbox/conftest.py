"""The real server, for clients that know nothing of tests."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CLIENTS = Path(__file__).parents[2] / "clients"
FOLDER_MAKER = Path(__file__).parents[2] / "faults" / "door.py"


@dataclass(frozen=True)
class Door:
    """A server that runs, and a source's key."""

    address: str
    write_key: str
    data: Path

    def messages(self, count: int) -> list[dict[str, Any]]:
        """Return the messages in its inbox, in the order they came, as soon as there are ``count``."""
        found: list[dict[str, Any]] = []
        for _ in range(400):
            with contextlib.closing(sqlite3.connect(self.data / "operations.sqlite3", timeout=20)) as database:
                rows = database.execute("SELECT body FROM inbox_inboxevent WHERE reason = '' ORDER BY id").fetchall()
            found = [json.loads(body) for (body,) in rows]
            if len(found) >= count:
                break
            time.sleep(0.05)
        return found


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """Run ``keepwell serve`` without background work, on SQLite."""
    data, log = tmp_path / "data", tmp_path / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE", "KEEPWELL"))}
    made = [sys.executable, str(FOLDER_MAKER), str(data)]
    key = subprocess.check_output(made, text=True, env=environment).strip()
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    serve = [sys.executable, "-m", "keepwell", "serve", "--data", str(data), "--port", str(port), "--workers", "0"]
    with log.open("w") as out:
        process = subprocess.Popen(serve, stdout=out, stderr=out, env=environment, start_new_session=True)
    try:
        _wait_until_open(port, process, log)
        yield Door(f"http://127.0.0.1:{port}", key, data)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def _wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="session")
def node_clients() -> Path:
    """Return a folder with the Node clients installed as locked."""
    if shutil.which("npm") is None:
        if os.environ.get("CI"):
            pytest.fail("npm is missing")
        pytest.skip("npm is not installed")
    lock = (CLIENTS / "package-lock.json").read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "keepwell-tests" / f"clients-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, folder / name)
        install = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        (folder / "done").touch()
    return folder
