"""Shopify orders CSV: taxes inside and on top, discounts, gifts, refunds, and what is refused."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe import shopify_lines
from keepwell.observe.importer import ImportContext
from keepwell.observe.shopify import Shopify
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

CONTEXT = ImportContext(Business(currency="EUR"), b"k", datetime(2024, 6, 1, tzinfo=UTC))
FIRST = {
    "Name": "#1", "Email": "ann@example.com", "Financial Status": "paid", "Currency": "EUR", "Subtotal": "100.00",
    "Shipping": "10.00", "Taxes": "0.00", "Total": "110.00", "Discount Code": "", "Discount Amount": "0.00",
    "Created at": "2024-01-31 23:30:00 +0100", "Lineitem quantity": "2", "Lineitem name": "Mug",
    "Lineitem price": "50.00", "Lineitem sku": "MUG", "Billing Country": "PL", "Cancelled at": "",
    "Payment Method": "Shopify Payments", "Refunded Amount": "0.00", "Lineitem discount": "0.00",
}  # fmt: skip
Found = tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]


def first(**changes: str) -> dict[str, str]:
    return FIRST | {key.replace("_", " "): value for key, value in changes.items()}


def more(**changes: str) -> dict[str, str]:
    line = dict.fromkeys(FIRST, "") | {key: FIRST[key] for key in ("Name", "Email", "Created at", "Lineitem quantity")}
    line |= {"Lineitem name": "Plate", "Lineitem price": "50.00", "Lineitem discount": "0.00"}
    return line | {key.replace("_", " "): value for key, value in changes.items()}


def outcome(lines: list[dict[str, str]], folder: Path) -> Found:
    path = folder / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(FIRST))
        writer.writeheader()
        writer.writerows(lines)
    return read(path)


def read(path: Path) -> Found:
    tables: dict[str, list[dict[str, Any]]] = {"orders": [], "order_lines": [], "refunds": []}
    refused: list[dict[str, Any]] = []
    for batch in Shopify().open(path, CONTEXT).batches:
        refused += batch.refused.to_pylist()
        for name, table in batch.tables.items():
            tables[name] += table.to_pylist()
    return tables, refused


def money(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{row[part]:.4f}" for part in ("items", "shipping", "other", "tax"))


def test_tax_on_top_stays_out_of_items(tmp_path: Path) -> None:
    tables, _ = outcome([first(Taxes="22.00", Total="132.00")], tmp_path)
    assert money(tables["orders"][0]) == ("100.0000", "10.0000", "0.0000", "22.0000")


def test_tax_inside_is_taken_out_of_goods_and_shipping(tmp_path: Path) -> None:
    tables, _ = outcome([first(Taxes="20.57")], tmp_path)
    assert money(tables["orders"][0]) == ("81.3000", "8.1300", "0.0000", "20.5700")


def test_lines_add_up_to_the_items_also_with_tax_inside(tmp_path: Path) -> None:
    lines = [first(Taxes="20.57", Lineitem_quantity="1"), more(Lineitem_quantity="1")]
    tables, _ = outcome(lines, tmp_path)
    assert sum(row["amount"] for row in tables["order_lines"]) == tables["orders"][0]["items"]


def test_tip_is_other(tmp_path: Path) -> None:
    tables, _ = outcome([first(Total="113.00")], tmp_path)
    assert money(tables["orders"][0]) == ("100.0000", "10.0000", "3.0000", "0.0000")


def test_order_discount_is_spread_over_the_lines(tmp_path: Path) -> None:
    lines = [first(Subtotal="100.00", Discount_Code="TEN", Discount_Amount="11.00", Lineitem_price="37.00")]
    lines.append(more(Lineitem_quantity="1", Lineitem_price="37.00"))
    tables, _ = outcome(lines, tmp_path)
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal("66.6667"), Decimal("33.3333")]
    assert (tables["orders"][0]["discount"], tables["orders"][0]["coupon"]) == (Decimal(11), "TEN")


def test_line_discount_belongs_to_its_line(tmp_path: Path) -> None:
    lines = [
        first(Lineitem_price="60.00", Lineitem_discount="40.00"),
        more(Lineitem_quantity="1", Lineitem_price="20.00"),
    ]
    tables, _ = outcome(lines, tmp_path)
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal(80), Decimal(20)]


def test_gift_is_kept_as_a_line(tmp_path: Path) -> None:
    tables, _ = outcome([first(), more(Lineitem_price="0.00", Lineitem_quantity="1")], tmp_path)
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal(100), Decimal(0)]


def test_refund_takes_goods_first_then_shipping(tmp_path: Path) -> None:
    tables, _ = outcome([first(Financial_Status="partially_refunded", Refunded_Amount="104.00")], tmp_path)
    assert money(tables["refunds"][0]) == ("100.0000", "4.0000", "0.0000", "0.0000")


def test_cancelled_and_refunded_order_is_refunded_at_the_cancellation(tmp_path: Path) -> None:
    line = first(Financial_Status="refunded", Refunded_Amount="110.00", Cancelled_at="2024-02-03 10:00:00 +0000")
    tables, _ = outcome([line], tmp_path)
    assert tables["refunds"][0]["refunded_at"] == datetime(2024, 2, 3, 10, tzinfo=UTC)


def test_offset_of_the_shop_is_understood(tmp_path: Path) -> None:
    tables, _ = outcome([first()], tmp_path)
    assert tables["orders"][0]["ordered_at"] == datetime(2024, 1, 31, 22, 30, tzinfo=UTC)


REFUSED = {
    "pending": ({"Financial_Status": "pending"}, "not_paid"),
    "authorised": ({"Financial_Status": "authorized"}, "not_paid"),
    "voided": ({"Financial_Status": "voided"}, "cancelled"),
    "cancelled": ({"Cancelled_at": "2024-02-01 00:00:00 +0000"}, "cancelled"),
    "test": ({"Payment_Method": "(for testing) Bogus Gateway"}, "test_order"),
    "nobody": ({"Email": ""}, "missing_customer"),
    "no name": ({"Name": ""}, "missing_order_id"),
    "no total": ({"Total": ""}, "missing_amount"),
    "unreadable total": ({"Total": "much"}, "unreadable_number"),
    "absurd total": ({"Total": "9" * 13}, "absurd_quantity"),
    "no date": ({"Created_at": ""}, "missing_date"),
    "unreadable date": ({"Created_at": "2024-13-45"}, "unreadable_date"),
    "future": ({"Created_at": "2024-06-03 00:00:00 +0000"}, "in_the_future"),
    "currency": ({"Currency": "€"}, "unknown_currency"),
    "negative quantity": ({"Lineitem_quantity": "-2"}, "negative_quantity"),
    "absurd quantity": ({"Lineitem_quantity": "5000000"}, "absurd_quantity"),
    "no price": ({"Lineitem_price": ""}, "missing_value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_first_line_takes_its_order_with_it(case: str, tmp_path: Path) -> None:
    changes, reason = REFUSED[case]
    name = changes.get("Name", "#1")
    tables, refused = outcome([first(**changes), more(Name=name), first(Name="#2")], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(1, reason), (2, reason)]
    assert [row["order_id"] for row in tables["orders"]] == ["#2"]


def test_later_line_is_refused_alone(tmp_path: Path) -> None:
    tables, refused = outcome([first(), more(Lineitem_quantity="x")], tmp_path)
    assert [(row["row"], row["detail"]) for row in refused] == [(2, "Lineitem quantity is 'x'")]
    assert tables["orders"][0]["line_count"] == 1


def test_line_with_too_few_fields_is_refused_by_its_number(tmp_path: Path) -> None:
    outcome([first(), first(Name="#2")], tmp_path)
    path = tmp_path / "orders.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], "#9,broken", lines[2]]) + "\n")
    tables, refused = read(path)
    assert [(row["row"], row["reason"], row["raw"]) for row in refused] == [(2, "unreadable_row", "#9,broken")]
    assert [row["source_row"] for row in tables["orders"]] == [1, 3]


def test_small_blocks_give_the_same_facts(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared_data / "exports" / "shopify_orders_export.csv"
    whole, _ = read(path)
    monkeypatch.setattr(shopify_lines, "BLOCK_BYTES", 60_000)
    assert read(path) == (whole, [])


def test_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("Name,Email,Total\n#1,a@b.c,5\n")
    with pytest.raises(InputError, match="'Subtotal' is missing"):
        Shopify().open(path, CONTEXT)


@pytest.mark.parametrize("name", ['"12 inch', '"cut off'])
@pytest.mark.parametrize("after", [0, 5])
def test_a_quote_that_is_never_closed_is_an_error_at_its_row(name: str, after: int, tmp_path: Path) -> None:
    lines = [*(first(Name=f"#{n}") for n in range(3)), first(Name="#3", Lineitem_discount="OPEN")]
    lines += [line for n in range(after) for line in (first(Name=f"#{n + 4}"), more(Name=f"#{n + 4}"))]
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(FIRST))
        writer.writeheader()
        writer.writerows(lines)
    path.write_text(path.read_text().replace("OPEN", name))
    with pytest.raises(InputError) as caught:
        read(path)
    assert (caught.value.code, caught.value.value) == ("file.quotes", 4)


def test_an_article_of_several_lines_is_one_line_of_the_order(tmp_path: Path) -> None:
    tables, refused = outcome([first(Lineitem_name="Mug,\nblue\n12 cm"), first(Name="#2")], tmp_path)
    assert [line["product_name"] for line in tables["order_lines"]] == ["Mug,\nblue\n12 cm", "Mug"]
    assert not refused
