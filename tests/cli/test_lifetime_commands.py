"""``keepwell clv`` and ``keepwell churn``: what they print, write and refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from shops import CUSTOMERS, orders, subscriptions

from keepwell.cli import main
from keepwell.cli.written import batch_file
from keepwell.vocabulary.errors import InputError


def imported(frame: pd.DataFrame, folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "rows.csv", index=False)
    command = ["import", str(folder / "rows.csv"), "--data", str(folder / "data"), "--currency", "EUR", *options]
    done = CliRunner().invoke(main, [*command, "--json"])
    assert done.exit_code == 0, done.output + done.stderr
    return folder / "data"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported(orders(), tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def club(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return imported(subscriptions(), tmp_path_factory.mktemp("club"), "--kind", "subscriptions")


def run(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--data", str(data)])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.output + result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def valued(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return what ``keepwell clv`` prints as JSON, and the file that it wrote."""
    out = tmp_path_factory.mktemp("out") / "customers.parquet"
    shown = told(run(shop, "clv", "--horizon", "180d", "--by", "country", "--top", "3", "--out", str(out), "--json"))
    return shown, pd.read_parquet(out)


def test_the_total_is_the_sum_over_the_customers_in_the_file(valued: tuple[dict[str, Any], pd.DataFrame]) -> None:
    shown, customers = valued
    assert customers["value"].sum() == pytest.approx(shown["totals"]["value"]["value"], rel=1e-9)
    assert customers["expected_orders"].sum() == pytest.approx(shown["totals"]["orders"]["value"], rel=1e-9)


def test_every_customer_is_in_the_file_once(valued: tuple[dict[str, Any], pd.DataFrame]) -> None:
    shown, customers = valued
    assert customers["customer_id"].is_unique
    assert len(customers) == shown["customers"] == CUSTOMERS


def test_the_top_are_the_most_valuable_of_the_file(valued: tuple[dict[str, Any], pd.DataFrame]) -> None:
    shown, customers = valued
    best = customers.nlargest(3, "value")["customer_id"].tolist()
    assert [row["customer_id"] for row in shown["top"]] == best


def test_the_validation_says_how_far_each_forecast_was_off(valued: tuple[dict[str, Any], pd.DataFrame]) -> None:
    validation = valued[0]["validation"]
    for forecast in validation["forecasts"]:
        score = forecast["orders"]
        assert score["bias"] == pytest.approx(score["predicted"]["value"] / validation["orders"] - 1)
    assert validation["forecasts"][-2]["label"] == "Same as before"


def test_newcomers_are_told_by_group_as_margin(valued: tuple[dict[str, Any], pd.DataFrame]) -> None:
    groups = {group["group"]: group for group in valued[0]["newcomers"]["groups"]}
    assert set(groups) == {"DE", "PL"}
    for group in groups.values():
        parts = group["first_order"]["value"] + group["later"]["value"]
        assert group["value"]["value"] == pytest.approx(parts, rel=1e-6)


def test_the_holdout_is_as_long_as_asked(shop: Path) -> None:
    shown = told(run(shop, "clv", "--holdout", "12w", "--json"))
    assert shown["validation"]["days"] == 84


@pytest.mark.parametrize("asked", [["--holdout"], ["--holdout", "12w"]])
def test_the_holdout_is_shown_with_the_naive_forecasts_and_calibration(shop: Path, asked: list[str]) -> None:
    shown = run(shop, "clv", *asked).output
    for words in ("MAE", "RMSE", "Same as before", "Nobody buys again", "Repeat purchases before", "7+", "Log loss"):
        assert words in shown


def test_a_model_can_be_asked_for(shop: Path) -> None:
    shown = told(run(shop, "clv", "--model", "pareto-nbd", "--top", "0", "--json"))
    assert (shown["model"]["label"], shown["top"]) == ("Pareto/NBD", [])


def test_margin_discount_and_conventions_are_said(shop: Path) -> None:
    shown = run(shop, "clv", "--top", "1").output
    assert "Contribution margin is 50.0% of revenue, assumed" in shown
    assert "An occasion is a local day" in shown


def test_a_customer_named_like_a_formula_does_no_harm_in_a_spreadsheet(shop: Path, tmp_path: Path) -> None:
    out = tmp_path / "customers.csv"
    assert run(shop, "clv", "--out", str(out)).exit_code == 0
    names = pd.read_csv(out)["customer_id"].tolist()
    assert "'=c3" in names
    assert len(names) == CUSTOMERS


