"""The import command itself, killed, starved of disk, and run twice at once."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keepwell.lake.lake import Lake

pytestmark = pytest.mark.faults

ROUNDS = int(os.environ.get("KEEPWELL_KILL_ROUNDS", "12"))
LINES = 120_000
KEEPWELL = [sys.executable, "-m", "keepwell"]


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file that takes a moment to import."""
    path = tmp_path_factory.mktemp("files") / "orders.csv"
    with path.open("w") as file:
        file.write("order_id,customer_id,ordered_at,sku,quantity,price,currency\n")
        file.writelines(
            f"o{n // 3},c{n // 30},2024-{n % 12 + 1:02d}-15 10:00:00,p{n % 97},{n % 5 + 1},{n % 50}.25,GBP\n"
            for n in range(LINES)
        )
    return path


def start(path: Path, data: Path, *extra: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*KEEPWELL, "import", str(path), "--data", str(data), "--json", *extra],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def facts_of(data: Path) -> dict[str, int]:
    return Lake.open(data).count()


def test_an_import_killed_anywhere_and_run_again_gives_the_same_lake(orders: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "quiet"
    begun = time.monotonic()
    assert start(orders, quiet).wait() == 0
    took = time.monotonic() - begun
    expected = facts_of(quiet)
    data = tmp_path / "shop"
    chance = random.Random(3)  # noqa: S311 — moments, not secrets
    for _ in range(ROUNDS):
        victim = start(orders, data)
        time.sleep(chance.uniform(0.2, 1.0) * took)
        victim.send_signal(signal.SIGKILL)
        victim.communicate()
        if data.joinpath("lake").exists():
            assert facts_of(data) in ({}, expected)
    again = start(orders, data)
    told, _ = again.communicate()
    assert again.returncode == 0, told
    assert facts_of(data) == expected
    assert len(Lake.open(data).imports()) == 1
    assert not list(Lake.open(data).paths.refused.glob("*.part"))


def test_the_same_file_imported_twice_at_once_counts_once(orders: Path, tmp_path: Path) -> None:
    data = tmp_path / "shop"
    both = [start(orders, data), start(orders, data)]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert facts_of(data) == {"orders": LINES // 3, "order_lines": LINES}


@pytest.mark.parametrize("kilobytes", [100, 300, 600])
def test_a_full_disk_is_said_and_changes_nothing(orders: Path, tmp_path: Path, kilobytes: int) -> None:
    if shutil.which("unshare") is None:
        pytest.fail("unshare (util-linux) is needed to make a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    check = (
        f"mount -t tmpfs -o size={kilobytes}k none {disk} && "
        f"{sys.executable} -m keepwell import {orders} --data {disk}/shop; echo code $?; "
        f"{sys.executable} -m keepwell imports list --data {disk}/shop --json; "
        f"ls {disk}/shop/refused {disk}/shop/lake/_staging 2>/dev/null | grep -c parquet"
    )
    done = subprocess.run(["unshare", "-rm", "sh", "-c", check], capture_output=True, text=True, check=False)
    assert "no space left on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    assert "code 1" in done.stdout
    assert done.stdout.rstrip().endswith("[]\n0")
