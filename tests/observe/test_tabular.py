"""Any table file to lake rows: every row is kept or refused, and what was assumed is said."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.observe.importer import Batch, ImportContext
from keepwell.observe.mapping import Mapping
from keepwell.observe.tabular import Tabular, preview
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.tables import FACTS

CONTEXT = ImportContext(Business(currency="EUR"), b"key of the tests", datetime(2026, 1, 1, tzinfo=UTC))
GOOD = {"order_id": "1", "customer_id": "7", "date": "2024-01-05", "amount": "10.00"}


def write(folder: Path, rows: list[dict[str, str]], name: str = "orders.csv") -> Path:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    path = folder / name
    path.write_bytes(text.getvalue().encode())
    return path


def batches(path: Path, importer: Tabular | None = None, context: ImportContext = CONTEXT) -> list[Batch]:
    return list((importer or Tabular()).open(path, context).batches)


def facts(found: list[Batch], name: str) -> pa.Table:
    return pa.concat_tables([batch.tables[name] for batch in found if name in batch.tables])


def reasons(found: list[Batch]) -> list[tuple[int, str]]:
    return [(row["row"], row["reason"]) for batch in found for row in batch.refused.to_pylist()]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"order_id": ""}, "missing_order_id"),
        ({"customer_id": " "}, "missing_customer"),
        ({"date": ""}, "missing_date"),
        ({"amount": ""}, "missing_amount"),
        ({"date": "yesterday"}, "unreadable_date"),
        ({"amount": "ten"}, "unreadable_number"),
        ({"date": "2026-01-03"}, "in_the_future"),
        ({"date": "1989-12-31"}, "too_old"),
        ({"amount": "1000000001"}, "absurd_quantity"),
        ({"amount": "-5"}, "negative_price"),
    ],
)
def test_a_row_that_will_not_do_is_refused_by_name_and_the_rest_is_kept(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    rows = [GOOD] * 20 + [GOOD | change]
    found = batches(write(tmp_path, [row | {"order_id": row["order_id"] and str(n)} for n, row in enumerate(rows)]))
    assert (reasons(found), facts(found, "orders").num_rows) == ([(21, reason)], 20)


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"quantity": "-1"}, "negative_quantity"), ({"quantity": "1000001"}, "absurd_quantity"),
     ({"unit_price": "-1"}, "negative_price"), ({"currency": "EURO"}, "unknown_currency")],
)  # fmt: skip
def test_lines_are_checked_too(tmp_path: Path, change: dict[str, str], reason: str) -> None:
    line = {"order_id": "1", "customer_id": "7", "date": "2024-01-05", "quantity": "2", "unit_price": "3.00",
            "currency": "EUR"}  # fmt: skip
    found = batches(write(tmp_path, [line] * 30 + [line | change]))
    assert reasons(found) == [(31, reason)]


def test_a_refusal_names_the_column_the_value_and_holds_the_row(tmp_path: Path) -> None:
    found = batches(write(tmp_path, [GOOD] * 10 + [GOOD | {"amount": "ten"}]))
    refused = found[0].refused.to_pylist()[0]
    assert (refused["detail"], refused["raw"]) == ("amount is 'ten'", "1,7,2024-01-05,ten")


def test_the_total_is_split_into_goods_shipping_and_tax(tmp_path: Path) -> None:
    row = {"order": "1", "customer": "7", "date": "2024-01-05", "total": "125.00", "shipping": "5.00", "tax": "20.00"}
    path = write(tmp_path, [row])
    order = facts(batches(path), "orders").to_pylist()[0]
    assert [order[name] for name in ("items", "shipping", "tax")] == [Decimal(100), Decimal(5), Decimal(20)]
    assert "Goods are the total less shipping and tax." in preview(path, CONTEXT).findings


def test_a_column_that_marks_refunds_makes_refunds_of_the_same_order(tmp_path: Path) -> None:
    rows = [GOOD | {"is_refund": "no"}, GOOD | {"amount": "-4.00", "is_refund": "yes"}]
    refund = facts(batches(write(tmp_path, rows)), "refunds").to_pylist()[0]
    assert (refund["order_id"], refund["refund_id"], refund["items"]) == ("1", "1-1", Decimal(4))


def test_no_address_reaches_the_facts(tmp_path: Path) -> None:
    order = facts(batches(write(tmp_path, [GOOD | {"customer_id": "Ann@example.com"}])), "orders").to_pylist()[0]
    assert order["customer_id"].startswith("e_")
    assert "@" not in str(order)


def test_lines_fold_and_are_numbered_in_file_order(tmp_path: Path) -> None:
    line = {"customer_id": "7", "date": "2024-01-05", "sku": "x", "quantity": "2", "price": "3.00"}
    path = write(tmp_path, [line | {"order_id": number} for number in ("1", "2", "1", "2", "1")])
    assert Tabular().open(path, CONTEXT).folds_orders
    assert facts(batches(path), "order_lines")["line_number"].to_pylist() == [1, 1, 2, 2, 3]


def test_every_table_has_the_lakes_schema_without_the_import(tmp_path: Path) -> None:
    orders = facts(batches(write(tmp_path, [GOOD])), "orders")
    assert orders.schema.equals(FACTS["orders"].schema.remove(FACTS["orders"].schema.get_field_index("import_id")))


def test_a_log_without_order_ids_counts_each_row_as_an_order(shared_data: Path) -> None:
    found = batches(shared_data / "cdnow_sample.parquet")
    orders = facts(found, "orders")
    assert (orders.num_rows, pc.count_distinct(orders["order_id"]).as_py()) == (6_919, 6_919)
    assert pc.count_distinct(orders["customer_id"]).as_py() == 2_357
    assert pc.sum(orders["items"]).as_py() == Decimal("244091.94")


def test_a_subscription_list_is_understood_without_help(shared_data: Path) -> None:
    rows = facts(batches(shared_data / "subscriptions" / "ravenstack_subscriptions.parquet"), "subscriptions")
    running = rows.filter(pc.is_null(rows["ended_at"]))
    trials = pc.sum(rows["is_trial"]).as_py()
    assert (rows.num_rows, trials, pc.sum(rows["mrr"]).as_py(), pc.sum(running["mrr"]).as_py()) == (
        5_000, 778, 11_338_747, 10_159_608,
    )  # fmt: skip


def test_ads_of_one_campaign_and_day_are_added_up(shared_data: Path) -> None:
    context = ImportContext(CONTEXT.business, b"key", CONTEXT.now, channel="facebook")
    path = shared_data / "spend" / "kag_conversion_data.csv"
    spend = facts(batches(path, context=context), "spend")
    frame = pd.read_csv(path)
    assert pc.sum(spend["clicks"]).as_py() == frame["Clicks"].sum()
    assert float(pc.sum(spend["amount"]).as_py()) == pytest.approx(58_705.23, abs=0.05)
    assert spend.num_rows == len(frame)  # the lake adds up the rows of one day and campaign


def test_spend_without_a_channel_asks_for_it(tmp_path: Path) -> None:
    path = write(tmp_path, [{"date": "2024-01-05", "campaign": "a", "spend": "3.00"}])
    with pytest.raises(InputError, match="channel"):
        Tabular().open(path, CONTEXT)


def test_events_without_an_id_get_one_that_a_longer_export_repeats(tmp_path: Path) -> None:
    row = {"event": "View", "user_id": "7", "timestamp": "2024-01-05T10:00:00Z"}
    short = facts(batches(write(tmp_path, [row, row])), "events")["event_id"].to_pylist()
    long = facts(batches(write(tmp_path, [row, row, row])), "events")["event_id"].to_pylist()
    assert (len(set(long)), long[:2]) == (3, short)


def test_a_saved_mapping_is_used_for_the_next_file_with_the_same_columns(tmp_path: Path) -> None:
    path = write(tmp_path, [GOOD | {"paid on": "2024-02-01"}])
    folder = tmp_path / "mappings"
    chosen = preview(path, CONTEXT, mapping=Mapping.parse("ordered_at=paid on"))
    chosen.mapping.save(folder, chosen.header)
    again = facts(batches(path, Tabular(saved=folder)), "orders").to_pylist()[0]
    assert again["ordered_at"] == datetime(2024, 2, 1, tzinfo=UTC)


def test_a_preview_shows_each_column_with_example_and_reason_and_what_is_unused(tmp_path: Path) -> None:
    shown = preview(write(tmp_path, [GOOD | {"colour": "red"}]), CONTEXT)
    assert {(item.field, item.column) for item in shown.guesses} == {
        ("order_id", "order_id"), ("customer_id", "customer_id"), ("ordered_at", "date"), ("amount", "amount"),
    }  # fmt: skip
    assert shown.unused == ("colour",)


def test_the_signature_changes_with_whatever_changes_the_rows(tmp_path: Path) -> None:
    path = write(tmp_path, [GOOD | {"net": "9.00"}])
    plain = Tabular().open(path, CONTEXT).signature
    assert plain == Tabular().open(path, CONTEXT).signature
    assert plain != Tabular(Mapping.parse("amount=net")).open(path, CONTEXT).signature


def test_a_workbook_gives_the_same_rows_as_csv_with_sheets_in_order(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, ids in (("2023", ["1", "2"]), ("2024", ["3"])):
        sheet = book.create_sheet(title)
        sheet.append(["order_id", "customer_id", "date", "amount"])
        for number in ids:
            sheet.append([int(number), 7.0, datetime(2024, 1, 5, 10), 9.5])  # noqa: DTZ001
    book.remove(book.worksheets[0])
    book.create_sheet("notes").append(["hello"])
    book.save(tmp_path / "orders.xlsx")
    shown = preview(tmp_path / "orders.xlsx", CONTEXT)
    orders = facts(batches(tmp_path / "orders.xlsx"), "orders")
    assert orders["order_id"].to_pylist() == ["1", "2", "3"]
    assert (orders["customer_id"].to_pylist(), pc.sum(orders["items"]).as_py()) == (["7"] * 3, Decimal("28.5"))
    assert any("notes" in finding for finding in shown.findings)


def test_a_workbook_that_would_unpack_to_gigabytes_is_refused_unopened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (100 << 20))
    with pytest.raises(InputError, match="unpack"):
        Tabular().open(tmp_path / "bomb.xlsx", CONTEXT)


def test_a_parquet_file_that_was_cut_off_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    pq.write_table(pa.table({"order_id": ["1"] * 1000}), path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="cut off"):
        Tabular().open(path, CONTEXT)


values = st.one_of(
    st.text(max_size=12), st.sampled_from(["", "1,5", "NaN", "😀\"'", "2024-02-30", "-1", "=1+1", "a\nb"])
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, values)), min_size=1, max_size=8))
def test_every_row_is_either_kept_or_refused_once_whatever_it_holds(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    rows = [GOOD] * 12 + [{key: value.replace("\0", "") for key, value in row.items()} for row in rows]
    found = batches(write(tmp_path, rows), Tabular(kind="orders", mapping=Mapping.parse(
        "order_id=order_id", "customer_id=customer_id", "ordered_at=date", "amount=amount"
    )))  # fmt: skip
    kept = [row for batch in found for table in batch.tables.values() for row in table["source_row"].to_pylist()]
    refused = [row for row, _ in reasons(found)]
    assert sorted(kept + refused) == list(range(1, sum(batch.rows_in for batch in found) + 1))
    assert sum(batch.rows_in for batch in found) == len(rows)


def test_spend_without_a_channel_names_the_option_that_says_it(tmp_path: Path) -> None:
    path = write(tmp_path, [{"day": "2024-01-05", "campaign": "x", "spend": "3", "clicks": "1"}], "spend.csv")
    with pytest.raises(InputError, match="--channel") as caught:
        batches(path)
    assert caught.value.code == "mapping.channel"


@pytest.mark.parametrize("customers", [pa.nulls(2), pa.array([{"id": 1}, {"id": 2}]), pa.array([b"1", b"2"])])
def test_an_order_table_whose_customers_cannot_be_read_lacks_them(tmp_path: Path, customers: pa.Array) -> None:
    days, ids = pa.array(["2024-01-05", "2024-01-06"]), pa.array(["o1", "o2"])
    columns = {"order_id": ids, "customer_id": customers, "order_date": days, "amount": pa.array([1.5, 2.5])}
    pq.write_table(pa.table(columns), tmp_path / "orders.parquet")
    with pytest.raises(InputError, match="customer_id") as caught:
        batches(tmp_path / "orders.parquet")
    assert (caught.value.code, caught.value.value) == ("mapping.missing", "customer_id")
