"""``keepwell decide --budget``: the plan, what cannot be planned, explanations and scenarios, as a person runs it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from keepwell.cli import main

FIRST, WEEKS = date(2022, 1, 3), 90
PLAN = """
[levers.mail]
contact_cost = 0.3
effect_low = 0.0
effect_high = 0.2
"""
Decide = Callable[..., Result]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the orders of a shop that wins more customers the more it spends on ads."""
    root = tmp_path_factory.mktemp("budget")
    rng = np.random.default_rng(3)
    spend = 600 * np.exp(0.5 * rng.standard_normal(WEEKS))
    rows = []
    for week in range(WEEKS):
        for person in range(rng.poisson(5 + 12 * spend[week] / (spend[week] + 600))):
            for order, after in enumerate(np.cumsum(np.concatenate(([0], rng.exponential(70, rng.poisson(1.5)))))):
                day = FIRST + timedelta(days=7 * week + int(after) + int(rng.integers(7)))
                if day < FIRST + timedelta(days=7 * WEEKS):
                    rows.append((f"{week}-{person}-{order}", f"c{week}-{person}", day, 160.0))
    pd.DataFrame(rows, columns=["order", "customer", "date", "total"]).to_csv(root / "orders.csv", index=False)
    weeks = [FIRST + timedelta(days=7 * week) for week in range(WEEKS)]
    ads = pd.DataFrame({"date": weeks, "channel": "ads", "cost": spend.round(2), "conversions": 14})
    ads.to_csv(root / "spend.csv", index=False)
    (root / "plan.toml").write_text(PLAN)
    run("import", root / "orders.csv", "--data", root / "data", "--currency", "GBP", "--margin", "0.4")
    return root


