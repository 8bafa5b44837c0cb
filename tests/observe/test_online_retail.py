"""Online Retail II through its shipped profile gives the figures that others counted."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from keepwell.observe.importer import Batch, ImportContext, Reading
from keepwell.observe.profile import load_profile
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business


@pytest.fixture(scope="module")
def reading(shared_data: Path) -> tuple[Reading, list[Batch]]:
    business = Business(currency="GBP", time_zone="Europe/London")
    context = ImportContext(business, b"key of the tests", datetime(2026, 1, 1, tzinfo=UTC))
    reading = Tabular(profile=load_profile("online_retail_ii")).open(shared_data / "online_retail_ii.parquet", context)
    return reading, list(reading.batches)


@pytest.fixture(scope="module")
def lines(reading: tuple[Reading, list[Batch]]) -> pa.Table:
    return pa.concat_tables([batch.tables["order_lines"] for batch in reading[1] if "order_lines" in batch.tables])


@pytest.fixture(scope="module")
def refunds(reading: tuple[Reading, list[Batch]]) -> pa.Table:
    return pa.concat_tables([batch.tables["refunds"] for batch in reading[1] if "refunds" in batch.tables])


def test_the_kept_lines_are_the_published_orders_customers_and_revenue(lines: pa.Table) -> None:
    orders, customers = pc.count_distinct(lines["order_id"]).as_py(), pc.count_distinct(lines["customer_id"]).as_py()
    revenue = pc.sum(lines["amount"]).as_py()
    assert (lines.num_rows, orders, customers) == (791_045, 36_969, 5_878)
    assert revenue.quantize(Decimal("0.01")) == Decimal("17431551.18")


def test_cancellations_of_known_customers_become_refunds(refunds: pa.Table) -> None:
    parts = [pc.sum(refunds[name]).as_py() for name in ("items", "shipping", "other")]
    assert (refunds.num_rows, sum(parts)) == (18_446, Decimal("1087882.14"))
    assert pc.count_distinct(refunds["refund_id"]).as_py() == refunds.num_rows
    assert refunds["order_id"].null_count == refunds.num_rows


def test_every_row_is_kept_or_refused_by_a_named_reason(
    reading: tuple[Reading, list[Batch]], lines: pa.Table, refunds: pa.Table
) -> None:
    refused = pa.concat_tables([batch.refused for batch in reading[1]])
    assert Counter(refused["reason"].to_pylist()) == {
        "missing_customer": 235_281, "repeated_period": 22_523, "zero_price": 70, "adjustment": 6,
    }  # fmt: skip
    numbers = pc.sort_indices(pa.concat_arrays([
        *lines["source_row"].chunks, *refunds["source_row"].chunks, *refused["row"].chunks
    ]))  # fmt: skip
    assert len(numbers) == sum(batch.rows_in for batch in reading[1]) == 1_067_371


def test_lines_are_numbered_within_their_order_across_batches(lines: pa.Table) -> None:
    frame = lines.select(["order_id", "line_number"]).to_pandas()
    assert (frame["line_number"] == frame.groupby("order_id").cumcount() + 1).all()


def test_amounts_by_kind_agree_with_an_independent_count(shared_data: Path, lines: pa.Table, refunds: pa.Table) -> None:
    frame = pd.read_parquet(shared_data / "online_retail_ii.parquet")
    frame = frame[(frame["sheet"] == "Year 2010-2011") | (frame["InvoiceDate"] < "2010-12-01")]
    frame = frame[frame["Customer ID"].notna() & (frame["Price"] > 0)]
    posted = frame[frame["StockCode"].isin(["POST", "DOT", "C2"])]
    worth = (posted["Quantity"] * posted["Price"]).groupby(posted["Invoice"].str.startswith("C")).sum()
    shipping = pc.sum(lines.filter(pc.equal(lines["kind"], "shipping"))["amount"]).as_py()
    assert float(shipping) == pytest.approx(worth[False])
    assert float(pc.sum(refunds["shipping"]).as_py()) == pytest.approx(-worth[True])


def test_two_orders_of_seventy_thousand_pieces_are_real_and_stay(lines: pa.Table) -> None:
    largest = pc.top_k_unstable(lines["quantity"].combine_chunks(), 2)
    assert sorted(lines["quantity"].take(largest).to_pylist()) == [Decimal(74_215), Decimal(80_995)]


def test_the_lines_are_folded_by_whoever_takes_them(reading: tuple[Reading, list[Batch]]) -> None:
    assert reading[0].folds_orders is True
