"""Whatever a record holds, it ends in facts or in one refusal, and nothing but InputError is ever raised."""

from __future__ import annotations

import copy
import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.observe.ga4 import Ga4
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.segment import Segment
from keepwell.observe.shopify import Shopify
from keepwell.observe.stripe import StripeCharges
from keepwell.observe.stripe_subscriptions import StripeSubscriptions
from keepwell.observe.woocommerce import WooCommerce
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.tables import FACTS

CONTEXT = ImportContext(Business(currency="GBP"), b"k", datetime(2026, 1, 1, tzinfo=UTC))
QUIET = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["", " ", "1e5", "NaN", "-1.00", "0", "9" * 40, "1.23456789", "9999-12-31T23:59:59Z", "0001-01-01", "\ud800"]
    ),
    st.sampled_from([[], {}, [[]], [{}], {"a": 1}, ["x"], [None]]),
)

PRINTABLE = st.characters(exclude_categories=["Cs", "Cc"])
CELLS = [
    "",
    "x",
    "-1",
    "1e9",
    "9" * 30,
    "2099-01-01 00:00:00 +0000",
    "1999-99-99",
    "#7",
    "0.00001",
    "a\nb",
    '"',
    "voided",
]


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths(item, (*path, key))
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield (*path, number)
            yield from paths(item, (*path, number))


def changed(record: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    mutant = copy.deepcopy(record)
    holder: Any = mutant
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    return mutant


def assert_accounted_for(importer: Importer, path: Path, records: int) -> None:
    try:
        batches = list(importer.open(path, CONTEXT).batches)
    except InputError:
        return
    refused = [row for batch in batches for row in batch.refused["row"].to_pylist()]
    kept = {row for batch in batches for table in batch.tables.values() for row in table["source_row"].to_pylist()}
    assert sum(batch.rows_in for batch in batches) == records
    assert len(refused) == len(set(refused))
    assert kept | set(refused) == set(range(1, records + 1))
    assert kept.isdisjoint(refused)
    for batch in batches:
        for name, table in batch.tables.items():
            table.validate(full=True)
            assert all(table[column].null_count == 0 for column in FACTS[name].required if column != "import_id")


@cache
def examples(shared: Path) -> list[tuple[Importer, dict[str, Any]]]:
    exports = shared / "exports"
    official = exports / "official_fixtures"
    resources = json.loads((official / "stripe_api_resources.json").read_text())
    resources = resources.get("resources", resources)
    charges = [json.loads(line) for line in (exports / "stripe_charges.jsonl").read_text().splitlines()[:30]]
    messages = [json.loads(line) for line in (exports / "segment_events.jsonl").read_text().splitlines()[:60]]
    viewed = {"type": "track", "event": "Product Viewed", "messageId": "m", "userId": "1", "anonymousId": "a"}
    viewed |= {"timestamp": "2024-01-01T00:00:00Z", "properties": {"price": 5, "email": "a@b.c", "list": [{"x": 1}]}}
    found: list[tuple[Importer, dict[str, Any]]] = [(Segment(), viewed)]
    found += [
        (WooCommerce(), order) for order in json.loads((official / "woocommerce_docs_orders_list.json").read_text())
    ]
    found.append((StripeCharges(), next(charge for charge in charges if charge["refunds"]["data"])))
    found.append(
        (StripeCharges(), resources["charge"] | {"captured": True, "customer": "cus_1", "amount_captured": 100})
    )
    found.append((StripeSubscriptions(), resources["subscription"]))
    found.append((Ga4(), json.loads((exports / "ga4_purchase_events.jsonl").read_text().splitlines()[0])))
    for wanted in ("identify", "Order Completed", "Order Refunded"):
        found.append((Segment(), next(m for m in messages if wanted in (m["type"], m.get("event")))))
    return found


@given(data=st.data(), as_array=st.booleans())
@QUIET
def test_mutated_record_is_kept_or_refused(
    data: st.DataObject, as_array: bool, shared_data: Path, tmp_path: Path
) -> None:
    importer, record = data.draw(st.sampled_from(examples(shared_data)))
    path = data.draw(st.sampled_from(list(paths(record))))
    mutant = changed(record, path, data.draw(ODD))
    records = [record, mutant, record]
    text = json.dumps(records) if as_array else "\n".join(json.dumps(each) for each in records)
    file = tmp_path / "records.json"
    file.write_text(text)
    assert_accounted_for(importer, file, len(records))


@given(junk=st.binary(max_size=200), cut=st.integers(0, 4000))
@QUIET
def test_damaged_bytes_are_refused_or_an_input_error(junk: bytes, cut: int, shared_data: Path, tmp_path: Path) -> None:
    importer, record = examples(shared_data)[3]
    line = json.dumps(record).encode()
    file = tmp_path / "records.jsonl"
    file.write_bytes(line + b"\n" + line[:cut] + junk.replace(b"\n", b"") + b"x\n" + line + b"\n")
    assert_accounted_for(importer, file, 3)


@pytest.fixture(scope="module")
def shopify_lines(shared_data: Path) -> list[list[str]]:
    with (shared_data / "exports" / "shopify_orders_export.csv").open(newline="") as file:
        return [row for row, _ in zip(csv.reader(file), range(40), strict=False)]


@given(data=st.data())
@QUIET
def test_mutated_shopify_line_is_kept_or_refused(
    data: st.DataObject, shopify_lines: list[list[str]], tmp_path: Path, quoted: Callable[[list[str]], str]
) -> None:
    lines = copy.deepcopy(shopify_lines)
    for _ in range(data.draw(st.integers(1, 4))):
        line, column = data.draw(st.integers(1, len(lines) - 1)), data.draw(st.integers(0, 40))
        lines[line][column] = data.draw(st.sampled_from(CELLS) | st.text(PRINTABLE, max_size=6))
    file = tmp_path / "orders.csv"
    file.write_text("".join(quoted(line) for line in lines))
    assert_accounted_for(Shopify(), file, len(lines) - 1)


@pytest.fixture(scope="module")
def quoted() -> Callable[[list[str]], str]:
    return lambda row: ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n"
