"""Erasing a customer from everything a data folder holds about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepwell.lake.lake import Lake
from keepwell.loop.refusals import visible
from keepwell.loop.refused_text import Value, values
from keepwell.observe.identity import PREFIX, customer_key, kind_of
from keepwell.vocabulary.errors import InputError


@dataclass(frozen=True)
class Erased:
    """What was removed, by table.

    ``mentions_left`` are rows of error files that hold the shop's own id in a field that may be something else, such
    as an amount or somebody else's order number: they were left for a person to look at.
    """

    customer_id: str
    rows: Mapping[str, int]
    refused_rows: int
    mentions_left: int


def erase(lake: Lake, customer: str) -> Erased:
    """Erase a customer by opaque id, by the shop's own id, or by e-mail address, telephone number or name.

    Their rows leave every table and every file on disk, and rows of error files that name them are removed. An e-mail
    address, a telephone number and a name are found in whatever field they stand; the shop's own id only where the
    row names its customer, for a 5 may as well be an amount.

    Raises:
        InputError: there is nothing about the customer.

    """
    key = lake.identity_key
    person = Person(customer.strip(), key, {entry.import_id: entry.customer_field for entry, _ in lake.imports()})
    rows = lake.forget(person.customer_id)
    refused_rows = lake.scrub_refused(person.is_in)
    if not rows and not refused_rows:
        seen = f" {person.mentions_left} rows of error files hold the same text elsewhere." * bool(person.mentions_left)
        raise InputError(
            "customer.unknown",
            f"There is nothing about {customer}.{seen}",
            value=customer,
            advice="Give the id, e-mail address, telephone number or name as the imported file has it.",
        )
    return Erased(person.customer_id, rows, refused_rows, person.mentions_left)


class Person:
    """Tells which refused rows are about one customer, and counts those that only might be."""

    def __init__(self, customer: str, key: bytes, customer_fields: Mapping[str, int | None]) -> None:
        self.customer_id = customer_key(customer, key)
        self.mentions_left = 0
        self._written = {customer, visible(customer), self.customer_id}
        self._key = key
        self._customer_fields = customer_fields

    def is_in(self, import_id: str, row: Mapping[str, str]) -> bool:
        """Say whether a row of an import's error file is certainly about the customer."""
        found = values(row.get("raw", ""), row.get("detail", ""), self._customer_fields.get(import_id))
        named = [value for value in found if value.text and self._is_named(value.text)]
        if any(self._is_certain(value) for value in named):
            return True
        self.mentions_left += bool(named)
        return False

    def _is_named(self, text: str) -> bool:
        return text in self._written or customer_key(text, self._key) == self.customer_id

    def _is_certain(self, value: Value) -> bool:
        is_hash = value.text == self.customer_id and value.text.startswith(tuple(PREFIX.values()))
        return value.is_customer or is_hash or kind_of(value.text) != "id"
