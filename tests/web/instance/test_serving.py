"""``keepwell serve`` as a process: one link, a port that is taken, a worker that dies, an end that leaves nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from keepwell.channels.listening import check_port, first_free_port
from keepwell.vocabulary.errors import InputError

PATIENCE = 90


def test_a_port_that_is_taken_is_refused_with_another_to_try():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match="Nothing can listen") as refused:
            check_port("127.0.0.1", port)
        assert f"--port {port % 65535 + 1}" in refused.value.advice
        assert first_free_port("127.0.0.1", port) != port


def children(process: int) -> dict[int, str]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                words = (folder / "cmdline").read_bytes().decode().split("\0")
            except OSError:
                continue
            if int(parent) == process:
                found[int(folder.name)] = " ".join(words)
    return found


def workers(process: int) -> list[int]:
    return [pid for pid, words in children(process).items() if " work " in words]


def wait_for(what):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.2)
    raise AssertionError("it never came about")


@pytest.mark.soak
def test_an_empty_folder_is_served_and_an_end_leaves_nothing_behind(tmp_path):
    port, log = first_free_port("127.0.0.1", 8400), tmp_path / "log"
    command = [sys.executable, "-m", "keepwell", "serve", "--data", str(tmp_path / "new"), "--port", str(port)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KEEPWELL", "DATABASE"))}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    with log.open("w") as file:
        server = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        link = wait_for(lambda: re.search(r"http://\S+/welcome/\S+", log.read_text()))[0]
        wait_for(lambda: "Started worker" in log.read_text())
        with urllib.request.urlopen(link) as page:  # noqa: S310 — our own address
            assert b'name="password"' in page.read()
        first = wait_for(lambda: workers(server.pid))[0]
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: [pid for pid in workers(server.pid) if pid != first])
        everybody = list(children(server.pid))
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=PATIENCE) == 0
        assert not [pid for pid in everybody if Path(f"/proc/{pid}").exists()]
    finally:
        server.kill()
