"""Each file finds its importer."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.observe.importer import ImportContext
from keepwell.observe.registry import IMPORTERS, by_name, recognise
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

CONTEXT = ImportContext(Business(currency="GBP"), b"key", datetime(2012, 1, 1, tzinfo=UTC))

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


def outcome(path: Path) -> str:
    try:
        return "recognised" if recognise(path) in IMPORTERS else "unheard of"
    except InputError as error:
        return error.code


def test_every_file_of_the_data_is_recognised_or_refused_by_name(shared_data: Path) -> None:
    files = [path for path in shared_data.rglob("*") if path.is_file()]
    assert len(files) > 20
    tables = [path for path in files if path.suffix == ".parquet"]
    assert {recognise(path).name for path in tables} == {"table"}
    for path in files:
        assert outcome(path) in {"recognised", "file.unknown"}, path.name


def test_a_csv_with_carriage_returns_alone_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "mac.csv"
    path.write_bytes(b"order_id,customer_id,order_date,amount\ro1,c1,2023-01-01,5.00\r")
    assert recognise(path).name == "table"


def test_a_workbook_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "orders.xlsx"
    path.write_bytes(b'PK\x03\x04\x14\x00\x08\r,"\rx\n' + bytes(range(256)))
    assert recognise(path).name == "table"


MAGIC = [b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b"[", b'{"a":', b'"a\r']
NAMES = ["a.csv", "a.json", "a.parquet", "a.xlsx", "a.txt", "a"]


@given(st.sampled_from(MAGIC), st.binary(max_size=400) | st.text(max_size=200).map(str.encode), st.sampled_from(NAMES))
def test_whatever_the_bytes_are_a_file_is_recognised_or_refused(magic: bytes, rest: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(magic + rest)
        assert outcome(path) in {"recognised", "file.unknown", "file.empty"}


@given(st.binary(max_size=400))
def test_no_importer_raises_on_bytes_that_begin_like_a_parquet_file(rest: bytes) -> None:
    head = b"PAR1" + rest
    assert [i.name for i in IMPORTERS if i.recognises(Path("a.parquet"), head)] == ["table"]


@pytest.mark.parametrize("name", ["shopify", "woocommerce", "stripe", "segment", "ga4", "google_ads", "table"])
def test_a_pipe_is_refused_at_once(name: str, tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    for read in (recognise, lambda pipe: by_name(name).open(pipe, CONTEXT)):
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.code == "file.not_a_file"


def test_a_link_to_a_file_is_read_as_the_file(tmp_path: Path, shared_data: Path) -> None:
    link = tmp_path / "orders.csv"
    link.symlink_to(shared_data / "exports" / "shopify_orders_export.csv")
    assert recognise(link).name == "shopify"


def test_a_link_that_leads_to_itself_is_an_input_error(tmp_path: Path) -> None:
    link = tmp_path / "loop.csv"
    link.symlink_to(link)
    with pytest.raises(InputError) as caught:
        recognise(link)
    assert caught.value.code == "file.unreadable"


BAD_NAME = os.fsdecode(b"caf\xe9")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"a,b\n1\n"),
        ("a.csv", b"a\n1\n"),
        ("a.json", b'[{"id": 1, "line_items": [], "order_key": NaN}]'),
        ("a.parquet", b"PAR1 and no more"),
        ("a.xlsx", b"PK\x03\x04"),
        ("a.bin", b"\x00"),
    ],
)
def test_an_error_about_a_file_whose_name_is_not_utf8_can_be_written(name: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{BAD_NAME}{name}"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(recognise(path).open(path, CONTEXT).batches)
    assert "caf\ufffd" in str(caught.value)
    assert str(caught.value).encode()


@pytest.mark.parametrize("file", ["cdnow_sample.parquet", "exports/shopify_orders_export.csv"])
def test_a_file_whose_name_is_not_utf8_is_read(file: str, tmp_path: Path, shared_data: Path) -> None:
    path = tmp_path / (BAD_NAME + Path(file).suffix)
    path.write_bytes((shared_data / file).read_bytes())
    reading = recognise(path).open(path, CONTEXT)
    assert sum(batch.rows_in for batch in reading.batches) > 100
    assert all(said.encode() for said in reading.findings)
