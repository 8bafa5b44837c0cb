"""Every command as a person runs it: what it prints, what it returns, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from keepwell.cli import main
from keepwell.cli.main import COMMANDS

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    """Return a data folder with the Shopify export, Segment's events of the same shop, and some spend."""
    root = tmp_path_factory.mktemp("shop") / "data"
    spend = root.parent / "spend.csv"
    days = pd.date_range("2010-12-01", "2011-12-09", freq="7D")
    pd.DataFrame({"date": days, "channel": "google_ads", "cost": 50.0, "currency": "GBP"}).to_csv(spend, index=False)
    for path in (shared_data / "exports" / "shopify_orders_export.csv", spend):
        done = CliRunner().invoke(main, ["import", str(path), "--data", str(root), "--json"])
        assert done.exit_code == 0, done.output
    return root


@pytest.fixture
def run(shop: Path) -> Run:
    """Return a function that runs a command on the shop."""

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(main, [*arguments, "--data", str(shop)])

    return call


def parsed(result: Result) -> Any:
    assert result.exit_code == 0, result.output + result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert "Usage:" in result.output


def test_help_lists_every_command() -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    assert all(name in listed for name in COMMANDS)


def test_an_unknown_command_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["guess"]).exit_code == 2


def test_kpis_come_with_numerator_and_denominator(run: Run) -> None:
    values = {
        value["key"]: value for value in parsed(run("kpis", "--period", "2010-12-01..2011-12-31", "--json"))["kpis"]
    }
    assert values["orders"]["value"] == 410
    assert values["average_order_value"]["denominator"] == 410
    assert values["revenue"]["value"] == pytest.approx(136927.06)
    assert values["net_revenue"]["value"] == pytest.approx(136927.06 - 2175.22)


def test_revenue_may_include_shipping(run: Run) -> None:
    shown = parsed(
        run("kpis", "--period", "2010-12-01..2011-12-31", "--include", "items", "--include", "shipping", "--json")
    )
    values = {value["key"]: value["value"] for value in shown["kpis"]}
    assert values["revenue"] == pytest.approx(141090.06)


def test_kpis_as_a_table_say_period_currency_and_zone(run: Run) -> None:
    shown = run("kpis", "--only", "orders", "--explain").output
    assert "GBP" in shown
    assert "UTC" in shown
    assert "count of orders" in shown


def test_an_unknown_kpi_is_refused_with_the_known_ones(run: Run) -> None:
    result = run("kpis", "--only", "luck")
    assert result.exit_code == 1
    assert "average_order_value" in result.stderr


