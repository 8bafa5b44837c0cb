"""WooCommerce orders: the documentation's own examples, and the cases that shops have."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext
from keepwell.observe.woocommerce import WooCommerce
from keepwell.vocabulary.business import Business

KEY = b"k"
CONTEXT = ImportContext(Business(currency="USD"), KEY, datetime(2020, 1, 1, tzinfo=UTC))
ORDER: dict[str, Any] = {
    "id": 7, "status": "completed", "currency": "EUR", "date_created_gmt": "2019-03-01T10:00:00",
    "date_modified_gmt": "2019-03-05T10:00:00", "total": "123.00", "total_tax": "23.00", "cart_tax": "20.70",
    "shipping_total": "10.00", "shipping_tax": "2.30", "discount_total": "5.00", "prices_include_tax": False,
    "customer_id": 0, "billing": {"email": "Ann@Example.com ", "country": "PL"}, "refunds": [],
    "line_items": [{"name": "Mug", "product_id": 1, "quantity": 2, "subtotal": "95.00", "total": "90.00",
                    "total_tax": "20.70", "sku": "MUG"}],
}  # fmt: skip


def outcome(orders: list[dict[str, Any]], folder: Path) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    path = folder / "orders.json"
    path.write_text(json.dumps(orders))
    tables: dict[str, list[dict[str, Any]]] = {"orders": [], "order_lines": [], "refunds": []}
    refused: list[dict[str, Any]] = []
    for batch in WooCommerce().open(path, CONTEXT).batches:
        refused += batch.refused.to_pylist()
        for name, table in batch.tables.items():
            tables[name] += table.to_pylist()
    return tables, refused


def order(**changes: Any) -> dict[str, Any]:
    return copy.deepcopy(ORDER) | changes


def money(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{row[part]:.2f}" for part in ("items", "shipping", "other", "tax"))


@pytest.fixture
def official(shared_data: Path) -> list[dict[str, Any]]:
    file = shared_data / "exports" / "official_fixtures" / "woocommerce_docs_orders_list.json"
    return list(json.loads(file.read_text()))


def test_documented_orders_add_up_to_their_totals(official: list[dict[str, Any]], tmp_path: Path) -> None:
    tables, _ = outcome(official, tmp_path)
    assert {row["order_id"]: money(row) for row in tables["orders"]} == {
        "727": ("18.00", "10.00", "0.00", "1.35"),
        "723": ("29.00", "10.00", "0.00", "0.00"),
    }


def test_documented_partial_refunds_are_kept(official: list[dict[str, Any]], tmp_path: Path) -> None:
    tables, _ = outcome(official, tmp_path)
    assert [(row["refund_id"], money(row)) for row in tables["refunds"]] == [
        ("726", ("10.00", "0.00", "0.00", "0.00")),
        ("724", ("9.00", "0.00", "0.00", "0.00")),
    ]


def test_documented_guest_is_known_by_email(official: list[dict[str, Any]], tmp_path: Path) -> None:
    tables, _ = outcome(official, tmp_path)
    assert tables["orders"][0]["customer_id"] == customer_key("john.doe@example.com", KEY)


def test_html_in_product_names_is_undone(official: list[dict[str, Any]], tmp_path: Path) -> None:
    tables, _ = outcome(official, tmp_path)
    assert tables["order_lines"][1]["product_name"] == "Ship Your Idea – Color: Black, Size: M Test"


def test_tax_and_discount_are_apart_from_items(tmp_path: Path) -> None:
    tables, _ = outcome([order()], tmp_path)
    row = tables["orders"][0]
    assert (money(row), row["discount"]) == (("90.00", "10.00", "0.00", "23.00"), Decimal(5))


def test_totals_written_with_tax_have_it_taken_out(tmp_path: Path) -> None:
    line = ORDER["line_items"][0] | {"total": "110.70"}
    with_tax = order(prices_include_tax=True, shipping_total="12.30", line_items=[line])
    tables, _ = outcome([with_tax], tmp_path)
    assert money(tables["orders"][0]) == ("90.00", "10.00", "0.00", "23.00")


def test_fee_lines_are_other(tmp_path: Path) -> None:
    tables, _ = outcome([order(total="125.00", fee_lines=[{"total": "2.00"}])], tmp_path)
    assert money(tables["orders"][0]) == ("90.00", "10.00", "2.00", "23.00")


def test_gift_line_of_price_zero_is_kept(tmp_path: Path) -> None:
    gift = {"name": "Sample", "product_id": 2, "quantity": 1, "subtotal": "0.00", "total": "0.00"}
    tables, _ = outcome([order(line_items=[*ORDER["line_items"], gift])], tmp_path)
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal(90), Decimal(0)]


def test_refund_in_full_is_split_over_all_parts(tmp_path: Path) -> None:
    tables, _ = outcome([order(status="refunded", refunds=[{"id": 9, "total": "-123.00"}])], tmp_path)
    assert money(tables["refunds"][0]) == ("90.00", "10.00", "0.00", "23.00")


def test_refund_with_lines_says_itself_what_it_was_for(tmp_path: Path) -> None:
    refund = {
        "id": 9, "amount": "67.65", "date_created_gmt": "2019-03-04T00:00:00",
        "line_items": [{"total": "-45.00", "total_tax": "-10.35"}],
        "shipping_lines": [{"total": "-10.00", "total_tax": "-2.30"}],
    }  # fmt: skip
    tables, _ = outcome([order(refunds=[refund])], tmp_path)
    row = tables["refunds"][0]
    assert (money(row), row["refunded_at"].day) == (("45.00", "10.00", "0.00", "12.65"), 4)


def test_undated_refund_is_dated_at_the_last_change(tmp_path: Path) -> None:
    tables, _ = outcome([order(refunds=[{"id": 9, "total": "-1.00"}])], tmp_path)
    assert tables["refunds"][0]["refunded_at"] == datetime(2019, 3, 5, 10, tzinfo=UTC)


def test_account_without_email_keeps_the_shops_own_id(tmp_path: Path) -> None:
    tables, _ = outcome([order(customer_id=26, billing={})], tmp_path)
    assert tables["orders"][0]["customer_id"] == "26"


REFUSED = {
    "pending": ({"status": "pending"}, "not_paid"),
    "on hold": ({"status": "on-hold"}, "not_paid"),
    "failed": ({"status": "failed"}, "not_paid"),
    "unknown status without payment": ({"status": "awaiting-shipment"}, "not_paid"),
    "cancelled": ({"status": "cancelled"}, "cancelled"),
    "test mode": ({"meta_data": [{"key": "_wcpay_mode", "value": "test"}]}, "test_order"),
    "nobody": ({"billing": {"email": ""}}, "missing_customer"),
    "no id": ({"id": None}, "missing_order_id"),
    "no total": ({"total": ""}, "missing_amount"),
    "unreadable total": ({"total": "1,5"}, "unreadable_number"),
    "absurd total": ({"total": "9" * 20}, "absurd_quantity"),
    "no date": ({"date_created_gmt": None}, "missing_date"),
    "unreadable date": ({"date_created_gmt": "yesterday"}, "unreadable_date"),
    "in the future": ({"date_created_gmt": "2020-01-03T00:00:00"}, "in_the_future"),
    "too old": ({"date_created_gmt": "1969-01-01T00:00:00"}, "too_old"),
    "no currency code": ({"currency": "euro"}, "unknown_currency"),
    "wrong kind": ({"line_items": "none"}, "unreadable_value"),
    "negative quantity": ({"line_items": [{"quantity": -1, "total": "1"}]}, "negative_quantity"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_order_is_refused_by_name(case: str, tmp_path: Path) -> None:
    changes, reason = REFUSED[case]
    _, refused = outcome([order(**changes)], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(1, reason)]


def test_refusal_names_path_and_value(tmp_path: Path) -> None:
    _, refused = outcome([order(line_items=[{"quantity": "two", "total": "1"}])], tmp_path)
    assert refused[0]["detail"] == "line_items.0.quantity: 'two' is not a number"


def test_order_less_than_a_day_ahead_is_kept(tmp_path: Path) -> None:
    tables, _ = outcome([order(date_created_gmt="2020-01-01T20:00:00")], tmp_path)
    assert len(tables["orders"]) == 1
