"""The whole of Online Retail II against an independent computation in polars."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import ibis
import polars as pl
import pytest

from keepwell.understand import concentration, gaps
from keepwell.understand.activity import prepared
from keepwell.understand.cohorts import cohorts
from keepwell.understand.customer_value import value_by
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.understand.growth import growth
from keepwell.understand.kpis import kpis
from keepwell.understand.rfm import rfm
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Grain, Period

UNTIL = date(2011, 12, 10)
AUTUMN = Period(date(2011, 9, 1), date(2011, 12, 1))
WINDOW = 90


@pytest.fixture(scope="module")
def sold(shared_data: Path) -> pl.DataFrame:
    """Give the lines that are sales to a known customer, without the days that stand in both sheets."""
    lines = pl.read_parquet(shared_data / "online_retail_ii.parquet")
    is_copy = (pl.col("sheet") == "Year 2009-2010") & (pl.col("InvoiceDate") >= datetime.fromisoformat("2010-12-01"))
    is_sale = (pl.col("Quantity") > 0) & (pl.col("Price") > 0) & ~pl.col("Invoice").str.starts_with("C")
    return lines.filter(~is_copy & is_sale & pl.col("Customer ID").is_not_null())


@pytest.fixture(scope="module")
def facts(sold: pl.DataFrame) -> Facts:
    connection = ibis.duckdb.connect()
    table = connection.create_table("lines", sold.drop("sheet").to_arrow())
    return prepared(facts_from_tables(table, business=Business(currency="GBP", time_zone="Europe/London")))


@pytest.fixture(scope="module")
def orders(sold: pl.DataFrame) -> pl.DataFrame:
    """Give one row an invoice, with its number in the customer's life and the one before."""
    grouped = sold.group_by(customer=pl.col("Customer ID"), invoice="Invoice").agg(
        at=pl.col("InvoiceDate").min(), revenue=(pl.col("Quantity") * pl.col("Price")).sum()
    )
    return grouped.sort("customer", "at", "invoice").with_columns(
        first=pl.col("at").min().over("customer"), previous=pl.col("at").shift(1).over("customer")
    )


@pytest.fixture(scope="module")
def autumn(facts: Facts) -> dict[str, KpiValue]:
    return {value.key: value for value in kpis(facts, AUTUMN, activity_days=WINDOW)}


def active_at(orders: pl.DataFrame, day: date) -> set[int]:
    is_near = pl.col("at").dt.date().is_between(day - pl.duration(days=WINDOW), day, closed="left")
    return set(orders.filter(is_near)["customer"])


def test_the_published_totals(facts):
    totals = facts.orders.aggregate(
        customers=facts.orders.customer_id.nunique(), orders=facts.orders.count(), revenue=facts.orders.revenue.sum()
    )
    assert totals.to_pyarrow().to_pylist() == [
        {"customers": 5_878, "orders": 36_969, "revenue": Decimal("17431551.1780")}
    ]


def test_retention_kept_and_churn(orders, autumn):
    start, end = active_at(orders, AUTUMN.start), active_at(orders, AUTUMN.end)
    inside = pl.col("first").dt.date().is_between(AUTUMN.start, AUTUMN.end, closed="left")
    new = set(orders.filter(inside)["customer"])
    assert autumn["customer_retention_rate"].value == len(end - new) / len(start)
    assert autumn["kept_rate"].value == len(start & end) / len(start)
    assert autumn["churn_rate"].value == len(start - end) / len(start)
    assert autumn["resurrected_customers"].value == len(end - start - new)
    assert autumn["new_customers"].value == len(new)


def test_orders_revenue_and_their_mean(orders, autumn):
    inside = orders.filter(pl.col("at").dt.date().is_between(AUTUMN.start, AUTUMN.end, closed="left"))
    assert autumn["orders"].value == inside.height
    assert autumn["revenue"].value == pytest.approx(inside["revenue"].sum())
    mean, half = inside["revenue"].mean(), 1.959963984540054 * inside["revenue"].std() / inside.height**0.5
    value = autumn["gross_average_order_value"]
    assert (value.low, value.value, value.high) == pytest.approx((mean - half, mean, mean + half))


def test_new_and_returning_revenue(orders, autumn):
    inside = orders.filter(pl.col("at").dt.date().is_between(AUTUMN.start, AUTUMN.end, closed="left"))
    assert autumn["new_revenue"].value == pytest.approx(inside.filter(pl.col("previous").is_null())["revenue"].sum())


