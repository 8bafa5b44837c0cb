"""Each file finds its importer."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from keepwell.observe.registry import IMPORTERS, by_name, recognise
from keepwell.vocabulary.errors import InputError

EXPORTS = {
    "shopify_orders_export.csv": "shopify",
    "woocommerce_orders_rest.json": "woocommerce",
    "stripe_charges.jsonl": "stripe",
    "segment_events.jsonl": "segment",
    "ga4_purchase_events.jsonl": "ga4",
    "official_fixtures/woocommerce_docs_orders_list.json": "woocommerce",
    "official_fixtures/fivetran_stripe/charge_data.csv": "table",
    "official_fixtures/fivetran_shopify/shopify_order_data.csv": "table",
    "official_fixtures/fivetran_shopify_orders_schema.csv": "table",
    "official_fixtures/fivetran_ad_report_schema.csv": "table",
}


@pytest.mark.parametrize("file", EXPORTS)
def test_export_is_recognised(file: str, shared_data: Path) -> None:
    assert recognise(shared_data / "exports" / file).name == EXPORTS[file]


@pytest.mark.parametrize("file", [file for file, name in EXPORTS.items() if name != "table"])
def test_only_one_platform_claims_an_export(file: str, shared_data: Path) -> None:
    path = shared_data / "exports" / file
    claims = [i.name for i in IMPORTERS if i.name != "table" and i.recognises(path, path.read_bytes()[:65536])]
    assert claims == [EXPORTS[file]]


def test_compressed_export_is_recognised(tmp_path: Path, shared_data: Path) -> None:
    path = tmp_path / "charges.jsonl.gz"
    path.write_bytes(gzip.compress((shared_data / "exports" / "stripe_charges.jsonl").read_bytes()))
    assert recognise(path).name == "stripe"


def test_list_of_the_stripe_api_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "subscriptions.json"
    path.write_text(json.dumps({"object": "list", "data": [{"id": "sub_1", "object": "subscription"}]}))
    assert recognise(path).name == "stripe_subscriptions"


def test_table_comes_last_and_names_are_unique() -> None:
    names = [importer.name for importer in IMPORTERS]
    assert names[-1] == "table"
    assert len(set(names)) == len(names)


def test_importer_is_found_by_name() -> None:
    assert by_name("ga4").name == "ga4"


def test_unknown_name_lists_the_importers() -> None:
    with pytest.raises(InputError, match="shopify, woocommerce") as caught:
        by_name("magento")
    assert caught.value.code == "importer.unknown"


@pytest.mark.parametrize(("content", "code"), [(b"", "file.empty"), (b"\x89PNG\r\n\x1a\n\x00\x00", "file.unknown")])
def test_file_of_no_known_format_is_an_input_error(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        recognise(path)
    assert caught.value.code == code


def test_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        recognise(tmp_path / "nothing.csv")
