"""A person who is forgotten leaves the error files too, and nobody else does."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from keepwell.lake.lake import Lake
from keepwell.loop.erasure import erase
from keepwell.loop.ingest import ingest
from keepwell.observe.importer import ImportContext
from keepwell.observe.registry import recognise
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

HEADER = "order_id,customer,order_date,amount,currency\n"
OTHERS = "".join(f"o{i},{60 + i % 4},2023-0{1 + i % 9}-11,{10 + i}.50,GBP\n" for i in range(9))


def lake_of(folder: Path, text: str, name: str = "orders.csv") -> Lake:
    lake = Lake.create(folder / "shop")
    path = folder / name
    path.write_text(text)
    context = ImportContext(Business(currency="GBP"), lake.identity_key, datetime(2026, 1, 1, tzinfo=UTC))
    ingest(lake, path, recognise(path), context)
    return lake


def refused_text(lake: Lake) -> str:
    return "".join(path.read_text() for path in lake.paths.refused.glob("*.csv"))


@pytest.mark.parametrize(
    "person", ["Ann Secretperson", "+44 20 555 0147", "ID:44/7 x9", "code(7)", "ann@example.com", "C-17"]
)
def test_a_refused_row_of_a_forgotten_customer_is_gone(tmp_path: Path, person: str) -> None:
    rows = f"o51,{person},no date,5,GBP\no52,{person},2023-01-01,5,GBP\n"
    lake = lake_of(tmp_path, HEADER + OTHERS + rows)
    erased = erase(lake, person)
    assert (erased.rows["orders"], erased.refused_rows, erased.mentions_left) == (1, 1, 0)
    assert person not in refused_text(lake)


def test_a_row_that_could_not_be_split_is_gone_too(tmp_path: Path) -> None:
    lake = lake_of(
        tmp_path, (HEADER + OTHERS + "o51,Ann Secretperson,2023-01-01,5,GBP,more,fields\n").replace(",", ";")
    )
    assert erase(lake, "Ann Secretperson").refused_rows == 1


def test_a_telephone_number_at_the_start_of_a_row_is_found_behind_the_formula_guard(tmp_path: Path) -> None:
    header = "customer,order_id,order_date,amount,currency\n"
    others = "".join(f"{60 + i},o{i},2023-01-11,1,GBP\n" for i in range(5))
    lake = lake_of(tmp_path, header + others + "+44 20 555 0147,o77,never,5,GBP\n")
    assert erase(lake, "+44205550147").refused_rows == 1


def test_somebody_elses_amount_is_not_taken_for_the_id(tmp_path: Path) -> None:
    rows = "o51,77,no date,5,GBP\no52,5,2023-01-01,9,GBP\no53,5,never,9,GBP\n"
    lake = lake_of(tmp_path, HEADER + OTHERS + rows)
    erased = erase(lake, "5")
    assert (erased.refused_rows, erased.mentions_left) == (1, 1)
    assert "o51,77" in refused_text(lake)


def test_what_is_left_of_an_error_file_is_still_private(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, HEADER + OTHERS + "o51,77,no date,5,GBP\no53,5,never,9,GBP\n")
    erase(lake, "5")
    assert {stat.S_IMODE(path.stat().st_mode) for path in lake.paths.refused.glob("*")} == {0o600}


def test_somebody_unknown_cannot_be_forgotten(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, HEADER + OTHERS)
    with pytest.raises(InputError) as refusal:
        erase(lake, "nobody")
    assert refusal.value.code == "customer.unknown"


def test_control_characters_of_a_refused_row_are_pictures(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, HEADER + OTHERS + "o51,\x1b[31mred\x07,no date,5,GBP\n")
    assert "␛[31mred␇" in refused_text(lake)


def test_addresses_in_file_and_source_names_are_hidden(tmp_path: Path) -> None:
    lake = Lake.create(tmp_path / "shop")
    path = tmp_path / "orders ann@example.com.csv"
    path.write_text(HEADER + OTHERS)
    context = ImportContext(
        Business(currency="GBP"), lake.identity_key, datetime(2026, 1, 1, tzinfo=UTC), source="ann@example.com"
    )
    ingest(lake, path, recognise(path), context)
    (entry, _), *_ = lake.imports()
    assert "@" not in entry.file_name + entry.source
    with lake.snapshot() as snapshot:
        assert set(snapshot.tables["orders"].source.to_pyarrow().to_pylist()) == {"[e-mail]"}


def test_a_file_name_that_is_not_utf8_is_kept_as_text(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, HEADER + OTHERS, b"caf\xe9.csv".decode("utf-8", "surrogateescape"))
    assert [entry.file_name for entry, _ in lake.imports()] == ["caf�.csv"]
