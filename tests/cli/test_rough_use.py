"""Commands on terminals, disks and hands that are not gentle with them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from keepwell.cli import main

HEADER = "order_id,customer,order_date,amount,currency,country\n"
ROWS = "".join(f"o{i},c{i % 9},2023-0{1 + i % 9}-11,{10 + i}.50,GBP,Österreich\n" for i in range(40))
COMMAND = [sys.executable, "-c", "from keepwell.cli import main; main()"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rough")
    (folder / "orders.csv").write_text(HEADER + ROWS)
    done = CliRunner().invoke(main, ["import", str(folder / "orders.csv"), "--data", str(folder / "data"), "--json"])
    assert done.exit_code == 0, done.output
    return folder / "data"


@pytest.mark.parametrize("asked", [["kpis", "--by", "country"], ["kpis", "--by", "country", "--json"]])
def test_a_terminal_of_ascii_shows_what_it_can(data: Path, asked: list[str]) -> None:
    done = subprocess.run(
        [*COMMAND, *asked, "--data", str(data)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    if "--json" in asked:
        assert "Österreich" in {value["group"] for value in json.loads(done.stdout)["kpis"]}
    else:
        assert b"?sterreich" in done.stdout


def test_output_that_cannot_be_written_is_said_in_one_line(data: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*COMMAND, "kpis", "--data", str(data)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["✗ The output cannot be written: No space left on device."]


def test_an_interrupted_import_ends_as_shells_expect_and_keeps_nothing(tmp_path: Path) -> None:
    pipe = tmp_path / "orders.csv"
    many = "".join(f"o{i},c{i % 9},2023-01-11,1.50,GBP,PL\n" for i in range(400_000))
    pipe.write_text(HEADER + many)
    data = tmp_path / "data"
    with subprocess.Popen(
        [*COMMAND, "import", str(pipe), "--data", str(data)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        while running.poll() is None and not list(data.glob("lake/_staging/*/*.parquet")):
            pass
        running.send_signal(signal.SIGINT)
        said = running.communicate()[1]
    assert running.returncode == 130
    assert said.strip() == "Interrupted; nothing was changed."
    listed = CliRunner().invoke(main, ["imports", "list", "--data", str(data), "--json"])
    assert json.loads(listed.stdout) == []


@pytest.mark.parametrize(
    "wrong",
    [
        ["decide", "--seed", "-1"],
        ["report", "--seed", "-1"],
        ["personas", "--seed", "-1"],
        ["kpis", "--period", "0001"],
        ["kpis", "--period", "9999"],
        ["kpis", "--period", "1969-12"],
    ],
)
def test_numbers_out_of_range_are_wrong_usage(data: Path, wrong: list[str]) -> None:
    assert CliRunner().invoke(main, [*wrong, "--data", str(data)]).exit_code == 2


def test_control_characters_in_the_facts_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path, data = tmp_path / "orders.csv", str(tmp_path / "data")
    path.write_text(HEADER + ROWS.replace("Österreich", "\x1b[31m[red]evil"))
    CliRunner().invoke(main, ["import", str(path), "--data", data])
    told = CliRunner().invoke(main, ["kpis", "--by", "country", "--only", "orders", "--data", data]).output
    assert "␛[31m[red]evil" in told
    assert "\x1b" not in told


def test_somebody_unknown_cannot_be_forgotten(data: Path) -> None:
    done = CliRunner().invoke(main, ["forget", "nobody", "--yes", "--data", str(data), "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == "customer.unknown"


def test_a_cluster_that_does_not_answer_is_said(data: Path) -> None:
    pytest.importorskip("pyspark", reason="Spark is an extra")
    done = subprocess.run(
        [*COMMAND, "kpis", "--engine", "spark://localhost:1", "--data", str(data), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "engine.unreachable"
    assert "Traceback" not in done.stderr
