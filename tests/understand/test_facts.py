# ruff: noqa: DTZ001  (local times are naive on purpose)
"""From tables as people keep them to facts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from keepwell.understand.facts import facts_from_lake, facts_from_tables
from keepwell.vocabulary import tables as lake_tables
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

LONDON = Business(currency="GBP", time_zone="Europe/London")


def lake_orders(rows: list[dict[str, object]]) -> pa.Table:
    filled = {"discount": Decimal(0), "shipping": Decimal(0), "other": Decimal(0), "tax": Decimal(0), "source": "shop"}
    whole = [{**filled, "source_row": 1, "import_id": "i", **row} for row in rows]
    columns = {name: [row.get(name) for row in whole] for name in lake_tables.ORDERS.schema.names}
    return pa.table(columns, schema=lake_tables.ORDERS.schema)


def order(**changes: object) -> dict[str, object]:
    return {
        "order_id": "1",
        "customer_id": "a",
        "ordered_at": datetime(2011, 3, 31, 23, 30, tzinfo=UTC),
        "currency": "GBP",
        "items": Decimal(10),
        **changes,
    }


def rows_of(table: ibis.Table, *columns: str) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in table.select(*columns).to_pyarrow().to_pylist())


def test_lines_of_one_invoice_become_one_order_with_its_total(engine):
    lines = pa.table(
        {
            "Invoice": ["1", "1", "2"],
            "Customer ID": [7, 7, 8],
            "InvoiceDate": pa.array(
                [datetime(2011, 1, 1, 9, 1), datetime(2011, 1, 1, 9), datetime(2011, 1, 2)], pa.timestamp("us")
            ),
            "Quantity": [2, 1, 3],
            "Price": [1.5, 0.1, 2.0],
        }
    )
    facts = facts_from_tables(engine(lines), business=LONDON)
    assert rows_of(facts.orders, "customer_id", "order_id", "ordered_at", "revenue", "units") == [
        ("7", "1", datetime(2011, 1, 1, 9), Decimal("3.1"), Decimal(3)),
        ("8", "2", datetime(2011, 1, 2), Decimal(6), Decimal(3)),
    ]


def test_a_missing_column_is_named_with_the_way_to_name_it(duckdb_table):
    table = duckdb_table(pa.table({"who": ["a"], "date": [date(2011, 1, 1)], "total": [1.0]}))
    with pytest.raises(InputError, match=r'customer_id among who, date, total.*columns=\{"customer_id"') as caught:
        facts_from_tables(table, business=LONDON)
    assert caught.value.code == "table.missing_column"


def test_a_table_without_an_amount_is_refused(duckdb_table):
    table = duckdb_table(pa.table({"customer": ["a"], "date": [date(2011, 1, 1)]}))
    with pytest.raises(InputError, match="revenue"):
        facts_from_tables(table, business=LONDON)


def test_named_columns_are_taken_and_other_names_become_attributes(duckdb_table):
    table = duckdb_table(pa.table({"who": ["a"], "on": [date(2011, 1, 1)], "paid": [1.0], "Region": ["north"]}))
    names = {"customer_id": "who", "ordered_at": "on", "revenue": "paid", "region": "Region"}
    facts = facts_from_tables(table, business=LONDON, columns=names)
    assert rows_of(facts.orders, "customer_id", "revenue", "region") == [("a", Decimal(1), "north")]


def test_a_date_that_is_text_is_refused_by_name(duckdb_table):
    table = duckdb_table(pa.table({"customer": ["a"], "date": ["1.1.2011"], "total": [1.0]}))
    with pytest.raises(InputError, match=r"orders\.date.*string"):
        facts_from_tables(table, business=LONDON)


def test_rows_without_a_customer_are_refused_with_their_number(engine):
    table = engine(pa.table({"customer": ["a", None, None], "date": [date(2011, 1, 1)] * 3, "total": [1.0, 2.0, 3.0]}))
    with pytest.raises(InputError, match="Of 3 rows, 2 without customer_id"):
        facts_from_tables(table, business=LONDON)


def test_rows_without_a_customer_are_dropped_and_noted_when_asked(engine):
    table = engine(pa.table({"customer": ["a", None], "date": [date(2011, 1, 1)] * 2, "total": [1.0, 2.0]}))
    facts = facts_from_tables(table, business=LONDON, drop_missing=True)
    assert facts.notes == ("Rows left out: 1 without customer_id.",)
    assert rows_of(facts.orders, "customer_id", "revenue") == [("a", Decimal(1))]


def test_an_empty_table_is_refused(duckdb_table):
    empty = pa.table(
        {"customer": pa.array([], pa.string()), "date": pa.array([], pa.date32()), "total": pa.array([], pa.float64())}
    )
    with pytest.raises(InputError, match="no rows"):
        facts_from_tables(duckdb_table(empty), business=LONDON)


def test_orders_below_zero_become_refunds(engine):
    rows = pa.table(
        {
            "customer": ["a", "a"],
            "order": ["1", "C1"],
            "date": [date(2011, 1, 1), date(2011, 1, 5)],
            "total": [9.0, -4.0],
        }
    )
    facts = facts_from_tables(engine(rows), business=LONDON)
    assert rows_of(facts.orders, "order_id", "revenue") == [("1", Decimal(9))]
    assert rows_of(facts.refunds, "order_id", "refunded_at", "amount") == [("C1", datetime(2011, 1, 5), Decimal(4))]


def test_without_order_ids_rows_at_one_time_are_one_order(engine):
    rows = pa.table(
        {"customer": ["a", "a", "a"], "date": [date(2011, 1, 1)] * 2 + [date(2011, 1, 2)], "total": [1.0, 2.0, 4.0]}
    )
    facts = facts_from_tables(engine(rows), business=LONDON)
    assert rows_of(facts.orders, "customer_id", "revenue") == [("a", Decimal(3)), ("a", Decimal(4))]


def test_whole_number_ids_that_became_floats_read_as_whole_numbers(duckdb_table):
    rows = pa.table({"customer": [17850.0], "date": [date(2011, 1, 1)], "total": [1.0]})
    assert rows_of(facts_from_tables(duckdb_table(rows), business=LONDON).orders, "customer_id") == [("17850",)]


def test_lake_times_are_local_and_revenue_is_what_was_asked_for(engine):
    orders = engine(lake_orders([order(shipping=Decimal(2), tax=Decimal(5))]))
    facts = facts_from_lake({"orders": orders}, LONDON, include=("items", "shipping"))
    assert rows_of(facts.orders, "ordered_at", "revenue") == [(datetime(2011, 4, 1, 0, 30), Decimal(12))]


def test_a_currency_without_a_rate_is_refused(engine):
    orders = engine(lake_orders([order(), order(order_id="2", currency="EUR")]))
    with pytest.raises(InputError, match="EUR and no rate to GBP"):
        facts_from_lake({"orders": orders}, LONDON)


def test_other_currencies_are_converted_exactly(engine):
    orders = engine(lake_orders([order(), order(order_id="2", currency="EUR", items=Decimal("0.1"))]))
    rates = Business(currency="GBP", time_zone="Europe/London", rates={"EUR": Decimal("0.85")})
    facts = facts_from_lake({"orders": orders}, rates)
    assert rows_of(facts.orders, "order_id", "revenue") == [("1", Decimal(10)), ("2", Decimal("0.085"))]


@pytest.mark.parametrize("include", [(), ("gifts",)])
def test_revenue_of_unknown_or_no_parts_is_refused(duckdb_table, include):
    with pytest.raises(InputError, match="Revenue cannot be made of"):
        facts_from_lake({"orders": duckdb_table(lake_orders([order()]))}, LONDON, include=include)
