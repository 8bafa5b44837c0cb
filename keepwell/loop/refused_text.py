"""A refused row taken apart again: which values it holds, and which of them name the customer."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

DELIMITERS = ",;\t|"  # a row that could not be split stands with the delimiter of its file
NAMES_CUSTOMER = ("customer", "user", "client", "buyer", "member")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
QUOTED = re.compile(r"^(.*?) is '(.*)'$", re.DOTALL)
KEYED = re.compile(r"customer_id=(\S+)")
WORD_BREAK = re.compile(r"[\s,;|\"'<>{}\[\]():=]+")


class Value(NamedTuple):
    """One value of a refused row; ``is_customer`` when it stands where the file names the customer."""

    text: str
    is_customer: bool


def values(raw: str, detail: str, customer_field: int | None) -> Iterator[Value]:
    """Yield every value that a refused row holds, whole fields and then words.

    Args:
        raw: the row as it stood, as CSV or JSON text, perhaps cut off at its end.
        detail: what was wrong with it.
        customer_field: number of the field that names the customer, from 0; ``None`` when it is not known.

    >>> [value for value in values("7,Ann Example", "", 1) if value.is_customer]
    [Value(text='Ann Example', is_customer=True)]
    >>> [value for value in values('{"customer": {"id": 5}, "amount": 9}', "", None) if value.is_customer]
    [Value(text='5', is_customer=True)]

    """
    text = raw[1:] if re.match(r"'[=+\-@\t\r]", raw) else raw
    if text.lstrip()[:1] in {"{", "["}:
        yield from _of_json(text)
    else:
        yield from _of_csv(text, customer_field)
    if offending := QUOTED.match(detail):
        yield Value(offending[2].strip(), is_customer=False)
    for known in KEYED.findall(detail):
        yield Value(known, is_customer=True)
    for word in WORD_BREAK.split(f"{text} {detail}"):
        if word:
            yield Value(word, is_customer=False)


def _of_csv(text: str, customer_field: int | None) -> Iterator[Value]:
    for delimiter in DELIMITERS:
        if delimiter not in text and delimiter != ",":
            continue
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for number, field in enumerate(record):
                yield Value(field.strip(), is_customer=number == customer_field and len(record) > 1)


def _of_json(text: str) -> Iterator[Value]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        for string in STRING.findall(text):
            yield Value(string.strip(), is_customer=False)
        return
    waiting: list[tuple[Any, bool]] = [(found, False)]
    while waiting:
        value, is_customer = waiting.pop()
        if isinstance(value, dict):
            waiting += [(inner, is_customer or _names_customer(key)) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [(inner, is_customer) for inner in value]
        elif value is not None:
            yield Value(str(value).strip(), is_customer)


def _names_customer(key: str) -> bool:
    return any(word in key.lower() for word in NAMES_CUSTOMER)
