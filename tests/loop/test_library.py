"""The notebook's names, on every kind of table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import keepwell as kw
from keepwell.vocabulary.errors import InputError, KeepwellError
from keepwell.vocabulary.estimate import NotAvailable


def frame(customers: int = 40) -> pd.DataFrame:
    """Return two years of orders in which customer n buys every (20 + n) days."""
    rows = [
        {
            "customer": f"c{n}",
            "order": f"{n}-{k}",
            "total": 10.0 + n % 7,
            "date": pd.Timestamp("2022-01-01") + pd.Timedelta(days=day),
        }
        for n in range(customers)
        for k, day in enumerate(range(5 * n % 300, 730, 20 + n))
    ]
    return pd.DataFrame(rows)


MAKERS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "pandas": lambda log: log,
    "polars": pl.from_pandas,
    "polars lazy": lambda log: pl.from_pandas(log).lazy(),
    "arrow": pa.Table.from_pandas,
    "duckdb": lambda log: duckdb.from_df(log),
    "ibis": ibis.memtable,
}


@pytest.mark.parametrize("kind", MAKERS)
def test_any_kind_of_table_gives_the_same_kpis(kind: str) -> None:
    expected = kw.kpis(kw.facts(frame(), currency="GBP"), "2023")
    found = kw.kpis(kw.facts(MAKERS[kind](frame()), currency="GBP"), "2023")
    pd.testing.assert_frame_equal(found, expected)


def test_every_analysis_runs_on_a_plain_order_log() -> None:
    shop = kw.facts(frame(), currency="GBP", margin_rate=0.4)
    assert kw.cohorts(shop)["size"].min() >= 0
    assert kw.growth(shop, grain="quarter")["active"].sum() > 0
    assert len(kw.rfm(shop)) == 40
    assert kw.segments(shop)["customers"].sum() == 40
    assert kw.migration(shop, since="2023-01-01")["customers"].sum() == 40
    assert kw.new_and_returning(shop)["new_customers"].sum() == 40
    assert kw.concentration(shop)["revenue_share"].iloc[-1] == pytest.approx(1.0)
    assert kw.value_by(shop)["customers"].sum() > 0
    gaps = kw.gaps(shop)
    assert not isinstance(gaps, NotAvailable)
    assert gaps.median > 0
    assert kw.keep_or_win(shop).headline


def test_a_notebook_can_write_the_report(tmp_path: Path) -> None:
    path = kw.report(kw.facts(frame(), currency="GBP"), tmp_path / "report.html")
    assert "Keep or win?" in path.read_text(encoding="utf-8")


def test_the_report_begins_with_a_plan_that_is_handed_in(tmp_path: Path) -> None:
    shop = kw.facts(frame(), currency="GBP")
    stated = {"channels": {"ads": {"spend_per_week": 100, "newcomers_per_week": 5, "ceiling_per_week": 10}}}
    made = kw.allocate(shop, 500, plan=stated, draws=100)
    page = kw.report(shop, tmp_path / "report.html", plan=made).read_text(encoding="utf-8")
    assert "Where the budget goes" in page
    assert "ads" in page


@pytest.mark.parametrize("options", [{"as_of": "2023-06-01"}, {}])
def test_a_plan_of_another_day_or_currency_is_refused(tmp_path: Path, options: dict[str, str]) -> None:
    shop = kw.facts(frame(), currency="GBP")
    other = shop if options else kw.facts(frame(), currency="EUR")
    made = kw.allocate(other, 500, draws=100)
    with pytest.raises(InputError, match="Make the plan on the same facts"):
        kw.report(shop, tmp_path / "report.html", plan=made, **options)


def test_a_chart_takes_what_an_analysis_gives() -> None:
    shop = kw.facts(frame(), currency="GBP")
    for chart in (kw.plot.cohort_heat_map(kw.cohorts(shop)), kw.plot.growth_accounting(kw.growth(shop))):
        assert chart.to_dict()["$schema"]


def test_a_column_that_is_not_recognised_can_be_named() -> None:
    odd = frame().rename(columns={"customer": "Wer", "total": "Wieviel"})
    with pytest.raises(InputError, match="columns="):
        kw.facts(odd)
    named = kw.facts(odd, columns={"customer_id": "Wer", "revenue": "Wieviel"})
    assert len(kw.rfm(named)) == 40


def test_a_column_without_a_single_value_does_no_harm() -> None:
    blank = frame().assign(refund=None)
    assert len(kw.rfm(kw.facts(blank))) == 40
    assert len(kw.rfm(kw.facts(pa.Table.from_pandas(blank)))) == 40


def test_spend_gives_channels() -> None:
    log = frame().assign(channel="ads")
    spend = pd.DataFrame(
        {"spent_on": pd.date_range("2022-01-01", periods=20, freq="MS"), "channel": "ads", "amount": 25.0}
    )
    shop = kw.facts(log, currency="GBP", spend=spend)
    row = kw.channels(shop, "2022", horizon_days=180).iloc[0]
    assert row["cac"] == pytest.approx(12 * 25.0 / row["new_customers"])


@pytest.mark.parametrize(
    "bad", [pd.DataFrame(), pd.DataFrame({"customer": [], "date": [], "total": []}), 7, "orders.csv", None]
)
def test_what_is_no_order_log_is_refused_in_words(bad: Any) -> None:
    with pytest.raises(KeepwellError):
        kw.facts(bad)


def test_a_data_folder_opens_like_a_table(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from keepwell.cli import main

    path = tmp_path / "orders.csv"
    frame().to_csv(path, index=False)
    assert (
        CliRunner().invoke(main, ["import", str(path), "--data", str(tmp_path / "d"), "--currency", "GBP"]).exit_code
        == 0
    )
    shop = kw.open_folder(tmp_path / "d")
    assert len(kw.rfm(shop)) == 40
