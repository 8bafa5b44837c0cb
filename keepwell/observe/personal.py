"""Keep people's names, addresses and numbers out of what goes to the lake."""

from __future__ import annotations

import re
from typing import Any

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
