"""Frequency, recency and age, against published counts, other libraries and plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifetimes.utils import summary_data_from_transaction_data

from keepwell.understand.clv.repeat_purchases import customers_seen, repeat_purchases
from keepwell.understand.facts import Facts, facts_from_tables
from keepwell.vocabulary.business import Business

AS_OF = date(2011, 3, 1)
COLUMNS = ["customer_id", "frequency", "recency_days", "age_days", "monetary_value", "first_value"]
AMOUNT = pa.decimal128(18, 4)


def found(facts: Facts, as_of: date = AS_OF, **settings: object) -> dict[str, tuple]:
    """Return (frequency, recency, age, monetary value, first value) by customer."""
    table = repeat_purchases(facts, as_of, **settings).select(COLUMNS).to_pyarrow()
    return {row[0]: row[1:] for row in zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)}


def test_orders_of_one_day_are_one_occasion(log) -> None:
    facts = log([("a", "2011-01-01T09:00", 5), ("a", "2011-01-01T17:00", 1), ("a", "2011-01-11T08:00", 4)])
    assert found(facts) == {"a": (1, 10, 58, 4.0, 6.0)}


def test_one_who_bought_on_one_day_has_no_monetary_value(log) -> None:
    assert found(log([("a", "2011-02-28", 5)])) == {"a": (0, 0, 0, None, 5.0)}


def test_what_happens_from_the_day_itself_on_is_not_seen(log) -> None:
    orders = [("a", "2011-01-01", 5), ("a", "2011-03-01", 5), ("b", "2011-03-02", 5)]
    assert found(log(orders, refunds=[("a", "2011-03-01", 5)])) == {"a": (0, 0, 58, None, 5.0)}


def test_dates_are_those_of_the_first_and_the_last_occasion(log) -> None:
    facts = log([("a", "2011-01-01", 0), ("a", "2011-01-02", 5), ("a", "2011-02-01T23:59", 5)])
    row = repeat_purchases(facts, AS_OF).to_pyarrow().to_pylist()[0]
    assert (row["first_ordered_on"], row["last_ordered_on"]) == (date(2011, 1, 2), date(2011, 2, 1))


def test_a_refund_without_an_order_takes_back_the_latest_day_before_it(log) -> None:
    orders = [("a", "2011-01-01", 5), ("a", "2011-01-11", 4), ("a", "2011-01-21", 3)]
    assert found(log(orders, refunds=[("a", "2011-01-15", 4)])) == {"a": (1, 20, 58, 3.0, 5.0)}


def test_a_refund_on_the_day_of_the_order_takes_it_back(log) -> None:
    orders = [("a", "2011-01-01", 5), ("a", "2011-01-11T18:00", 4)]
    assert found(log(orders, refunds=[("a", "2011-01-11T09:00", 1)])) == {"a": (1, 10, 58, 3.0, 5.0)}


def test_a_refund_before_the_first_order_lowers_nothing(log) -> None:
    orders = [("a", "2011-01-05", 5), ("a", "2011-01-15", 4)]
    assert found(log(orders, refunds=[("a", "2011-01-04", 9), ("z", "2011-01-04", 9)])) == {"a": (1, 10, 54, 4.0, 5.0)}


def test_a_refund_that_names_its_order_lowers_that_orders_day(engine) -> None:
    facts = with_refunds(
        engine,
        [("a", "o1", 0, 5), ("a", "o2", 10, 4), ("a", "o3", 20, 3)],
        [("a", "o1", 25, 5), ("a", "o2", 25, 1), ("a", "not in the log", 26, 1)],
    )
    assert found(facts) == {"a": (1, 10, 48, 2.0, 3.0)}


def test_one_refunded_for_everything_is_absent_and_counted(log) -> None:
    facts = log([("a", "2011-01-01", 5), ("b", "2011-01-01", 5)], refunds=[("a", "2011-01-02", 5)])
    assert list(found(facts)) == ["b"]
    assert customers_seen(facts, AS_OF).filter(ibis._.occasions == 0).customer_id.to_pyarrow().to_pylist() == ["a"]


def test_free_orders_count_only_where_asked_for(log) -> None:
    facts = log([("a", "2011-01-01", 0), ("a", "2011-01-11", 4), ("b", "2011-01-01", 5)], [("b", "2011-01-02", 5)])
    assert found(facts) == {"a": (0, 0, 48, None, 4.0)}
    assert found(facts, count_free=True) == {"a": (1, 10, 58, 4.0, 0.0)}


def test_since_leaves_out_those_who_came_before(log) -> None:
    facts = log([("a", "2011-01-01", 5), ("a", "2011-02-01", 5), ("b", "2011-02-01", 5)])
    assert list(found(facts, since=date(2011, 2, 1))) == ["b"]


def cdnow(shared_data: Path) -> pd.DataFrame:
    """Return CDNOW's 1/10 sample."""
    sample = pd.read_parquet(shared_data / "cdnow_sample.parquet")
    return sample.assign(date=pd.to_datetime(sample.date))


