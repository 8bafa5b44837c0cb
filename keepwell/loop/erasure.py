"""Erasing a customer from everything a data folder holds about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keepwell.lake.forget import scrub_refused, words
from keepwell.lake.lake import Lake
from keepwell.observe.identity import customer_key


@dataclass(frozen=True)
class Erased:
    """What was removed, by table."""

    customer_id: str
    rows: Mapping[str, int]
    refused_rows: int


def erase(lake: Lake, customer: str) -> Erased:
    """Erase a customer by opaque id, by the shop's own id, or by e-mail address.

    Their rows leave every table and every file on disk, and rows of error files that name them are removed.
    """
    key = lake.identity_key
    customer_id = customer_key(customer.strip(), key)

    def mentions(text: str) -> bool:
        return any(word == customer or customer_key(word, key) == customer_id for word in words(text))

    rows = lake.forget(customer_id)
    return Erased(customer_id, rows, scrub_refused(lake.paths, mentions))