def test_a_refusal_is_json_when_json_was_asked_for(run: Run) -> None:
    result = run("kpis", "--by", "luck", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == "attribute.unknown"


@pytest.mark.parametrize("period", ["2011-13", "yesterday", "2011-02..2011-01"])
def test_a_period_that_cannot_be_read_is_wrong_usage(run: Run, period: str) -> None:
    assert run("kpis", "--period", period).exit_code == 2


def test_growth_accounts_for_every_active_customer(run: Run) -> None:
    for month in parsed(run("growth", "--json")):
        assert month["active"] == month["new"] + month["retained"] + month["resurrected"]


def test_cohorts_leave_cells_blank_that_are_not_over(run: Run) -> None:
    cells = parsed(run("cohorts", "--json"))
    assert {cell["retention"] is None for cell in cells if not cell["is_observed"]} == {True}


def test_segments_share_out_every_customer(run: Run) -> None:
    assert sum(row["customers"] for row in parsed(run("segments", "--json"))) == 150


def test_customers_can_be_written_to_a_file(run: Run, tmp_path: Path) -> None:
    for name in ("customers.csv", "customers.parquet"):
        assert run("segments", "--customers", "--out", str(tmp_path / name)).exit_code == 0
    written = pd.read_csv(tmp_path / "customers.csv"), pd.read_parquet(tmp_path / "customers.parquet")
    assert [len(frame) for frame in written] == [150, 150]


def test_another_ending_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("growth", "--out", str(tmp_path / "growth.docx"))
    assert result.exit_code == 1
    assert ".csv or .parquet" in result.stderr


def test_channels_show_spend_and_customers_side_by_side(run: Run) -> None:
    rows = {row["channel"]: row for row in parsed(run("channels", "--horizon-days", "90", "--json"))}
    assert rows["google_ads"]["spend"] > 0


def test_decide_answers_and_says_what_is_not_known(run: Run) -> None:
    answer = parsed(run("decide", "--json"))
    assert answer["lean"] in {"keep", "win", "spend less", "cannot tell yet"}
    assert answer["headline"]
    assert answer["not_identified"]


def test_decide_prints_the_answer_first(run: Run) -> None:
    assert run("decide", "--brief").output.startswith("Keep or win?")


@pytest.mark.parametrize("command", [["mrr"], ["funnel", "--step", "a", "--step", "b"]])
def test_what_is_missing_is_said_with_what_would_fill_it(run: Run, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 1
    assert "keepwell import" in result.stderr


def test_the_report_is_one_file(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    told = parsed(run("report", "--out", str(out), "--json"))
    assert told["bytes"] == out.stat().st_size
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_settings_are_kept_and_shown(tmp_path: Path) -> None:
    arguments = ["settings", "--data", str(tmp_path), "--json"]
    CliRunner().invoke(
        main, [*arguments, "--currency", "pln", "--margin", "0.3", "--time-zone", "Europe/Warsaw", "--rate", "EUR=4.3"]
    )
    shown = parsed(CliRunner().invoke(main, arguments))
    assert (shown["currency"], shown["margin_rate"], shown["margin_is_assumed"]) == ("PLN", 0.3, False)
    assert shown["rates"] == {"EUR": "4.3"}


@pytest.mark.parametrize("wrong", [["--margin", "2"], ["--time-zone", "Mars/Base"], ["--currency", "pounds"]])
def test_a_setting_out_of_range_is_refused_and_nothing_saved(tmp_path: Path, wrong: list[str]) -> None:
    result = CliRunner().invoke(main, ["settings", "--data", str(tmp_path), *wrong])
    assert result.exit_code == 1
    assert not (tmp_path / "business.toml").exists()


def test_an_import_is_listed_undone_and_brought_back(tmp_path: Path, shared_data: Path) -> None:
    data, path = str(tmp_path / "data"), str(shared_data / "exports" / "stripe_charges.jsonl")
    import_id = parsed(CliRunner().invoke(main, ["import", path, "--data", data, "--json"]))["import_id"]
    assert [
        row["counts"] for row in parsed(CliRunner().invoke(main, ["imports", "list", "--data", data, "--json"]))
    ] == [True]
    assert CliRunner().invoke(main, ["imports", "undo", import_id[:8], "--data", data]).exit_code == 0
    refused = CliRunner().invoke(main, ["kpis", "--data", data])
    assert refused.exit_code == 1
    assert "every import was undone" in refused.stderr
    assert parsed(CliRunner().invoke(main, ["import", path, "--data", data, "--json"]))["rows_kept"] == 410


def test_many_small_imports_are_merged_by_themselves(tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "orders.csv"
    for number in range(9):
        path.write_text(f"order,customer,date,total,currency\n{number},ann,2024-01-0{number + 1},9.50,GBP\n")
        assert CliRunner().invoke(main, ["import", str(path), "--data", str(data)]).exit_code == 0
    assert len(list((data / "lake" / "orders").glob("*.parquet"))) < 9
    shown = parsed(CliRunner().invoke(main, ["kpis", "--only", "orders", "--data", str(data), "--json"]))
    assert shown["kpis"][0]["value"] == 9


def test_a_dry_run_shows_the_mapping_and_keeps_nothing(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order,customer,date,total,currency\n1,ann,2024-01-05,9.50,GBP\n2,bo,2024-01-06,3,GBP\n")
    result = CliRunner().invoke(main, ["import", str(path), "--data", str(tmp_path / "data"), "--dry-run"])
    assert result.exit_code == 0
    assert "customer_id" in result.output
    assert "nothing was changed" in result.output
    listed = CliRunner().invoke(main, ["imports", "list", "--data", str(tmp_path / "data"), "--json"])
    assert parsed(listed) == []


def test_a_mapping_is_remembered_for_files_like_it(tmp_path: Path) -> None:
    data, path = str(tmp_path / "data"), tmp_path / "orders.csv"
    path.write_text("nr,who,day,sum\n1,ann,2024-01-05,9.50\n2,bo,2024-01-06,3\n")
    given = ["--map", "order_id=nr", "--map", "customer_id=who", "--map", "ordered_at=day", "--map", "amount=sum"]
    assert CliRunner().invoke(main, ["import", str(path), "--data", data, *given]).exit_code == 0
    path.write_text("nr,who,day,sum\n3,cy,2024-01-07,1\n")
    again = CliRunner().invoke(main, ["import", str(path), "--data", data])
    assert again.exit_code == 0, again.output + again.stderr
    assert "the one saved" in again.output


def test_a_forgotten_customer_is_gone_from_facts_and_error_files(tmp_path: Path) -> None:
    data, path = tmp_path / "data", tmp_path / "orders.csv"
    path.write_text(
        "order,customer,date,total,currency\n"
        "1,ann@example.com,2024-01-05,9.50,GBP\n2,bo@example.com,2024-01-06,3,GBP\n3,ann@example.com,never,3,GBP\n"
    )
    CliRunner().invoke(main, ["import", str(path), "--data", str(data)])
    told = parsed(CliRunner().invoke(main, ["forget", "ann@example.com", "--yes", "--data", str(data), "--json"]))
    assert (told["rows"]["orders"], told["refused_rows"]) == (1, 1)
    assert not any(b"ann@example.com" in file.read_bytes() for file in data.rglob("*") if file.is_file())


def test_forgetting_asks_first(tmp_path: Path, shop: Path) -> None:
    result = CliRunner().invoke(main, ["forget", "nobody", "--data", str(shop)], input="n\n")
    assert result.exit_code == 1


@pytest.mark.parametrize("command", [["kpis"], ["decide"], ["report"], ["cohorts"], ["imports", "list"], ["compact"]])
def test_without_facts_every_command_says_how_to_begin(tmp_path: Path, command: list[str]) -> None:
    result = CliRunner().invoke(main, [*command, "--data", str(tmp_path / "nothing")])
    assert result.exit_code == 1
    assert "keepwell import" in result.stderr
    assert not (tmp_path / "nothing").exists()


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["import", str(tmp_path / "none.csv"), "--data", str(tmp_path / "data")])
    assert result.exit_code == 1
    assert "none.csv" in result.stderr
