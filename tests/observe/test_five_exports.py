"""The same 410 orders, exported by five platforms, give the same answers to the penny."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keepwell.observe.ga4 import Ga4
from keepwell.observe.identity import customer_key
from keepwell.observe.importer import Batch, ImportContext, Importer
from keepwell.observe.segment import Segment
from keepwell.observe.shopify import Shopify
from keepwell.observe.stripe import StripeCharges
from keepwell.observe.woocommerce import WooCommerce
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.tables import FACTS

KEY = b"a key for tests"
CONTEXT = ImportContext(Business(currency="GBP"), KEY, datetime(2012, 1, 1, tzinfo=UTC))
PARTS = ("items", "shipping", "other", "tax")


@dataclass(frozen=True)
class Export:
    """One export, and which of the answers its format holds."""

    importer: Importer
    file: str
    splits_shipping: bool = True
    has_lines: bool = True
    refunds: int = 149
    by_email: bool = True
    has_country_code: bool = True

    @property
    def has_refunds(self) -> bool:
        """Whether the format can say what was refunded."""
        return self.refunds > 0


EXPORTS = [
    Export(Shopify(), "shopify_orders_export.csv", refunds=70),
    Export(WooCommerce(), "woocommerce_orders_rest.json"),
    Export(StripeCharges(), "stripe_charges.jsonl", splits_shipping=False, has_lines=False),
    Export(Segment(), "segment_events.jsonl", by_email=False),
    Export(Ga4(), "ga4_purchase_events.jsonl", refunds=0, by_email=False, has_country_code=False),
]


@dataclass
class Imported:
    """An export after its import."""

    export: Export
    batches: list[Batch]
    tables: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module", params=EXPORTS, ids=lambda export: export.importer.name)
def imported(request: pytest.FixtureRequest, shared_data: Path) -> Imported:
    export: Export = request.param
    batches = list(export.importer.open(shared_data / "exports" / export.file, CONTEXT).batches)
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for batch in batches:
        for name, table in batch.tables.items():
            tables[name].extend(table.to_pylist())
    return Imported(export, batches, tables)


@pytest.fixture(scope="module")
def expected(shared_data: Path) -> dict[str, Any]:
    return dict(json.loads((shared_data / "exports" / "expected.json").read_text()))


@pytest.fixture(scope="module")
def expected_customers(shared_data: Path) -> list[dict[str, str]]:
    with (shared_data / "exports" / "expected_customers.csv").open() as file:
        return list(csv.DictReader(file))


def total(row: dict[str, Any]) -> Decimal:
    return sum((row[part] for part in PARTS), Decimal(0))


def summed(rows: list[dict[str, Any]], column: str) -> Decimal:
    return sum((row[column] for row in rows), Decimal(0))


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_file_is_recognised(imported: Imported, shared_data: Path) -> None:
    path = shared_data / "exports" / imported.export.file
    assert imported.export.importer.recognises(path, path.read_bytes()[:65536])


def test_no_row_is_refused(imported: Imported) -> None:
    assert sum(batch.refused.num_rows for batch in imported.batches) == 0


def test_every_source_row_is_in_a_fact(imported: Imported) -> None:
    rows = {row["source_row"] for table in imported.tables.values() for row in table}
    assert rows == set(range(1, sum(batch.rows_in for batch in imported.batches) + 1))


def test_tables_have_the_schema_of_the_lake(imported: Imported) -> None:
    for batch in imported.batches:
        for name, table in batch.tables.items():
            schema = FACTS[name].schema
            assert table.schema == schema.remove(schema.get_field_index("import_id"))
            assert all(table[field].null_count == 0 for field in FACTS[name].required)


def test_orders_and_their_total_are_exact(imported: Imported, expected: dict[str, Any]) -> None:
    orders = imported.tables["orders"]
    assert len(orders) == expected["orders"]
    assert sum(map(total, orders), Decimal(0)) == Decimal(expected["total_gbp"])


def test_goods_and_shipping_are_told_apart(imported: Imported, expected: dict[str, Any]) -> None:
    orders = imported.tables["orders"]
    if imported.export.splits_shipping:
        wanted = (Decimal(expected["items_gbp"]), Decimal(expected["shipping_gbp"]))
    else:
        wanted = (Decimal(expected["total_gbp"]), Decimal(0))
    assert (summed(orders, "items"), summed(orders, "shipping")) == wanted


def test_customers_and_repeat_customers_agree(imported: Imported, expected: dict[str, Any]) -> None:
    counts = Counter(row["customer_id"] for row in imported.tables["orders"])
    repeat = sum(count > 1 for count in counts.values())
    assert (len(counts), repeat) == (expected["customers"], expected["repeat_customers"])


def test_lines_units_and_amounts_agree(imported: Imported, expected: dict[str, Any]) -> None:
    lines = imported.tables["order_lines"]
    if not imported.export.has_lines:
        assert lines == []
        return
    found = (len(lines), summed(lines, "quantity"), summed(lines, "amount"))
    assert found == (expected["line_items"], expected["units"], Decimal(expected["items_gbp"]))


def test_units_and_line_counts_of_orders_agree(imported: Imported, expected: dict[str, Any]) -> None:
    orders = imported.tables["orders"]
    if not imported.export.has_lines:
        assert {row["units"] for row in orders} == {None}
        return
    assert (summed(orders, "line_count"), summed(orders, "units")) == (expected["line_items"], expected["units"])


def test_refunds_agree(imported: Imported, expected: dict[str, Any]) -> None:
    refunds = imported.tables["refunds"]
    assert len(refunds) == imported.export.refunds
    if imported.export.has_refunds:
        assert sum(map(total, refunds), Decimal(0)) == Decimal(expected["refunded_gbp"])
        assert len({row["order_id"] for row in refunds}) == expected["refunded_orders"]


def test_orders_refunded_in_full_agree(imported: Imported, expected: dict[str, Any]) -> None:
    back: dict[str, Decimal] = defaultdict(Decimal)
    for row in imported.tables["refunds"]:
        back[row["order_id"]] += total(row)
    full = sum(back[row["order_id"]] == total(row) for row in imported.tables["orders"])
    assert full == (expected["fully_refunded_orders"] if imported.export.has_refunds else 0)


def test_net_revenue_agrees(imported: Imported, expected: dict[str, Any]) -> None:
    gross = sum(map(total, imported.tables["orders"]), Decimal(0))
    net = expected["net_gbp"] if imported.export.has_refunds else expected["total_gbp"]
    assert gross - sum(map(total, imported.tables["refunds"]), Decimal(0)) == Decimal(net)


def test_first_and_last_order_times_agree(imported: Imported, expected: dict[str, Any]) -> None:
    moments = [row["ordered_at"] for row in imported.tables["orders"]]
    assert (iso(min(moments)), iso(max(moments))) == (expected["first_order_at"], expected["last_order_at"])


def test_orders_and_totals_by_month_agree(imported: Imported, expected: dict[str, Any]) -> None:
    months: dict[str, list[Decimal]] = defaultdict(list)
    for row in imported.tables["orders"]:
        months[row["ordered_at"].strftime("%Y-%m")].append(total(row))
    found = {month: {"orders": len(t), "total_gbp": f"{sum(t):.2f}"} for month, t in sorted(months.items())}
    assert found == expected["orders_by_month"]


def test_countries_agree(imported: Imported, expected: dict[str, Any]) -> None:
    name = "customers" if isinstance(imported.export.importer, Segment) else "orders"
    assert len({row["country"] for row in imported.tables[name]}) == expected["countries"]


def test_each_customer_has_the_expected_row(imported: Imported, expected_customers: list[dict[str, str]]) -> None:
    assert _customers(imported) == [_wanted(row, imported.export) for row in _in_order(expected_customers, imported)]


def _identity(email: str, export: Export) -> str:
    return customer_key(email, KEY) if export.by_email else email.removeprefix("customer").split("@")[0]


def _in_order(rows: list[dict[str, str]], imported: Imported) -> list[dict[str, str]]:
    return sorted(rows, key=lambda row: _identity(row["email"], imported.export))


def _wanted(row: dict[str, str], export: Export) -> tuple[object, ...]:
    net = row["net_gbp"] if export.has_refunds else row["total_gbp"]
    country = row["country"] if export.has_country_code else None
    identity = _identity(row["email"], export)
    return (identity, country, int(row["orders"]), row["total_gbp"], net, row["first_order_at"], row["last_order_at"])


def _customers(imported: Imported) -> list[tuple[object, ...]]:
    orders: dict[str, list[dict[str, Any]]] = defaultdict(list)
    countries: dict[str, set[str]] = defaultdict(set)
    for row in imported.tables["orders"]:
        orders[row["customer_id"]].append(row)
    for row in imported.tables["orders"] + imported.tables["customers"]:
        countries[row["customer_id"]] |= {row["country"]} - {None}
    refunded: dict[str, Decimal] = defaultdict(Decimal)
    for row in imported.tables["refunds"]:
        refunded[row["customer_id"]] += total(row)
    found = []
    for customer in sorted(orders):
        bought = orders[customer]
        gross = sum(map(total, bought), Decimal(0))
        moments = [row["ordered_at"] for row in bought]
        country = "/".join(sorted(countries[customer])) if imported.export.has_country_code else None
        net = gross - refunded[customer]
        span = (iso(min(moments)), iso(max(moments)))
        found.append((customer, country, len(bought), f"{gross:.2f}", f"{net:.2f}", *span))
    return found


def test_no_email_address_of_the_file_reaches_a_table(imported: Imported) -> None:
    for batch in imported.batches:
        for table in batch.tables.values():
            for column in table.columns:
                if pa.types.is_string(column.type):
                    assert not any("@" in value for value in column.to_pylist() if value)


def test_refunds_belong_to_the_customer_of_their_order(imported: Imported) -> None:
    customers = {row["order_id"]: row["customer_id"] for row in imported.tables["orders"]}
    assert all(customers[row["order_id"]] == row["customer_id"] for row in imported.tables["refunds"])