@pytest.mark.parametrize(
    "wrong",
    [["--horizon", "soon"], ["--horizon", "0d"], ["--holdout", "much"], ["--model", "luck"], ["--top", "-1"]],
)
def test_wrong_options_are_wrong_usage(shop: Path, wrong: list[str]) -> None:
    assert run(shop, "clv", *wrong).exit_code == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (["--by", "luck"], "attribute.unknown"),
        (["--holdout", "5y"], "clv.split"),
        (["--out", "customers.docx"], "out.ending"),
        (["--out", "nowhere/customers.csv"], "out.file"),
        (["--as-of", "2022-01-01"], "period.before_log"),
    ],
)
def test_what_cannot_be_done_is_refused_by_code(shop: Path, wrong: list[str], code: str) -> None:
    result = run(shop, "clv", *wrong, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["code"] == code


def test_too_few_repeat_purchases_are_said_in_one_line(tmp_path: Path) -> None:
    once = orders().drop_duplicates("customer").head(50)
    result = run(imported(once, tmp_path), "clv")
    assert result.exit_code == 1
    assert "Not enough repeat purchases" in result.stderr


def test_subscriptions_alone_have_no_order_value(club: Path) -> None:
    result = run(club, "clv")
    assert result.exit_code == 1
    assert "keepwell churn" in result.stderr


def test_half_a_file_is_never_left(tmp_path: Path) -> None:
    path, batch = tmp_path / "customers.csv", pa.record_batch({"customer_id": ["a"]})
    path.write_text("what was there")

    def interrupted() -> None:
        with batch_file(path, batch.schema) as write:
            write(batch)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "what was there"
    assert [item.name for item in tmp_path.iterdir()] == ["customers.csv"]


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"), batch_file(tmp_path / "nowhere" / "x.csv", pa.schema([])):
        pass


@pytest.fixture(scope="module")
def risky(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return what ``keepwell churn`` prints as JSON, and the file that it wrote."""
    out = tmp_path_factory.mktemp("out") / "customers.csv"
    shown = told(run(shop, "churn", "--window", "60d", "--by", "country", "--features", "--out", str(out), "--json"))
    return shown, pd.read_csv(out)


def test_the_bands_hold_every_customer_of_the_file(risky: tuple[dict[str, Any], pd.DataFrame]) -> None:
    shown, customers = risky
    counted = customers["band"].value_counts().to_dict()
    assert {band["name"]: band["customers"] for band in shown["orders"]["bands"] if band["customers"]} == counted


def test_risk_by_group_adds_up(risky: tuple[dict[str, Any], pd.DataFrame]) -> None:
    shown, customers = risky
    assert sum(group["customers"] for group in shown["groups"]) == len(customers)
    mean = sum(group["customers"] * group["no_order"] for group in shown["groups"]) / len(customers)
    assert mean == pytest.approx(customers["no_order_probability"].mean())


def test_reasons_come_with_every_customer_where_features_were_asked_for(
    risky: tuple[dict[str, Any], pd.DataFrame],
) -> None:
    shown, customers = risky
    assert shown["features"]["reasons"]
    assert customers["reasons"].str.contains("associated with").any()
    assert customers["leaving_probability"].between(0, 1).all()


def test_churn_says_how_well_it_tells_and_what_it_does_not(shop: Path) -> None:
    shown = run(shop, "churn", "--window", "60d", "--holdout").output
    for words in ("Came true", "AUC", "Brier", "ECE", "everybody at the average", "decided by uplift"):
        assert words in shown


def test_a_window_longer_than_the_log_is_refused_with_the_reason(shop: Path) -> None:
    result = run(shop, "churn", "--window", "5y")
    assert result.exit_code == 1
    assert "not enough history" in result.stderr


def test_subscribers_are_followed_by_renewal(club: Path) -> None:
    shown = told(run(club, "churn", "--by", "plan", "--json"))
    found = shown["subscriptions"]
    assert shown["orders"] is None
    assert {group["name"] for group in found["groups"]} == {"basic", "pro"}
    assert sum(group["active"] for group in found["groups"]) == found["active"]
    assert found["forecast"][0]["survival"]["value"] == 1


def test_subscribers_are_shown_with_survival_value_and_holdout(club: Path, tmp_path: Path) -> None:
    out = tmp_path / "payers.parquet"
    shown = run(club, "churn", "--by", "plan", "--holdout", "--out", str(out)).output
    for words in ("Survival and retention", "Months ahead", "held out", "contribution margin in today's money"):
        assert words in shown
    assert len(pd.read_parquet(out)) > 100


def test_features_of_subscribers_say_why_there_are_none(club: Path) -> None:
    shown = told(run(club, "churn", "--features", "--window", "30d", "--as-of", "2022-06-01", "--json"))
    assert "not enough" in shown["features"]["not_available"]


def test_subscriptions_that_are_not_there_are_refused(shop: Path) -> None:
    result = run(shop, "churn", "--kind", "subscriptions")
    assert result.exit_code == 1
    assert "keepwell import" in result.stderr
