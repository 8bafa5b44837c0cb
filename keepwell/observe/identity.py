"""Opaque ids: people are told apart without their addresses, numbers or names ever reaching the lake.

E-mail addresses and telephone numbers become keyed hashes (HMAC-SHA256), so that the same person has the same id in
every file while nobody without the key can test a guess. The shop's own ids (numbers, codes) are kept as they are.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

Kind = Literal["email", "phone", "name", "id"]

HASH_LENGTH = 24  # hex digits: 96 bits, so that a billion customers collide with a chance below 1e-10
PREFIX: dict[str, str] = {"email": "e_", "phone": "p_", "name": "n_"}

_WHOLE_NUMBER = re.compile(r"([+-]?\d+)(?:\.0+|,0)")  # "12347.0": an id that passed through a float column
_PHONE = re.compile(r"(\+|00)[\d\s().\-/]{8,24}|[(0][\d()]*[\s().\-/][\d\s().\-/]{6,20}")
# ids that every rule leaves as they are: a letter or digit, then letters, digits, - and _, with at least one digit and
# no leading 0 (a telephone number may have one)
_PLAIN_IDS = r"^([1-9][0-9]*|[A-Za-z][A-Za-z_-]*[0-9][0-9A-Za-z_-]*)$"
_LETTERS = re.compile(r"[^\W\d_]")


def opaque_id(kind: Kind, value: str, key: bytes) -> str:
    """Return the opaque id of one value.

    Args:
        kind: what the value is; ``"id"`` (the shop's own id) is kept, everything else is hashed.
        value: the e-mail address, telephone number, name or id as the file has it.
        key: the secret that keys the hash.

    >>> opaque_id("email", " Ann@Example.com ", b"k") == opaque_id("email", "ann@example.com", b"k")
    True
    >>> opaque_id("id", "12347.0", b"k")
    '12347'

    """
    if kind == "id":
        return _plain(value)
    text = _normal(kind, value)
    return PREFIX[kind] + hmac.digest(key, f"{kind}:{text}".encode(), "sha256").hex()[:HASH_LENGTH]


def customer_key(value: str, key: bytes) -> str:
    """Return the opaque id of a customer, deciding by its look what the value is (see ``kind_of``).

    >>> customer_key("C-0042", b"k")
    'C-0042'
    >>> customer_key("ann@example.com", b"k")[:2], customer_key("+44 20 7946 0958", b"k")[:2]
    ('e_', 'p_')
    """
    return opaque_id(kind_of(value), value, key)


def kind_of(value: str) -> Kind:
    """Say what a customer reference is: an e-mail (has @ or %40), a telephone number, a name, or the shop's own id.

    A telephone number begins with + or 00, or with 0 or a bracket and has separators. A name is letters without any
    digit that holds a space or letters beyond ASCII. Everything else is an id.

    >>> [kind_of(v) for v in ("ann@example.com", "010-1234-5678", "Ann Example", "12347", "C-0042")]
    ['email', 'phone', 'name', 'id', 'id']
    """
    text = value.strip()
    if "@" in text or "%40" in text:  # as an address is written in a link
        return "email"
    if _PHONE.fullmatch(text) and 8 <= sum(c.isdigit() for c in text) <= 17:
        return "phone"
    if not any(c.isdigit() for c in text) and _LETTERS.search(text):
        beyond_ascii = any(ord(c) > 127 for c in text)
        if beyond_ascii or len(text.split()) > 1:
            return "name"
    return "id"


def opaque_ids(column: pa.Array | pa.ChunkedArray, kind: Kind, key: bytes) -> pa.Array:
    """Return the opaque ids of a whole column; empty and blank values become null.

    Args:
        column: text or numbers, any length.
        kind: what every value of the column is.
        key: the secret that keys the hash.

    >>> opaque_ids(pa.array([12347.0, None]), "id", b"k").to_pylist()
    ['12347', None]

    """
    return _over_distinct(column, lambda value: opaque_id(kind, value, key), plain=_PLAIN_IDS if kind == "id" else None)


def customer_keys(column: pa.Array | pa.ChunkedArray, key: bytes) -> pa.Array:
    """Return the opaque ids of a column of customer references, deciding value by value.

    >>> customer_keys(pa.array(["12347.0", " ", None]), b"k").to_pylist()
    ['12347', None, None]
    """
    return _over_distinct(column, lambda value: customer_key(value, key), plain=_PLAIN_IDS)


def _over_distinct(
    column: pa.Array | pa.ChunkedArray, rule: Callable[[str], str], plain: str | None = None
) -> pa.Array:
    """Apply a rule once per distinct value: orders repeat their customers, and hashing is the dear part.

    A column in which every value matches ``plain`` is returned as it is, which is most of all columns.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if pa.types.is_floating(array.type):
        array = _whole_floats(array)
    text = array.cast(pa.string())
    if plain is not None and not pc.any(pc.invert(pc.match_substring_regex(text, plain))).as_py():
        return text
    encoded = pc.dictionary_encode(text)
    ids = [rule(value) if value.strip() else None for value in encoded.dictionary.to_pylist()]
    return pa.array(ids, pa.string()).take(encoded.indices)


def _whole_floats(array: pa.Array) -> pa.Array:
    """Turn whole floats into integers, so that 1e15 keeps its digits as text."""
    try:
        return pc.cast(array, pa.int64())
    except pa.ArrowInvalid:
        return array


def _plain(value: str) -> str:
    text = value.strip()
    whole = _WHOLE_NUMBER.fullmatch(text)
    return whole.group(1) if whole else text


def _normal(kind: Kind, value: str) -> str:
    text = value.strip().lower()
    if kind == "email":
        return text.replace("%40", "@")
    if kind == "phone":
        digits = "".join(c for c in text if c.isdigit())
        if text.startswith("+"):
            return "+" + digits
        return "+" + digits[2:] if digits.startswith("00") else digits
    return " ".join(text.split()) if kind == "name" else text
