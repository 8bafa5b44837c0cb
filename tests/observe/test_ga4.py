"""Events of the Google Analytics 4 export."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from keepwell.observe.ga4 import Ga4
from keepwell.observe.importer import ImportContext
from keepwell.vocabulary.business import Business

CONTEXT = ImportContext(Business(currency="EUR"), b"k", datetime(2026, 1, 1, tzinfo=UTC))
AT = 1_714_564_800_000_000  # 2024-05-01 12:00 UTC


def parameter(key: str, value: Any) -> dict[str, Any]:
    kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
    return {"key": key, "value": {kind: value}}


def event(name: str, at: Any = AT, **changes: Any) -> dict[str, Any]:
    basic = {"event_name": name, "event_timestamp": at, "user_id": "u-1", "user_pseudo_id": "123.456"}
    return basic | {"event_params": [parameter("currency", "GBP")]} | changes


def purchase(at: Any = AT, order_id: str = "o-1", **ecommerce: Any) -> dict[str, Any]:
    return event("purchase", at, ecommerce={"transaction_id": order_id, **ecommerce})


def outcome(events: list[dict[str, Any]], folder: Path) -> tuple[dict[str, list[dict[str, Any]]], list[Any]]:
    path = folder / "events.jsonl"
    path.write_text("\n".join(map(json.dumps, events)))
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in ("orders", "order_lines", "refunds", "events")}
    refused: list[Any] = []
    for batch in Ga4().open(path, CONTEXT).batches:
        refused += batch.refused.to_pylist()
        for name, table in batch.tables.items():
            tables[name] += table.to_pylist()
    return tables, refused


def money(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(f"{row[part]:.2f}" for part in ("items", "shipping", "other", "tax"))


ITEMS = [{"item_id": "a", "price": 10.0, "quantity": 2, "item_revenue": 20.0}]


@pytest.mark.parametrize("revenue", [20.0, 25.0], ids=["by the definition", "shipping and tax inside"])
def test_shipping_and_tax_are_apart_from_items(revenue: float, tmp_path: Path) -> None:
    bought = purchase(purchase_revenue=revenue, shipping_value=3.0, tax_value=2.0) | {"items": ITEMS}
    tables, _ = outcome([bought], tmp_path)
    assert money(tables["orders"][0]) == ("20.00", "3.00", "0.00", "2.00")


def test_whole_numbers_written_as_text_are_read(tmp_path: Path) -> None:
    tables, _ = outcome([purchase(at=str(AT), purchase_revenue=20.0)], tmp_path)
    assert tables["orders"][0]["ordered_at"] == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_refund_is_taken_from_goods_first(tmp_path: Path) -> None:
    bought = purchase(purchase_revenue=20.0, shipping_value=3.0) | {"items": ITEMS}
    back = event("refund", AT + 1, ecommerce={"transaction_id": "o-1", "refund_value": 21.5})
    tables, _ = outcome([bought, back], tmp_path)
    assert money(tables["refunds"][0]) == ("20.00", "1.50", "0.00", "0.00")


def test_other_event_is_kept_without_personal_parameters(tmp_path: Path) -> None:
    given = [parameter("page_location", "https://x/?email=ann@example.com"), parameter("value", 1.5)]
    seen = event("view_item", event_params=[*given, parameter("phone", "1")])
    tables, _ = outcome([seen], tmp_path)
    assert [(row["name"], json.loads(row["properties"])) for row in tables["events"]] == [("view_item", {"value": 1.5})]


def test_event_id_is_the_same_in_every_import(tmp_path: Path) -> None:
    first, second = (outcome([event("view_item")], tmp_path)[0]["events"][0]["event_id"] for _ in range(2))
    assert first == second


def test_events_of_one_moment_differ_by_their_parameters(tmp_path: Path) -> None:
    views = [event("view_item", event_params=[parameter("item", name)]) for name in ("a", "b")]
    tables, _ = outcome(views, tmp_path)
    assert len({row["event_id"] for row in tables["events"]}) == 2


def test_channel_is_source_and_medium_of_the_session(tmp_path: Path) -> None:
    session = {"manual_campaign": {"source": "google", "medium": "cpc"}}
    first_visit = {"source": "bing", "medium": "organic"}
    seen = event("view_item", session_traffic_source_last_click=session, traffic_source=first_visit)
    tables, _ = outcome([seen], tmp_path)
    assert tables["events"][0]["channel"] == "google / cpc"


def test_item_without_revenue_counts_price_times_quantity(tmp_path: Path) -> None:
    tables, _ = outcome(
        [purchase(purchase_revenue=7.5) | {"items": [{"item_id": "a", "price": 2.5, "quantity": 3}]}], tmp_path
    )
    assert [row["amount"] for row in tables["order_lines"]] == [Decimal("7.5")]


REFUSED = {
    "nobody": (purchase(purchase_revenue=5.0) | {"user_id": None}, "missing_customer"),
    "no id": (event("purchase", ecommerce={"purchase_revenue": 5.0}), "missing_order_id"),
    "id not set": (purchase(order_id="(not set)", purchase_revenue=5.0), "missing_order_id"),
    "no revenue": (purchase(), "missing_amount"),
    "no time": (event("view_item", None), "missing_date"),
    "no name": (event(""), "missing_value"),
    "future": (event("view_item", 1_900_000_000_000_000), "in_the_future"),
    "wrong kind": (event("view_item", event_params={"key": 1}), "unreadable_value"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_event_is_refused_by_name(case: str, tmp_path: Path) -> None:
    broken, reason = REFUSED[case]
    _, refused = outcome([broken], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(1, reason)]


def test_purchase_sent_again_by_a_reloaded_page_is_refused(tmp_path: Path) -> None:
    _, refused = outcome([purchase(purchase_revenue=5.0), purchase(AT + 9, purchase_revenue=5.0)], tmp_path)
    assert [(row["row"], row["reason"]) for row in refused] == [(2, "repeated_row")]