@pytest.fixture(scope="module")
def planned(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of data with the spend imported too."""
    data = tmp_path_factory.mktemp("planned") / "data"
    shutil.copytree(folder / "data", data)
    run("import", folder / "spend.csv", "--data", data)
    return data


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in arguments])
    assert result.exit_code == 0, result.output + result.stderr
    return result


def decide(data: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["decide", "--data", str(data), *(str(word) for word in arguments)])


def plan_of(data: Path, *arguments: object) -> Any:
    result = decide(data, "--budget", 5000, "--json", *arguments)
    assert result.exit_code == 0, result.output + result.stderr
    return json.loads(result.stdout)


def with_spend(folder: Path, tmp_path: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    """Return a copy of the data folder into which a changed spend file was imported."""
    shutil.copytree(folder / "data", tmp_path / "data")
    change(pd.read_csv(folder / "spend.csv", parse_dates=["date"])).to_csv(tmp_path / "spend.csv", index=False)
    run("import", tmp_path / "spend.csv", "--data", tmp_path / "data")
    return tmp_path / "data"


def test_the_plan_prints_the_next_unit_the_split_the_thresholds_and_the_experiment(planned: Path, folder: Path) -> None:
    shown = " ".join(decide(planned, "--budget", 5000, "--plan", folder / "plan.toml").output.split())
    for said in (
        "The next £100 brings", "keeping beats winning with a probability", "The split", "regression", "stated",
        "Marginal return of each side", "What would change it", "Next experiment", "Assumptions",
    ):  # fmt: skip
        assert said in shown


def test_brief_leaves_the_tables_of_the_background_out(planned: Path) -> None:
    shown = decide(planned, "--budget", 5000, "--brief").output
    assert "The split" in shown
    assert "Assumptions" not in shown


def test_an_item_is_opened_down_to_its_evidence(planned: Path) -> None:
    shown = decide(planned, "--budget", 5000, "--explain", "ads").output
    for said in (
        "What went in",
        "90 rows",
        "What came out",
        "margin of a newcomer",
        "What was assumed",
        "make it better",
    ):
        assert said in shown


def test_an_item_that_is_not_there_names_those_that_are(planned: Path) -> None:
    result = decide(planned, "--budget", 5000, "--explain", "television")
    assert result.exit_code == 1
    assert "Choose from: ads" in result.stderr


def test_whom_to_treat_is_written_with_who_is_held_out(planned: Path, folder: Path, tmp_path: Path) -> None:
    result = decide(
        planned, "--budget", 5000, "--plan", folder / "plan.toml", "--people", tmp_path / "whom.csv", "--holdout", 0.2
    )
    assert result.exit_code == 0, result.stderr
    rows = pd.read_csv(tmp_path / "whom.csv")
    assert set(rows["arm"]) == {"treat", "hold out"}
    assert f"Wrote {len(rows):,} customers" in result.output
    assert "Whom to treat" in result.output


def test_a_list_in_which_nobody_is_held_out_says_so(planned: Path, folder: Path, tmp_path: Path) -> None:
    given = ("--budget", 5000, "--plan", folder / "plan.toml", "--people", tmp_path / "whom.parquet")
    result = decide(planned, *given)
    assert "--holdout 0.1" in " ".join(result.output.split())
    assert set(pd.read_parquet(tmp_path / "whom.parquet")["arm"]) == {"treat"}


def test_a_list_is_not_written_over_a_file_unless_forced(planned: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "whom.csv").write_text("mine")
    given = ("--budget", 5000, "--plan", folder / "plan.toml", "--people", tmp_path / "whom.csv")
    refused = decide(planned, *given)
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    assert (tmp_path / "whom.csv").read_text() == "mine"
    assert decide(planned, *given, "--force").exit_code == 0
    assert (tmp_path / "whom.csv").read_text() != "mine"


def test_a_customer_s_name_cannot_act_as_a_formula_in_the_list(folder: Path, tmp_path: Path) -> None:
    log = pd.read_csv(folder / "orders.csv").assign(customer=lambda rows: "=" + rows["customer"])
    log.to_csv(tmp_path / "orders.csv", index=False)
    run("import", tmp_path / "orders.csv", "--data", tmp_path / "data", "--currency", "GBP", "--margin", "0.4")
    given = ("--budget", 5000, "--plan", folder / "plan.toml", "--people", tmp_path / "whom.csv")
    result = decide(tmp_path / "data", *given)
    assert result.exit_code == 0, result.stderr
    assert pd.read_csv(tmp_path / "whom.csv")["customer_id"].str.startswith("'=").all()


def test_nobody_is_told_with_the_pilot_to_run_and_its_list_is_written_when_asked(planned: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("[levers.mail]\ncontact_cost = 2\neffect_low = -0.2\neffect_high = 0.1\n")
    given = ("--budget", 5000, "--plan", tmp_path / "plan.toml", "--people", tmp_path / "whom.csv")
    refused = decide(planned, *given)
    assert refused.exit_code == 1
    assert "Nobody: " in refused.stderr
    assert "Run this pilot" in refused.stderr
    assert not (tmp_path / "whom.csv").exists()
    result = decide(planned, *given, "--pilot", "--json")
    assert result.exit_code == 0, result.stderr
    tried = json.loads(result.stdout)["pilot"]
    counts = pd.read_csv(tmp_path / "whom.csv")["arm"].value_counts()
    assert counts.to_dict() == {"treat": tried["per_arm"], "hold out": tried["per_arm"]}


@pytest.mark.parametrize("given", [["--pilot"], ["--force"]])
def test_what_belongs_to_a_list_of_people_asks_for_its_file(planned: Path, given: list[str]) -> None:
    result = decide(planned, "--budget", 5000, *given)
    assert result.exit_code == 1
    assert "--people" in result.stderr


def test_a_hurdle_and_risk_aversion_spend_less(planned: Path) -> None:
    plain = plan_of(planned)["plan"]["spent"]
    assert plan_of(planned, "--hurdle", 1)["plan"]["spent"] < plain
    assert plan_of(planned, "--risk-aversion", 1)["plan"]["spent"] < plain


def test_scenarios_are_saved_listed_compared_and_removed(planned: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(planned, data)
    for name, budget in (("small", 1000), ("large", 5000)):
        assert "Saved" in decide(data, "--budget", budget, "--save", name, "--brief").output
    listed = json.loads(decide(data, "--scenarios", "--json").stdout)
    assert {one["name"]: one["plan"]["budget"] for one in listed} == {"small": 1000, "large": 5000}
    side_by_side = decide(data, "--compare", "small", "--compare", "large").output
    assert all(word in side_by_side for word in ("small", "large", "expected gain", "ads"))
    assert decide(data, "--remove", "small").exit_code == 0
    refused = decide(data, "--compare", "small")
    assert refused.exit_code == 1
    assert "Saved: large" in refused.stderr
    assert not list((data / "scenarios").glob(".*"))


def test_a_plan_is_put_beside_a_saved_one(planned: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(planned, data)
    decide(data, "--budget", 1000, "--save", "now")
    shown = decide(data, "--budget", 5000, "--compare", "now").output
    assert "this plan" in shown


@pytest.mark.parametrize("name", ["../outside", "", "a/b", ".hidden"])
def test_a_scenario_cannot_be_called_like_a_path(planned: Path, name: str) -> None:
    result = decide(planned, "--budget", 1000, "--save", name)
    assert result.exit_code == 1
    assert "cannot be called" in result.stderr


@pytest.mark.parametrize(
    "given",
    [
        ["--period", "2023-10"],
        ["--hurdle", "1"],
        ["--save", "a"],
        ["--explain", "ads"],
        ["--people", "a.csv"],
        ["--holdout", "0.1"],
    ],
)
def test_what_belongs_to_a_plan_asks_for_its_budget(planned: Path, given: list[str]) -> None:
    result = decide(planned, *given)
    assert result.exit_code == 1
    assert "--budget" in result.stderr


def test_a_period_that_is_over_is_refused(planned: Path) -> None:
    result = decide(planned, "--budget", 5000, "--period", "2022-05")
    assert result.exit_code == 1
    assert "--as-of" in result.stderr


def test_a_key_that_is_not_known_is_refused_by_file_and_name(planned: Path, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("[levers.mail]\ncontact_costs = 1\n")
    result = decide(planned, "--budget", 100, "--plan", tmp_path / "plan.toml")
    assert result.exit_code == 1
    assert "contact_costs" in result.stderr
    assert "plan.toml" in result.stderr


def test_without_spend_the_budget_is_not_split_but_the_thresholds_stand(folder: Path) -> None:
    shown = decide(folder / "data", "--budget", 5000).output
    assert "£5,000 cannot be split" in shown
    assert "keepwell import spend.csv" in " ".join(shown.split())
    assert "What would change it" in shown
    found = plan_of(folder / "data")
    assert "not_available" in found["plan"]
    assert found["answer"]["thresholds"]


def questions(found: Any) -> str:
    return " ".join(f"{one['question']} {one['needs']}" for one in found["not_identified"])


def test_too_short_a_history_keeps_the_platform_s_grade(folder: Path, tmp_path: Path) -> None:
    found = plan_of(with_spend(folder, tmp_path, lambda spend: spend.tail(12)))
    assert "the history has 12 weeks" in questions(found)
    assert "at least 26 weeks" in questions(found)
    assert found["plan"]["items"][0]["evidence"] == "reported by the platform"


def test_constant_spend_says_how_to_vary_it(folder: Path, tmp_path: Path) -> None:
    found = plan_of(with_spend(folder, tmp_path, lambda spend: spend.assign(cost=500.0)))
    assert "its spend hardly varies" in questions(found)
    assert "pause it in some regions" in questions(found)
    assert found["plan"]["items"][0]["evidence"] == "reported by the platform"


def test_collinear_channels_are_told_together_only(folder: Path, tmp_path: Path) -> None:
    def twice(spend: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([spend, spend.assign(channel="video", cost=spend["cost"] * 0.5)])

    found = plan_of(with_spend(folder, tmp_path, twice))
    assert "its spend moves with" in questions(found)
    assert "while video stays" in questions(found)
    assert {one["evidence"] for one in found["plan"]["items"]} == {"reported by the platform"}


def test_spend_that_nobody_claims_anything_of_says_nothing(folder: Path, tmp_path: Path) -> None:
    found = plan_of(with_spend(folder, tmp_path, lambda spend: spend.tail(12).drop(columns="conversions")))
    assert "not_available" in found["plan"]
    assert "Until then nothing is said of this channel" in questions(found)


def test_spend_in_another_currency_needs_a_rate_to_be_brought_in(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "spend.csv").write_text("date,channel,cost,currency\n2023-01-02,ads,500,USD\n")
    shutil.copytree(folder / "data", tmp_path / "data")
    result = CliRunner().invoke(main, ["import", str(tmp_path / "spend.csv"), "--data", str(tmp_path / "data")])
    assert result.exit_code == 1
    assert "--rate USD=" in result.stderr


def test_spend_whose_rate_is_gone_asks_for_it_and_then_plans(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "data", tmp_path / "data")
    spend = pd.read_csv(folder / "spend.csv").assign(currency="USD")
    spend.to_csv(tmp_path / "spend.csv", index=False)
    run("import", tmp_path / "spend.csv", "--data", tmp_path / "data", "--rate", "USD=0.8")
    settings = tmp_path / "data" / "business.toml"
    kept = settings.read_text().partition("[rates]")[0]
    settings.write_text(kept)
    refused = decide(tmp_path / "data", "--budget", 5000)
    assert refused.exit_code == 1
    assert "What spend brings cannot be told" in refused.stderr
    assert "keepwell settings --rate USD=" in refused.stderr
    run("settings", "--rate", "USD=0.8", "--data", tmp_path / "data")
    assert plan_of(tmp_path / "data")["plan"]["items"][0]["evidence"] == "regression on history"


def test_negative_spend_is_named_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    def credited(spend: pd.DataFrame) -> pd.DataFrame:
        return spend.assign(cost=spend["cost"].where(spend.index != 40, -120.0))

    found = plan_of(with_spend(folder, tmp_path, credited))
    assert "1 row below 0" in questions(found)
    assert "Book a credit" in questions(found)
    assert found["plan"]["items"][0]["evidence"] == "regression on history"


def test_spend_that_is_negative_throughout_is_named_too(folder: Path, tmp_path: Path) -> None:
    found = plan_of(with_spend(folder, tmp_path, lambda spend: spend.assign(cost=-spend["cost"])))
    assert "90 rows below 0" in questions(found)
    assert "there is no spend" in questions(found)


def test_orders_must_be_there(tmp_path: Path, folder: Path) -> None:
    run("import", folder / "spend.csv", "--data", tmp_path / "data", "--currency", "GBP")
    result = decide(tmp_path / "data", "--budget", 5000)
    assert result.exit_code == 1
    assert "keepwell import orders.csv" in result.stderr


def test_the_report_begins_with_where_the_budget_goes(planned: Path, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    run("report", "--data", planned, "--budget", 5000, "--plan", folder / "plan.toml", "--out", out)
    page = out.read_text(encoding="utf-8")
    assert "Where the budget goes" in page
    assert "ads" in page
    assert "mail" in page


def test_a_report_with_a_budget_asks_for_a_rate_that_is_gone(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "data", tmp_path / "data")
    pd.read_csv(folder / "spend.csv").assign(currency="USD").to_csv(tmp_path / "spend.csv", index=False)
    run("import", tmp_path / "spend.csv", "--data", tmp_path / "data", "--rate", "USD=0.8")
    settings = tmp_path / "data" / "business.toml"
    settings.write_text(settings.read_text().partition("[rates]")[0])
    given = ["report", "--data", str(tmp_path / "data"), "--budget", "5000", "--out", str(tmp_path / "r.html")]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 1
    assert "What spend brings cannot be told" in result.stderr


@pytest.mark.parametrize("given", [["--save", "../outside"], ["--compare", "nothing"]])
def test_a_wrong_scenario_is_refused_before_the_list_of_people_is_written(
    planned: Path, folder: Path, tmp_path: Path, given: list[str]
) -> None:
    people = tmp_path / "whom.csv"
    result = decide(planned, "--budget", 1000, "--plan", folder / "plan.toml", "--people", people, *given)
    assert result.exit_code == 1
    assert not people.exists()
