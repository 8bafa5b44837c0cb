"""Shopify's JSON orders become the facts that its CSV export gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.identity import customer_key
from keepwell.observe.importer import Batch, ImportContext
from keepwell.observe.registry import recognise
from keepwell.observe.shopify_json import ShopifyJson
from keepwell.vocabulary.business import Business

CONTEXT = ImportContext(Business(currency="USD"), b"k" * 32, datetime(2024, 6, 1, tzinfo=UTC))
ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "name": "#1001",
    "email": "Jon@Example.com",
    "created_at": "2024-03-01T10:00:00-05:00",
    "currency": "USD",
    "financial_status": "paid",
    "subtotal_price": "90.00",
    "total_discounts": "10.00",
    "total_tax": "9.00",
    "total_price": "109.00",
    "taxes_included": False,
    "total_shipping_price_set": {"shop_money": {"amount": "10.00", "currency_code": "USD"}},
    "discount_codes": [{"code": "SPRING", "amount": "10.00"}],
    "billing_address": {"country_code": "US"},
    "line_items": [
        {"sku": "A", "name": "Cup", "quantity": 2, "price": "30.00", "discount_allocations": [{"amount": "6.00"}]},
        {"sku": "B", "name": "Pot", "quantity": 1, "price": "40.00", "discount_allocations": [{"amount": "4.00"}]},
    ],
    "refunds": [],
}


def read(folder: Path, *orders: dict[str, Any]) -> Batch:
    """Import orders, one a line, as one batch."""
    path = folder / "orders.jsonl"
    path.write_text("".join(json.dumps(order) + "\n" for order in orders), encoding="utf-8")
    assert recognise(path).name == "shopify_json"
    (batch,) = ShopifyJson().open(path, CONTEXT).batches
    return batch


def test_an_order_has_goods_shipping_tax_and_the_opaque_customer(tmp_path: Path) -> None:
    (order,) = read(tmp_path, ORDER).tables["orders"].to_pylist()
    assert (order["order_id"], order["source"]) == ("#1001", "shopify")
    assert order["customer_id"] == customer_key("jon@example.com", b"k" * 32)
    assert order["ordered_at"] == datetime(2024, 3, 1, 15, tzinfo=UTC)
    assert (order["items"], order["shipping"], order["tax"], order["other"]) == (90, 10, 9, 0)
    assert (order["units"], order["coupon"], order["country"]) == (3, "SPRING", "US")


def test_the_lines_add_up_to_the_goods(tmp_path: Path) -> None:
    lines = read(tmp_path, ORDER).tables["order_lines"].to_pylist()
    assert [line["amount"] for line in lines] == [Decimal(54), Decimal(36)]
    uneven = {**ORDER, "subtotal_price": "89.99", "total_price": "108.99"}
    amounts = [line["amount"] for line in read(tmp_path, uneven).tables["order_lines"].to_pylist()]
    assert sum(amounts) == Decimal("89.99")


def test_tax_inside_the_prices_is_taken_out(tmp_path: Path) -> None:
    inclusive = {**ORDER, "taxes_included": True, "total_tax": "20.00", "total_price": "100.00"}
    (order,) = read(tmp_path, inclusive).tables["orders"].to_pylist()
    assert (order["items"], order["shipping"], order["tax"], order["other"]) == (72, 8, 20, 0)


def test_money_given_back_is_a_refund_at_its_own_time(tmp_path: Path) -> None:
    paid = {"kind": "refund", "status": "success", "amount": "95.00"}
    failed = {"kind": "refund", "status": "failure", "amount": "95.00"}
    refund = {"id": 7, "created_at": "2024-04-01T00:00:00Z", "transactions": [failed, paid]}
    (row,) = read(tmp_path, {**ORDER, "refunds": [refund]}).tables["refunds"].to_pylist()
    assert (row["refund_id"], row["items"], row["shipping"]) == ("#1001:refunded", 90, 5)
    assert row["refunded_at"] == datetime(2024, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"financial_status": "pending"}, "not_paid"),
        ({"financial_status": "voided"}, "cancelled"),
        ({"cancelled_at": "2024-03-02T00:00:00Z"}, "cancelled"),
        ({"test": True}, "test_order"),
        ({"email": ""}, "missing_customer"),
        ({"name": None}, "missing_order_id"),
        ({"created_at": None}, "missing_date"),
        ({"subtotal_price": "-1"}, "negative_price"),
        ({"total_price": "much"}, "unreadable_number"),
        ({"line_items": "none"}, "unreadable_value"),
    ],
)
def test_what_is_no_sale_is_refused_by_name(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    batch = read(tmp_path, {**ORDER, **change})
    assert batch.refused["reason"].to_pylist() == [reason]
    assert not batch.tables
