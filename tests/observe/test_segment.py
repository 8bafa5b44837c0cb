"""Segment and RudderStack messages."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.identity import customer_key
from keepwell.observe.importer import ImportContext
from keepwell.observe.segment import Segment
from keepwell.vocabulary.business import Business

CONTEXT = ImportContext(Business(currency="EUR"), b"k", datetime(2026, 1, 1, tzinfo=UTC))
AT = "2024-05-01T12:00:00.000Z"
ADDRESSES = ("ann@example.com", "bob%40example.com", "Eve.Long+tag@shop.example.org")


def track(name: str, message_id: str = "m-1", **properties: Any) -> dict[str, Any]:
    message = {"type": "track", "event": name, "messageId": message_id, "userId": "u-1", "anonymousId": "browser-1"}
    return message | {"timestamp": AT, "properties": properties}


def outcome(messages: list[dict[str, Any]], folder: Path) -> tuple[dict[str, list[dict[str, Any]]], list[Any]]:
    path = folder / "messages.jsonl"
    path.write_text("\n".join(map(json.dumps, messages)))
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("orders", "order_lines", "refunds", "customers", "events")
    }
    refused: list[Any] = []
    for batch in Segment().open(path, CONTEXT).batches:
        refused += batch.refused.to_pylist()
        for name, table in batch.tables.items():
            tables[name] += table.to_pylist()
    return tables, refused


def money(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{row[part]:.2f}" for part in ("items", "shipping", "other", "tax"))


def test_no_email_address_reaches_any_table(tmp_path: Path) -> None:
    first, second, third = ADDRESSES
    hidden = {
        "email": first,
        "note": f"call {third}",
        "url": f"https://x/?e={second}",
        "list": [{"to": third, "ok": 1}],
    }
    messages = [
        {
            "type": "identify",
            "messageId": "1",
            "userId": first,
            "timestamp": AT,
            "traits": {"email": first, "name": third},
        },
        {**track("Product Viewed", "2", **hidden), "userId": third, "anonymousId": first},
        {**track(f"Mailed {first}", "3", **{third: 1}), "context": {"campaign": {"source": third}}},
        {"type": "alias", "messageId": "4", "userId": "u", "previousId": first, "timestamp": AT},
        {"type": "page", "messageId": f"5 {first}", "name": f"Hello {third}", "userId": "u", "timestamp": AT},
        track("Order Completed", "6", order_id="o", revenue=5, coupon=third, products=[{"name": first, "price": 5}]),
    ]
    tables, refused = outcome(messages, tmp_path)
    text = json.dumps([tables, refused], default=str)
    assert refused == []
    assert not any(address in text for address in (*ADDRESSES, "example.com", "shop.example.org"))


def test_personal_properties_are_left_out_and_the_rest_is_kept(tmp_path: Path) -> None:
    personal = {"first_name": "Ann", "phone": "1", "address": {"city": "X"}, "ip": "1.2.3.4"}
    tables, _ = outcome([track("Product Viewed", product_id="p", price=10.5, **personal)], tmp_path)
    assert json.loads(tables["events"][0]["properties"]) == {"product_id": "p", "price": 10.5}


def test_clients_wrong_clock_is_corrected(tmp_path: Path) -> None:
    times = {"originalTimestamp": "2031-01-01T00:00:00Z", "sentAt": "2031-01-01T00:00:10Z", "receivedAt": AT}
    tables, _ = outcome([track("Product Viewed") | times], tmp_path)
    assert tables["events"][0]["occurred_at"] == datetime(2024, 5, 1, 11, 59, 50, tzinfo=UTC)


def test_repeated_message_is_refused(tmp_path: Path) -> None:
    _, refused = outcome([track("Product Viewed"), track("Product Viewed")], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(2, "repeated_row")]


def test_repeated_order_is_refused(tmp_path: Path) -> None:
    order = {"order_id": "o", "revenue": 5}
    _, refused = outcome([track("Order Completed", "1", **order), track("Order Completed", "2", **order)], tmp_path)
    assert [row["reason"] for row in refused] == ["repeated_row"]


MONEY = {
    "revenue": ({"revenue": 25, "shipping": 3, "tax": 2, "total": 30}, ("25.00", "3.00", "0.00", "2.00")),
    "revenue that is the total": (
        {"revenue": 30, "shipping": 3, "tax": 2, "total": 30},
        ("25.00", "3.00", "0.00", "2.00"),
    ),
    "subtotal": ({"subtotal": 25, "shipping": 3, "total": 28}, ("25.00", "3.00", "0.00", "0.00")),
    "total alone": ({"total": 30, "shipping": 3, "tax": 2}, ("25.00", "3.00", "0.00", "2.00")),
    "products alone": ({"products": [{"price": 5.1, "quantity": 2}], "discount": 1}, ("9.20", "0.00", "0.00", "0.00")),
    "with a fee": ({"revenue": 25, "total": 27}, ("25.00", "0.00", "2.00", "0.00")),
}


@pytest.mark.parametrize("case", MONEY)
def test_order_completed_gives_its_money(case: str, tmp_path: Path) -> None:
    properties, wanted = MONEY[case]
    tables, _ = outcome([track("Order Completed", order_id="o", **properties)], tmp_path)
    assert money(tables["orders"][0]) == wanted


def test_order_discount_is_spread_over_the_products(tmp_path: Path) -> None:
    products = [{"product_id": "a", "price": 10, "quantity": 2}, {"product_id": "b", "price": 10}]
    tables, _ = outcome([track("Order Completed", order_id="o", revenue=20, discount=10, products=products)], tmp_path)
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal("13.3333"), Decimal("6.6667")]


def test_refund_without_amount_is_of_the_whole_order(tmp_path: Path) -> None:
    order = track("Order Completed", "1", order_id="o", revenue=25, shipping=3, tax=2, total=30)
    tables, _ = outcome([order, track("Order Refunded", "2", order_id="o")], tmp_path)
    assert money(tables["refunds"][0]) == ("25.00", "3.00", "0.00", "2.00")


def test_cancellation_gives_back_what_refunds_left(tmp_path: Path) -> None:
    messages = [
        track("Order Completed", "1", order_id="o", revenue=25, shipping=3, total=28),
        track("Order Refunded", "2", order_id="o", total=5),
        track("Order Cancelled", "3", order_id="o", total=28),
    ]
    tables, _ = outcome(messages, tmp_path)
    assert [(money(row)[:2], row["reason"]) for row in tables["refunds"]] == [
        (("5.00", "0.00"), None),
        (("20.00", "3.00"), "cancelled"),
    ]


def test_guest_with_an_email_is_known_by_it(tmp_path: Path) -> None:
    order = track("Order Completed", order_id="o", revenue=5, email="Ann@example.com") | {"userId": None}
    tables, _ = outcome([order], tmp_path)
    assert tables["orders"][0]["customer_id"] == customer_key("ann@example.com", b"k")


REFUSED = {
    "anonymous order": (track("Order Completed", order_id="o", revenue=5) | {"userId": None}, "missing_customer"),
    "order without id": (track("Order Completed", revenue=5), "missing_order_id"),
    "order without amount": (track("Order Completed", order_id="o"), "missing_amount"),
    "refund of an unknown order without amount": (track("Order Refunded", order_id="o"), "missing_amount"),
    "no time": (track("Product Viewed") | {"timestamp": None}, "missing_date"),
    "future": (track("Product Viewed") | {"timestamp": "2027-01-01T00:00:00Z"}, "in_the_future"),
    "no event name": (track(""), "missing_value"),
    "unknown type": (track("Product Viewed") | {"type": "metric"}, "not_used"),
    "identify without user": (
        {"type": "identify", "timestamp": AT, "messageId": "1", "traits": {}},
        "missing_customer",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_message_is_refused_by_name(case: str, tmp_path: Path) -> None:
    message, reason = REFUSED[case]
    _, refused = outcome([message], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(1, reason)]


def test_country_of_identify_is_kept(tmp_path: Path) -> None:
    message = {"type": "identify", "messageId": "1", "userId": "u", "timestamp": AT}
    tables, _ = outcome([message | {"traits": {"address": {"country": "KR"}, "createdAt": AT}}], tmp_path)
    assert [(row["customer_id"], row["country"]) for row in tables["customers"]] == [("u", "KR")]
