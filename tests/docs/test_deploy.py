"""The files in deploy/ are what systemd takes, and they call commands and set variables that exist."""

from __future__ import annotations

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from docs.pages import DOCS, ROOT

from keepwell.cli.main import main

DEPLOY = ROOT / "deploy"
SERVERS = ("keepwell.service", "keepwell-worker.service")
PROGRAM = "/opt/keepwell/bin/keepwell"


def unit(name: str) -> configparser.ConfigParser:
    parsed = configparser.ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(DEPLOY / name, encoding="utf-8")
    return parsed


@pytest.mark.parametrize("name", SERVERS)
def test_unit_starts_a_command_with_options_that_exist(name: str) -> None:
    program, command, *rest = shlex.split(unit(name)["Service"]["ExecStart"])
    found = main.get_command(None, command)
    assert program == PROGRAM
    assert found is not None
    assert found.make_context(command, rest).params["data"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    copies = [tmp_path / path.name for pattern in ("*.service", "*.timer") for path in DEPLOY.glob(pattern)]
    for copy in copies:
        text = (DEPLOY / copy.name).read_text(encoding="utf-8")
        copy.write_text(text.replace(PROGRAM, sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", *map(str, copies)], capture_output=True, text=True, check=False)
    mine = [line for line in done.stderr.splitlines() if "keepwell" in line]
    assert (done.returncode, mine) == (0, [])


def test_backups_and_commands_run_with_the_servers_variables() -> None:
    server = unit("keepwell.service")["Service"]
    backup = (DEPLOY / "keepwell-backup.service").read_text(encoding="utf-8")
    run = (DEPLOY / "keepwell-run").read_text(encoding="utf-8")
    assert f"EnvironmentFile={server['EnvironmentFile']}" in backup
    assert f"EnvironmentFile={server['EnvironmentFile']}" in run
    assert main.get_command(None, "backup") is not None


def test_proxies_lead_to_the_port_that_the_unit_listens_on() -> None:
    command = shlex.split(unit("keepwell.service")["Service"]["ExecStart"])
    place = f"{command[command.index('--host') + 1]}:{command[command.index('--port') + 1]}"
    for name in ("Caddyfile", "nginx.conf"):
        assert place in (DEPLOY / name).read_text(encoding="utf-8")


def test_variables_of_the_environment_file_are_documented() -> None:
    named = re.findall(r"^(?:# )?([A-Z_]+)=", (DEPLOY / "keepwell.env").read_text(encoding="utf-8"), re.MULTILINE)
    page = (DOCS / "reference" / "server-settings.md").read_text(encoding="utf-8")
    assert named
    assert [name for name in named if f"## `{name}`" not in page] == []