def cdnow_facts(shared_data: Path) -> Facts:
    sample = cdnow(shared_data)
    orders = ibis.memtable(sample.assign(order=range(len(sample)))[["customer_id", "order", "date", "dollar_value"]])
    return facts_from_tables(orders, business=Business(currency="USD"), columns={"revenue": "dollar_value"})


def test_cdnow_has_the_published_counts(shared_data) -> None:
    facts = cdnow_facts(shared_data)
    table = repeat_purchases(facts, date(1997, 10, 1), count_free=True).to_pandas()
    assert (len(table), (table.frequency > 0).sum(), table.frequency.sum()) == (2357, 946, 2457)
    assert ((table.age_days.min() / 7), round(table.age_days.max() / 7, 3)) == (27.0, 38.857)


def test_cdnow_has_eight_customers_who_paid_nothing(shared_data) -> None:
    facts = cdnow_facts(shared_data)
    table = repeat_purchases(facts, date(1997, 10, 1)).to_pandas()
    assert (len(table), (table.frequency > 0).sum(), table.frequency.sum()) == (2349, 946, 2457)


def test_cdnow_is_what_lifetimes_makes_of_it(shared_data) -> None:
    table = repeat_purchases(cdnow_facts(shared_data), date(1997, 10, 1), count_free=True).to_pandas()
    theirs = summary_data_from_transaction_data(
        cdnow(shared_data), "customer_id", "date", "dollar_value", observation_period_end="1997-09-30"
    )
    ours = table.set_index("customer_id").sort_index()
    for mine, yours in {"frequency": "frequency", "recency_days": "recency", "age_days": "T"}.items():
        assert ours[mine].tolist() == theirs[yours].tolist()
    assert ours.monetary_value.fillna(0.0).tolist() == pytest.approx(theirs.monetary_value.tolist())


def retail_lines(shared_data: Path) -> pl.DataFrame:
    """Return one year of Online Retail II with the invoices of known customers, cancellations included."""
    lines = pl.read_parquet(shared_data / "online_retail_ii.parquet").filter(
        pl.col("Customer ID").is_not_null(), pl.col("sheet") == "Year 2009-2010"
    )
    return lines.with_columns(amount=(pl.col("Quantity") * pl.col("Price")).round(4).cast(pl.Decimal(18, 4)))


def test_online_retail_agrees_with_polars(shared_data) -> None:
    lines = retail_lines(shared_data)
    sold = lines.filter(~pl.col("Invoice").str.starts_with("C"), pl.col("amount") >= 0)
    orders = sold.select("Customer ID", "Invoice", "InvoiceDate", "amount")
    facts = facts_from_tables(
        ibis.memtable(orders.to_arrow()), business=Business(currency="GBP"), columns={"revenue": "amount"}
    )
    as_of = date(2010, 9, 1)
    days = (
        sold.with_columns(
            customer_id=pl.col("Customer ID").cast(pl.Int64).cast(pl.String),
            at=pl.col("InvoiceDate").min().over("Customer ID", "Invoice"),
        )
        .with_columns(day=pl.col("at").dt.date())
        .filter(pl.col("day") < as_of)
        .group_by("customer_id", "day")
        .agg(pl.col("amount").sum())
        .filter(pl.col("amount") > 0)
        .sort("day")
    )
    expected = days.group_by("customer_id").agg(
        frequency=pl.len().cast(pl.Int64) - 1,
        recency_days=(pl.col("day").max() - pl.col("day").min()).dt.total_days(),
        age_days=(as_of - timedelta(days=1) - pl.col("day").min()).dt.total_days(),
        first_value=pl.col("amount").first().cast(pl.Float64),
        later=pl.col("amount").slice(1).sum().cast(pl.Float64),
    )
    ours = pl.from_arrow(repeat_purchases(facts, as_of).to_pyarrow()).sort("customer_id")
    theirs = expected.sort("customer_id")
    same = ["customer_id", "frequency", "recency_days", "age_days"]
    assert ours.select(same).equals(theirs.select(same))
    assert ours["first_value"].to_list() == pytest.approx(theirs["first_value"].to_list())
    later = ours["monetary_value"].fill_null(0.0) * ours["frequency"]
    assert later.to_list() == pytest.approx(theirs["later"].to_list(), abs=1e-6)


