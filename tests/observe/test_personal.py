"""No e-mail address reaches the lake, whatever column it stands in."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from keepwell.observe.fields import FIELDS, Content, FileKind
from keepwell.observe.google_ads import GoogleAds
from keepwell.observe.identity import customer_key, opaque_id
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.mapping import Mapping
from keepwell.observe.meta_ads import MetaAds
from keepwell.observe.registry import by_name
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business

KEY = b"key"
CONTEXT = ImportContext(Business(currency="EUR"), KEY, datetime(2026, 1, 1, tzinfo=UTC))
ADDRESSES = ["ann@example.com", "Ann@Example.com", "to ann%40example.com?x=1", "c,bob@example.com;d"]
VALUES = {
    Content.MOMENT: "2024-01-05",
    Content.DAY: "2024-01-05",
    Content.NUMBER: "3",
    Content.COUNT: "3",
    Content.CURRENCY: "EUR",
    Content.FLAG: "no",
}


def tables(path: Path, importer: Importer, context: ImportContext = CONTEXT) -> dict[str, list[pa.Table]]:
    found: dict[str, list[pa.Table]] = {}
    for batch in importer.open(path, context).batches:
        for name, table in batch.tables.items():
            found.setdefault(name, []).append(table)
    return found


def texts(found: dict[str, list[pa.Table]]) -> Iterator[str]:
    for parts in found.values():
        for table in parts:
            for column in table.columns:
                if pa.types.is_string(column.type):
                    yield from (value for value in column.to_pylist() if value)


def generic(folder: Path, kind: FileKind, address: str, faulty: str = "") -> Path:
    fields = FIELDS[kind].values()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([item.name for item in fields])
    for number in range(3):
        usual = [VALUES.get(item.content, f"{address} {number}") for item in fields]
        writer.writerow([address if item.name == faulty else value for item, value in zip(fields, usual, strict=True)])
    path = folder / "any.csv"
    path.write_text(text.getvalue())
    return path


def same(kind: FileKind) -> Tabular:
    return Tabular(Mapping(kind=kind, columns={name: name for name in FIELDS[kind]}))


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("kind", FileKind)
def test_no_address_in_any_text_column_of_a_table_file_is_kept(kind: FileKind, address: str, tmp_path: Path) -> None:
    found = tables(generic(tmp_path, kind, address), same(kind))
    assert sum(table.num_rows for parts in found.values() for table in parts) == 3
    assert not [text for text in texts(found) if "@" in text or "%40" in text]


@pytest.mark.parametrize(("kind", "field"), [(kind, name) for kind in FileKind for name in FIELDS[kind]])
def test_no_address_in_a_number_or_date_column_is_kept(kind: FileKind, field: str, tmp_path: Path) -> None:
    found = tables(generic(tmp_path, kind, "ann@example.com", field), same(kind))
    assert not [text for text in texts(found) if "@" in text]


def test_an_order_id_that_is_an_address_stays_an_id_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "".join(f"{name}@example.com,c1,2024-01-05,3,for {name}@example.com\n" for name in ("ann", "bob"))
    path.write_text("order_id,customer_id,order_date,amount,coupon\n" + rows)
    (orders,) = tables(path, Tabular())["orders"]
    assert orders["order_id"].to_pylist() == [opaque_id("email", f"{n}@example.com", KEY) for n in ("ann", "bob")]
    assert orders["coupon"].to_pylist() == ["for [e-mail]"] * 2


def test_an_address_as_it_stands_in_a_link_is_the_same_person() -> None:
    assert customer_key("ann%40example.com", KEY) == customer_key("Ann@example.com", KEY)


def test_a_channel_from_the_command_line_holds_no_address(tmp_path: Path) -> None:
    path = tmp_path / "spend.csv"
    path.write_text("day,campaign,spend,clicks\n2024-01-05,x,3,1\n")
    context = ImportContext(CONTEXT.business, KEY, CONTEXT.now, channel="ann@example.com")
    assert not [text for text in texts(tables(path, Tabular(), context)) if "@" in text]


@pytest.mark.parametrize(
    ("importer", "report"),
    [
        (GoogleAds(), "Day,Campaign,Currency code,Cost,Impr.,Clicks\n2024-01-01,ann@example.com,GBP,1.50,10,2\n"),
        (MetaAds(), "Campaign name,Day,Amount spent (EUR),Impressions\nann@example.com,2024-03-01,100.15,2000\n"),
    ],
)
def test_no_address_in_a_campaign_of_a_cost_report_is_kept(importer: Importer, report: str, tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text(report)
    found = tables(path, importer)
    assert found["spend"][0].num_rows == 1
    assert not [text for text in texts(found) if "@" in text]


def soaked(value: Any, key: str = "") -> Any:
    """Put an address into every text that an importer does not read as a number, a date or a mark of its format."""
    if isinstance(value, dict):
        return {name: soaked(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [soaked(item, key) for item in value]
    free = ("id", "_id", "name", "sku", "code", "country", "source", "medium", "title", "plan", "coupon", "userId")
    if isinstance(value, str) and key.endswith(free) and key != "event_name":
        return f"ann@example.com {value}"
    return value


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("woocommerce", "woocommerce_orders_rest.json"),
        ("stripe", "stripe_charges.jsonl"),
        ("segment", "segment_events.jsonl"),
        ("ga4", "ga4_purchase_events.jsonl"),
    ],
)
def test_no_address_in_any_text_of_a_platform_export_is_kept(
    name: str, file: str, tmp_path: Path, shared_data: Path
) -> None:
    text = (shared_data / "exports" / file).read_text()
    records = json.loads(text) if file.endswith(".json") else [json.loads(line) for line in text.splitlines()]
    path = tmp_path / "export.jsonl"
    path.write_text("".join(json.dumps(soaked(record)) + "\n" for record in records[:40]))
    found = list(texts(tables(path, by_name(name))))
    assert len(found) > 20
    assert not [text for text in found if "@" in text]


def test_no_address_in_any_text_of_a_shopify_export_is_kept(tmp_path: Path, shared_data: Path) -> None:
    with (shared_data / "exports" / "shopify_orders_export.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:40]
    soak = ("Name", "Lineitem name", "Lineitem sku", "Discount Code", "Billing Country", "Shipping Country", "Source")
    path = tmp_path / "orders.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            writer.writerow(row | {name: f"ann@example.com {row[name]}" for name in soak if name in row})
    found = list(texts(tables(path, by_name("shopify"))))
    assert len(found) > 20
    assert not [text for text in found if "@" in text]
