"""The pages on the server say what its code does; their commands are run, also those that serve until stopped."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs.pages import DOCS, blocks

from keepwell.channels.webhook import sign
from keepwell.lake.lake import Lake
from keepwell.web.access import GRANTS, Capability, Role

ROLES = ("owner", "marketer", "analyst", "agent")
PATIENCE = 60.0  # seconds in which a server answers


def how_to(name: str) -> Path:
    return DOCS / "how-to" / name


def test_the_table_of_roles_is_what_the_roles_may_do() -> None:
    page = how_to("roles.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z:]+)` \| [^|]+ \|(.+)\|$", page, re.MULTILINE)
    shown = {
        (role, name) for name, cells in rows for role, cell in zip(ROLES, cells.split("|"), strict=True) if cell.strip()
    }
    assert {name for name, _ in rows} == {str(one) for one in Capability}
    assert set(ROLES) == {str(role) for role in Role}
    assert shown == {(str(role), str(one)) for role, grants in GRANTS.items() for one in grants}


def test_the_check_of_a_signature_takes_ours_and_no_other() -> None:
    [example] = [block for block in blocks(how_to("use-the-api.md")) if block.language == "python"]
    names: dict[str, object] = {}
    exec(example.text, names)  # noqa: S102 — the documentation's own example
    check, now, body = names["is_from_keepwell"], int(time.time()), b'{"id": "1"}'
    assert callable(check)

    def headers(stamp: int) -> dict[str, str]:
        return {"Keepwell-Timestamp": str(stamp), "Keepwell-Signature": f"v1={sign('secret', stamp, body)}"}

    assert check("secret", headers(now), body)
    assert not check("other", headers(now), body)
    assert not check("secret", headers(now), body + b" ")
    assert not check("secret", headers(now - 3600), body)


def environment() -> dict[str, str]:
    own = ("KEEPWELL_", "DATABASE_URL", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


def run(command: str, folder: Path) -> str:
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.soak
def test_a_backup_made_as_the_page_says_holds_the_facts(tmp_path: Path) -> None:
    commands = [line for block in blocks(how_to("backup.md")) for line in block.text.splitlines()]
    [backup] = [line for line in commands if line.startswith("keepwell backup")]
    [restore] = [line for line in commands if line.startswith("keepwell restore")]
    run(f"keepwell import {DOCS / 'examples' / 'orders.csv'} --currency GBP", tmp_path)
    run(backup, tmp_path)
    run(restore.replace("/var/lib/keepwell", "restored"), tmp_path)
    before, after = (Lake.create(tmp_path / name).imports() for name in ("keepwell-data", "restored"))
    assert before
    assert before == after


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Run ``keepwell serve`` on an empty folder; give its address and what it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "keepwell", "serve", "--port", str(port)]
    log = tmp_path / "printed"
    with log.open("w") as printed:
        server = subprocess.Popen(words, cwd=tmp_path, env=environment(), stdout=printed, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            until = time.monotonic() + PATIENCE
            while status(f"{address}/healthz") != 200:
                assert server.poll() is None, log.read_text()
                assert time.monotonic() < until, log.read_text()
                time.sleep(0.2)
            yield address, log.read_text()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=PATIENCE)


def status(address: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, body, headers or {})) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.soak
def test_a_server_with_nothing_configured_answers_as_the_pages_say(served: tuple[str, str]) -> None:
    address, printed = served
    found = re.search(rf"{address}/welcome/\S+", printed)
    assert found is not None, printed
    assert status(found[0]) == 200
    assert status(f"{address}/welcome/guessed") != 200
    assert status(address, {"Host": "elsewhere.example"}) == 400
    assert status(f"{address}/metrics") == 401
    assert status(f"{address}/v1/track", body=example_event()) == 401, "the example's write key is nobody's"


def example_event() -> bytes:
    """Return what the page on connecting a shop has curl send."""
    [example] = [block.text for block in blocks(how_to("connect-a-shop.md")) if "/v1/track" in block.text]
    body = example[example.index("'") + 1 : example.rindex("'")]
    assert json.loads(body)["event"] == "Order Completed"
    return body.encode()
