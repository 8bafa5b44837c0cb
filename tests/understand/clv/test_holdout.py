"""The log cut in two, against an independent computation in pandas, on both engines."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

from keepwell.understand.clv.holdout import holdout, holdout_purchases
from keepwell.understand.clv.naive import same_as_before
from keepwell.understand.facts import facts_from_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

SPLIT, AS_OF = date(1997, 10, 1), date(1998, 7, 1)


@pytest.fixture(scope="module")
def sample(shared_data) -> pd.DataFrame:
    return pd.read_parquet(shared_data / "cdnow_sample.parquet")


@pytest.fixture
def cdnow(sample, engine):
    table = pa.table({"customer": sample["customer_id"], "date": sample["date"], "total": sample["dollar_value"]})
    return facts_from_tables(engine(table), business=Business(currency="USD"))


@pytest.fixture(scope="module")
def truth(sample) -> pd.DataFrame:
    days = sample.groupby(["customer_id", "date"], as_index=False)["dollar_value"].sum()
    days["first"] = days.groupby("customer_id")["date"].transform("min")
    before, after = days[days["date"] < SPLIT], days[days["date"] >= SPLIT]
    people = before.groupby("customer_id").agg(days=("date", "size"), first=("first", "min"), last=("date", "max"))
    later = after.groupby("customer_id")["dollar_value"].agg(["size", "sum"])
    people["orders"], people["value"] = later["size"], later["sum"]
    return people.fillna({"orders": 0, "value": 0.0})


def test_every_customer_of_cdnow_has_pandas_figures(cdnow, truth):
    table = holdout_purchases(cdnow, SPLIT, AS_OF, count_free=True).to_pyarrow().to_pandas().set_index("customer_id")
    found = table.reindex(truth.index)
    assert len(table) == len(truth) == 2357
    assert (found["frequency"] == truth["days"] - 1).all()
    assert (
        found["recency_days"]
        == [(last - first).days for first, last in zip(truth["first"], truth["last"], strict=True)]
    ).all()
    assert (found["age_days"] == [(date(1997, 9, 30) - first).days for first in truth["first"]]).all()
    assert (found["holdout_orders"] == truth["orders"]).all()
    assert found["holdout_value"].to_numpy() == pytest.approx(truth["value"].to_numpy())


def test_grouping_keeps_every_customer_and_order_of_cdnow(cdnow, truth):
    cut = holdout(cdnow, SPLIT, AS_OF, count_free=True)
    assert cut.base.total == cut.customers.sum() == 2357
    assert cut.base.rows < 1500
    assert (cut.customers @ cut.frequency, cut.customers @ cut.orders) == (2457, 1882)
    assert cut.customers @ cut.value == pytest.approx(truth["value"].sum())
    assert cut.days == 273


def test_customers_first_seen_after_the_split_are_left_out(log):
    facts = log([("a", "2011-01-01", 1), ("a", "2011-03-01", 5), ("late", "2011-03-02", 1)])
    rows = holdout_purchases(facts, date(2011, 2, 1), date(2011, 4, 1)).to_pyarrow().to_pylist()
    assert [(row["customer_id"], row["holdout_orders"], row["holdout_value"]) for row in rows] == [("a", 1, 5.0)]


def test_a_refund_after_the_split_does_not_reach_back_before_it(log):
    orders = [("a", "2011-01-01", 10), ("a", "2011-01-20", 10), ("b", "2011-01-05", 10), ("b", "2011-02-10", 8)]
    facts = log(orders, refunds=[("a", "2011-02-05", 10), ("b", "2011-02-11", 8)])
    rows = holdout_purchases(facts, date(2011, 2, 1), date(2011, 3, 1)).order_by("customer_id").to_pyarrow()
    assert rows["frequency"].to_pylist() == [1, 0]
    assert rows["holdout_orders"].to_pylist() == [0, 0]


@pytest.mark.parametrize("split", [date(2010, 1, 1), date(2011, 1, 1), date(2011, 3, 2), date(2012, 1, 1)])
def test_a_split_outside_the_log_is_refused_with_the_days_that_would_do(duckdb_log, split):
    facts = duckdb_log([("a", "2011-01-01", 1), ("a", "2011-03-01", 5)])
    with pytest.raises(InputError, match="does not cut the log, which runs from 2011-01-01 to 2011-03-01"):
        holdout(facts, split, date(2011, 3, 2))


def test_going_on_as_before_is_the_past_rate_and_nothing_for_the_newest(duckdb_log):
    facts = duckdb_log(
        [("a", "2011-01-01", 1), ("a", "2011-01-05", 1), ("new", "2011-01-11", 1), ("a", "2011-02-01", 1)]
    )
    cut = holdout(facts, date(2011, 1, 12), date(2011, 2, 2))
    assert sorted(same_as_before(cut)) == [0.0, pytest.approx(1 * 21 / 10)]
