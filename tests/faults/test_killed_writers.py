"""Writers and a compactor are killed at random points, again and again: nothing is lost, doubled or torn."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from keepwell.lake.lake import Lake

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("KEEPWELL_KILL_ROUNDS", "12"))
WRITERS = ("ann-", "bo-")
HERE = Path(__file__).parent


class Victim:
    """A child process whose acknowledgements outlive it."""

    def __init__(self, log: Path, script: str, *arguments: str) -> None:
        self.log = log
        with log.open("a") as out:
            environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / script), *arguments], stdout=out, stderr=subprocess.PIPE, env=environment
            )

    def kill(self) -> None:
        """Kill it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def complaint(self) -> str:
        """Return what the process said before it died by itself; empty when it was still running."""
        if self.process.poll() is None:
            return ""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()


def acknowledged(log: Path) -> set[str]:
    """Return the orders of every acknowledged import; a torn last line was not acknowledged."""
    found: set[str] = set()
    for line in log.read_text().splitlines(keepends=True):
        if line.endswith("\n"):
            name, first, count = line.split()
            found |= {f"{name}{number}" for number in range(int(first), int(first) + int(count))}
    return found


def kill_at_random(root: Path, tmp_path: Path, seed: int) -> list[Path]:
    chance = random.Random(seed)  # noqa: S311 — moments, not secrets
    logs: list[Path] = []
    for turn in range(ROUNDS):
        names = [f"w{turn}-{number}-" for number in range(2)]
        turn_logs = [tmp_path / f"{name}.log" for name in names]
        victims = [
            Victim(log, "writer.py", str(root), name, str(turn)) for log, name in zip(turn_logs, names, strict=True)
        ]
        victims.append(Victim(tmp_path / "compactor.log", "compactor.py", str(root)))
        wait_for_first_import(turn_logs, victims)
        time.sleep(chance.uniform(0.0, 1.0))
        chance.shuffle(victims)
        for victim in victims:
            assert victim.complaint() == ""
            victim.kill()
            time.sleep(chance.uniform(0.0, 0.1))
        logs += turn_logs
    return logs


def wait_for_first_import(logs: list[Path], victims: list[Victim]) -> None:
    deadline = time.monotonic() + 120
    while not any(acknowledged(log) for log in logs):
        assert time.monotonic() < deadline
        assert "".join(victim.complaint() for victim in victims) == ""
        time.sleep(0.02)


def test_every_acknowledged_import_is_there_once_and_whole(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    logs = kill_at_random(root, tmp_path, seed=20240101)
    lake = Lake.open(root)
    with lake.snapshot() as snapshot:
        orders = snapshot.tables["orders"].to_pandas()
        lines = snapshot.tables["order_lines"].to_pandas()
        counted = {entry.import_id: entry.tables for entry in snapshot.imports}

    # nothing doubled, nothing torn: rows by import are what its ledger entry says, in both tables
    assert not orders.duplicated(["source", "order_id"]).any()
    for table, rows in (("orders", orders), ("order_lines", lines)):
        promised = {i: tables[table] for i, tables in counted.items() if table in tables}
        assert rows.groupby("import_id").size().to_dict() == promised
    assert (lines.groupby("order_id").size() == 2).all()

    # nothing lost: whatever was acknowledged is there
    promised_orders = set().union(*(acknowledged(log) for log in logs))
    assert promised_orders
    assert promised_orders <= set(orders["order_id"])


def test_the_next_writer_removes_what_the_dead_left(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    kill_at_random(root, tmp_path, seed=7)
    lake = Lake.open(root)
    before = lake.count()
    lake.compact()
    with lake.staging():
        assert len(list(lake.paths.staging.glob("*/"))) == 1  # only its own: the dead writers' folders are gone
    assert lake.count() == before
    committed = {entry.import_id for entry, _ in lake.imports()}
    for table in ("orders", "order_lines"):
        files = list(lake.paths.table(table).glob("*.parquet"))
        assert {i for path in files for i in pq.read_table(path)["import_id"].to_pylist()} <= committed
