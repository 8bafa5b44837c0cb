"""Keep people's names, addresses and numbers out of what goes to the lake."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.identity import opaque_id

EMAIL = re.compile(r"[^\s@<>\"',;:=&?/\\]+(?:@|%40)[^\s@<>\"',;:=&?/\\]+")
HIDDEN = "[e-mail]"

_WORDS = (
    "email",
    "mail",
    "phone",
    "telephone",
    "mobile",
    "name",
    "firstname",
    "lastname",
    "fullname",
    "middlename",
    "surname",
    "username",
    "billingname",
    "shippingname",
    "customername",
    "address",
    "street",
    "address1",
    "address2",
    "postcode",
    "postalcode",
    "zip",
    "zipcode",
    "ip",
    "ipaddress",
    "birthday",
    "birthdate",
    "dateofbirth",
)
PERSONAL_KEYS = frozenset(_WORDS)
_PARTS = ("email", "phone", "address", "firstname", "lastname", "fullname", "surname")
_SEPARATORS = str.maketrans("", "", "_-. $")
DEEPEST = 20


def without_email(text: str) -> str:
    """Return the text with every e-mail address in it hidden.

    >>> without_email("Gift for ann@example.com"), without_email("?to=ann%40example.com&x=1")
    ('Gift for [e-mail]', '?to=[e-mail]&x=1')
    """
    return EMAIL.sub(HIDDEN, text) if "@" in text or "%40" in text else text


def with_ids_for_emails(text: str, key: bytes) -> str:
    """Return the text with the opaque id of its owner in place of every e-mail address, so that an id stays one.

    >>> with_ids_for_emails("ann%40example.com/7", b"k") == opaque_id("email", "ann@example.com", b"k") + "/7"
    True
    """
    return EMAIL.sub(lambda found: opaque_id("email", found.group(), key), text)


def without_emails(column: pa.Array, key: bytes | None = None) -> pa.Array:
    """Return a column of text without e-mail addresses; most columns have none and are returned as they are.

    Args:
        column: text, nulls allowed.
        key: for a column of ids: an address becomes its opaque id by this key; without it, it is hidden.

    >>> without_emails(pa.array(["gift", "for ann@example.com", None])).to_pylist()
    ['gift', 'for [e-mail]', None]

    """
    if not any(pc.any(pc.match_substring(column, sign)).as_py() for sign in ("@", "%40")):
        return column
    encoded = pc.dictionary_encode(column)
    values = encoded.dictionary.to_pylist()
    clean = [without_email(value) if key is None else with_ids_for_emails(value, key) for value in values]
    return pa.array(clean, column.type).take(encoded.indices)


def is_personal(key: str) -> bool:
    """Say whether a property of this name describes a person.

    >>> [is_personal(key) for key in ("first_name", "Billing E-Mail", "ip", "price", "product_id")]
    [True, True, True, False, False]
    """
    plain = key.translate(_SEPARATORS).lower()
    return plain in PERSONAL_KEYS or any(part in plain for part in _PARTS) or "@" in key or "%40" in key


def impersonal(value: Any, depth: int = 0) -> Any:
    """Return a JSON value without personal properties and without texts that hold an e-mail address.

    Args:
        value: anything that JSON can hold.
        depth: how deep it lies already; below ``DEEPEST`` everything is left out.

    >>> impersonal({"price": 5, "email": "a@b.c", "note": "mail a@b.c", "list": [{"phone": "1", "sku": "x"}]})
    {'price': 5, 'list': [{'sku': 'x'}]}

    """
    if isinstance(value, dict):
        if depth > DEEPEST:
            return {}
        kept = {key: impersonal(item, depth + 1) for key, item in value.items() if not is_personal(key)}
        return {key: item for key, item in kept.items() if item is not None}
    if isinstance(value, list):
        return [impersonal(item, depth + 1) for item in value if depth <= DEEPEST]
    if isinstance(value, str) and ("@" in value or "%40" in value) and EMAIL.search(value):
        return None
    return value