def test_gaps_and_their_medians(facts, orders, autumn):
    days = orders.with_columns(gap=(pl.col("at").dt.date() - pl.col("previous").dt.date()).dt.total_days())
    found = gaps.summary(gaps.gaps(facts))
    assert (found.n, found.median) == (36_969 - 5_878, days["gap"].median())
    assert found.p90 == days["gap"].quantile(0.9, "linear")
    assert found.mean == pytest.approx(days["gap"].mean())
    inside = days.filter(
        pl.col("at").dt.date().is_between(AUTUMN.start, AUTUMN.end, closed="left"), pl.col("gap").is_not_null()
    )
    assert autumn["time_between_orders"].value == inside["gap"].median()
    assert (
        autumn["customer_time_between_orders"].value
        == inside.group_by("customer").agg(pl.col("gap").median())["gap"].median()
    )


def test_repeat_purchase_within_90_days(orders, autumn):
    per_customer = orders.group_by("customer").agg(
        first=pl.col("at").dt.date().min(), second=pl.col("at").dt.date().sort().get(1, null_on_oob=True)
    )
    grown = pl.col("first") + pl.duration(days=90)
    mature = per_customer.filter((grown > AUTUMN.start) & (grown <= AUTUMN.end))
    repeated = mature.filter(pl.col("second") < grown)
    assert (autumn["repeat_purchase_rate"].numerator, autumn["repeat_purchase_rate"].denominator) == (
        repeated.height,
        mature.height,
    )


def test_growth_accounting_by_month(facts, orders):
    months = orders.select("customer", month=pl.col("at").dt.truncate("1mo").dt.date()).unique()
    seen: set[int] = set()
    before: set[int] = set()
    for row in growth(facts, Grain.MONTH, UNTIL).to_pyarrow().to_pylist():
        now = set(months.filter(pl.col("month") == row["period"])["customer"])
        expected = (len(now), len(now - seen), len(now & before), len((now & seen) - before), len(before - now))
        assert (row["active"], row["new"], row["retained"], row["resurrected"], row["churned"]) == expected
        seen, before = seen | now, now


def test_cohort_retention_and_value_by_month(facts, orders):
    month = pl.col("at").dt.year() * 12 + pl.col("at").dt.month()
    born = pl.col("first").dt.year() * 12 + pl.col("first").dt.month()
    cells = orders.group_by(cohort=pl.col("first").dt.truncate("1mo").dt.date(), age=month - born).agg(
        active=pl.col("customer").n_unique(), revenue=pl.col("revenue").sum()
    )
    expected = {(row["cohort"], row["age"]): row for row in cells.to_dicts()}
    found = [row for row in cohorts(facts, Grain.MONTH, until=UNTIL).to_pyarrow().to_pylist() if row["is_observed"]]
    assert len(found) == 24 * 25 // 2
    for row in found:
        truth = expected.get((row["cohort"], row["age"]), {"active": 0, "revenue": 0.0})
        assert row["active"] == truth["active"]
        assert float(row["revenue"]) == pytest.approx(truth["revenue"], abs=1e-6)
        assert row["retention"] == row["active"] / expected[row["cohort"], 0]["active"]


def test_rfm_scores(facts, orders):
    people = orders.group_by("customer").agg(
        recency=(pl.lit(UNTIL) - pl.col("at").dt.date().max()).dt.total_days(),
        frequency=pl.len(),
        monetary=pl.col("revenue").sum().round(4),
    )

    def score(column: pl.Expr, descending: bool) -> pl.Expr:
        return (column.rank("min", descending=descending).cast(pl.Int64) - 1) * 5 // pl.len() + 1

    scored = people.select(
        pl.col("customer").cast(pl.String),
        r=score(pl.col("recency"), True), f=score(pl.col("frequency"), False), m=score(pl.col("monetary"), False),
    )  # fmt: skip
    found = rfm(facts, UNTIL).select("customer_id", "r", "f", "m").to_pyarrow().to_pylist()
    assert {tuple(row.values()) for row in found} == set(scored.rows())


def test_concentration(facts, orders):
    year = orders.filter(pl.col("at").dt.year() == 2011).group_by("customer").agg(pl.col("revenue").sum())["revenue"]
    best = year.sort(descending=True)
    found = concentration.summary(facts, Period.parse("2011"))
    assert found.customers == len(best)
    assert found.top_10 == pytest.approx(best.head(-(-len(best) // 10)).sum() / best.sum())
    pairs = abs(best.to_numpy()[:, None] - best.to_numpy()[None, :]).mean()
    assert found.gini == pytest.approx(pairs / (2 * best.mean()))


def test_value_within_180_days_of_the_mature(facts, orders):
    within = orders.filter(
        pl.col("first").dt.date() + pl.duration(days=180) <= UNTIL,
        pl.col("at").dt.date() < pl.col("first").dt.date() + pl.duration(days=180),
    )
    per_customer = within.group_by("customer").agg(pl.col("revenue").sum())["revenue"]
    row = value_by(facts, None, 180, UNTIL).to_pyarrow().to_pylist()[0]
    assert row["customers"] == len(per_customer)
    assert float(row["total"]) == pytest.approx(per_customer.sum())
    assert row["sum_squares"] == pytest.approx((per_customer**2).sum())
