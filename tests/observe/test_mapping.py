"""Mappings: parsed, laid over each other, saved and found again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.observe.fields import FileKind
from keepwell.observe.mapping import Mapping, ReadOptions, mapping_from
from keepwell.vocabulary.errors import InputError


def test_overrides_are_parsed_from_field_and_column() -> None:
    assert Mapping.parse("ordered_at=Created = local").columns == {"ordered_at": "Created = local"}


def test_an_unknown_field_is_refused_with_the_fields_there_are() -> None:
    with pytest.raises(InputError, match="ordered_at") as caught:
        Mapping.parse("orderd_at=Created")
    assert caught.value.code == "mapping.field"


def test_an_override_without_a_column_says_how_to_write_one() -> None:
    with pytest.raises(InputError, match="--map ordered_at="):
        Mapping.parse("ordered_at")


def test_what_lies_on_top_wins_and_takes_its_column_away() -> None:
    below = Mapping(columns={"amount": "Total", "ordered_at": "Date"}, read=ReadOptions(decimal=","))
    above = Mapping.parse("total=Total").over(below)
    assert (above.columns, above.read.decimal) == ({"ordered_at": "Date", "total": "Total"}, ",")


@given(
    st.dictionaries(st.sampled_from(["order_id", "customer_id", "amount"]), st.text(min_size=1), max_size=3),
    st.sampled_from([None, *FileKind][:3]),
)
def test_a_saved_mapping_reads_back_as_it_was(columns: dict[str, str], kind: FileKind | None) -> None:
    mapping = Mapping(columns, kind, ReadOptions(delimiter=";"), {"currency": "PLN"})
    assert mapping_from(tomllib.loads(mapping.as_toml()), "here") == mapping


def test_a_mapping_is_found_again_by_exactly_its_header(tmp_path: Path) -> None:
    mapping = Mapping(columns={"amount": "Net"}, kind=FileKind.ORDERS)
    mapping.save(tmp_path / "mappings", ["id", "Net"])
    assert Mapping.find(tmp_path / "mappings", ["id", "Net"]) == mapping
    assert Mapping.find(tmp_path / "mappings", ["Net", "id"]) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('kind = "baskets"', "orders, lines, spend"),
        ('[read]\ndecimal = ":"', "decimal"),
        ('[read]\ntime_zone = "Mars/Olympus"', "IANA"),
        ('[read]\ndates = "backwards"', "day-first"),
        ("[columns]\namount = 3", "text in quotes"),
        ('[constants]\ncurrency = "euro"', "three-letter"),
        ("[colums]", "columns"),
        ("kind = \n\n", "line 1"),
    ],
)
def test_a_wrong_mapping_file_is_refused_naming_what_is_allowed(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "mapping.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=named) as caught:
        Mapping.load(path)
    assert "mapping.toml" in caught.value.where
