"""Opaque ids of people."""

from __future__ import annotations

import hashlib
import hmac

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from keepwell.observe.identity import customer_key, customer_keys, kind_of, opaque_id, opaque_ids

KEY = b"a secret of the shop"


def test_an_email_becomes_the_documented_keyed_hash() -> None:
    expected = hmac.new(KEY, b"email:ann@example.com", hashlib.sha256).hexdigest()[:24]
    assert opaque_id("email", "  Ann@Example.COM ", KEY) == "e_" + expected


def test_a_phone_has_one_id_however_it_is_written() -> None:
    written = ["+44 20 7946 0958", "0044 20 7946-0958", "+442079460958"]
    assert len({opaque_id("phone", value, KEY) for value in written}) == 1


def test_another_key_gives_another_id() -> None:
    assert opaque_id("email", "ann@example.com", KEY) != opaque_id("email", "ann@example.com", b"other")


def test_the_shops_own_ids_are_kept_as_text_without_the_float_tail() -> None:
    column = pa.array(["12347.0", "C-0042", " 7 ", "12347.5"])
    assert opaque_ids(column, "id", KEY).to_pylist() == ["12347", "C-0042", "7", "12347.5"]


def test_ids_from_number_columns_keep_their_digits() -> None:
    assert opaque_ids(pa.array([12347.0, None, 1e15]), "id", KEY).to_pylist() == ["12347", None, "1000000000000000"]
    assert opaque_ids(pa.array([12347, None], pa.int32()), "id", KEY).to_pylist() == ["12347", None]


def test_names_are_hashed_even_where_a_file_uses_them_as_customer() -> None:
    assert [kind_of(value) for value in ("Ann Example", "김민수", "acme", "VIP 7")] == ["name", "name", "id", "id"]


@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.emails())))
def test_the_column_form_agrees_with_the_single_form_and_holds_no_address(values: list[str | None]) -> None:
    got = customer_keys(pa.array(values, pa.string()), KEY).to_pylist()
    assert got == [customer_key(v, KEY) if v is not None and v.strip() else None for v in values]
    assert not any("@" in key for key in got if key)


@given(
    values=st.lists(
        st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[A-Z]{0,3}[0-9]{1,6}", fullmatch=True)), min_size=1
    )
)
def test_a_column_of_plain_ids_is_read_as_value_by_value(values: list[str | None]) -> None:
    expected = [customer_key(value, KEY) if value and value.strip() else None for value in values]
    assert customer_keys(pa.array(values, pa.string()), KEY).to_pylist() == expected