EPOCH = date(2011, 1, 1)
Order = tuple[str, str, int, int]
Refund = tuple[str, str | None, int, int]


def day(number: int) -> datetime:
    return datetime.combine(EPOCH, time(12)) + timedelta(days=number)


def with_refunds(make, orders: list[Order], refunds: list[Refund]) -> Facts:
    """Build facts of (customer, order, day, amount) and of refunds that may name an order."""
    bought = {
        "customer_id": pa.array([row[0] for row in orders], pa.string()),
        "order_id": pa.array([row[1] for row in orders], pa.string()),
        "ordered_at": pa.array([day(row[2]) for row in orders], pa.timestamp("us")),
        "revenue": pa.array([Decimal(row[3]) for row in orders], AMOUNT),
    }
    returned = {
        "customer_id": pa.array([row[0] for row in refunds], pa.string()),
        "order_id": pa.array([row[1] for row in refunds], pa.string()),
        "refunded_at": pa.array([day(row[2]) for row in refunds], pa.timestamp("us")),
        "amount": pa.array([Decimal(row[3]) for row in refunds], AMOUNT),
    }
    return Facts(orders=make(pa.table(bought)), refunds=make(pa.table(returned)), business=Business())


def plainly(orders: list[Order], refunds: list[Refund], as_of: int) -> dict[str, tuple]:
    """Work the same out by hand, one refund after another."""
    seen = [order for order in orders if order[2] < as_of]
    net: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    day_of = {(customer, order): number for customer, order, number, _ in seen}
    for customer, _, number, amount in seen:
        net[customer][number] += amount
    dated = [refund for refund in refunds if refund[2] < as_of]
    for customer, order, _, amount in (r for r in dated if (r[0], r[1]) in day_of):
        net[customer][day_of[customer, order]] -= amount
    left = {customer: dict(days) for customer, days in net.items()}
    for customer, _, number, amount in (r for r in dated if (r[0], r[1]) not in day_of):
        days = [one for one, value in left.get(customer, {}).items() if one <= number and value > 0]
        if days:
            net[customer][max(days)] -= amount
    result = {}
    for customer, values in net.items():
        days = sorted(one for one, value in values.items() if value > 0)
        if days:
            later = [values[one] for one in days[1:]]
            mean = sum(later) / len(later) if later else None
            result[customer] = (len(later), days[-1] - days[0], as_of - 1 - days[0], mean, values[days[0]])
    return result


CUSTOMERS = st.sampled_from("abc")
ORDERS = st.lists(st.tuples(CUSTOMERS, st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=12)
ORDER_IDS = st.none() | st.sampled_from([f"o{number}" for number in range(14)])
REFUNDS = st.lists(st.tuples(CUSTOMERS, ORDER_IDS, st.integers(0, 25), st.integers(0, 8)), max_size=8)


@settings(max_examples=60)
@given(ORDERS, REFUNDS, st.integers(1, 30))
def test_any_log_with_refunds_gives_what_plain_python_gives(duckdb_table, orders, refunds, as_of) -> None:
    named = [(customer, f"o{number}", *rest) for number, (customer, *rest) in enumerate(orders)]
    facts = with_refunds(duckdb_table, named, refunds)
    ours = found(facts, EPOCH + timedelta(days=as_of))
    expected = plainly(named, refunds, as_of)
    assert ours.keys() == expected.keys()
    for customer, row in ours.items():
        assert row == pytest.approx(expected[customer])


@pytest.mark.spark
def test_both_engines_agree_on_a_log_with_refunds(duckdb_table, spark_table) -> None:
    orders = [(f"c{n % 17}", f"o{n}", (n * 37) % 55, (n * 13) % 9) for n in range(200)]
    named = [(f"c{n % 17}", f"o{n}", (n * 37) % 55 + n % 3, n % 6) for n in range(0, 200, 7)]
    nameless = [(f"c{n % 19}", None, (n * 11) % 58, n % 6) for n in range(40)]
    one, other = (found(with_refunds(make, orders, named + nameless)) for make in (duckdb_table, spark_table))
    assert one.keys() == other.keys()
    for customer, row in one.items():
        assert row == pytest.approx(other[customer])
