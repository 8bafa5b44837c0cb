"""Letting a person go while every total stays: their facts get ids that lead to nobody."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir

from keepwell.lake.lake import Lake
from keepwell.loop.erasure import Person
from keepwell.observe.identity import PREFIX, customer_key, kind_of

PLAIN = re.compile(r"[0-9A-Za-z_-]+")  # ids that no file writes in another way
NOT_DIGITS = re.compile(r"[^0-9]")
GONE = "x_"  # what every such id begins with


@dataclass(frozen=True)
class Released:
    """What was changed, by table, with the lake's sums before and after; refused rows were removed."""

    rows: Mapping[str, int]
    refused_rows: int
    before: str
    after: str


def release(
    lake: Lake, ids: Collection[str], written: Collection[str] = (), before: datetime | None = None
) -> Released:
    """Replace ids by fresh random ones in every table, and remove refused rows that name the person.

    Counts, sums and who bought together with whom stay as they were, for each id has exactly one successor; nobody
    can tell which, since the pairs are kept nowhere.

    Args:
        lake: of the business.
        ids: of the person, as the lake has them, of customers and of devices.
        written: the person's numbers and addresses as files may have them.
        before: leave what happened at or after this moment (aware).

    """
    first = sums(lake)
    rows = lake.replace_ids({each: GONE + secrets.token_hex(12) for each in ids}, before)
    fields = {entry.import_id: entry.customer_field for entry, _ in lake.imports()}
    key = lake.identity_key
    texts = {text.strip() for text in written if text.strip()}
    texts |= set(ids) - {customer_key(text, key) for text in texts}  # an address leads to its id
    people = [(_hint(text), Person(text, key, fields)) for text in sorted(texts)]

    def is_about(import_id: str, row: Mapping[str, str]) -> bool:
        text = f"{row.get('raw', '')} {row.get('detail', '')}"
        return any(hint(text) and person.is_in(import_id, row) for hint, person in people)

    refused = lake.scrub_refused(is_about)
    return Released(rows, refused, first, sums(lake))


def _hint(text: str) -> Callable[[str], bool]:
    """Return a quick test that no row about the person fails, for most rows are about others."""
    kind = kind_of(text)
    if kind == "email" and text.isascii():
        low = text.lower().replace("%40", "@")
        return lambda row: low in row.lower().replace("%40", "@")
    if kind == "phone":
        digits = NOT_DIGITS.sub("", text)[-8:]  # whatever the country code is written like
        return lambda row: digits in NOT_DIGITS.sub("", row)
    if kind == "id" and PLAIN.fullmatch(text) and not text.startswith(tuple(PREFIX.values())):
        return lambda row: text in row
    return lambda _row: True


def sums(lake: Lake) -> str:
    """Return a checksum of every table's rows, people, and exact sums of every amount; ids do not enter it."""
    found = {}
    with lake.snapshot() as facts:
        for name in sorted(facts.tables):
            [found[name]] = facts.tables[name].aggregate(_sums(facts.tables[name])).to_pyarrow().to_pylist()
    text = json.dumps(found, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _sums(table: ir.Table) -> dict[str, ir.Value]:
    wanted: dict[str, ir.Value] = {"rows": table.count()}
    for name, kind in table.schema().items():
        if name in {"customer_id", "anonymous_id"}:
            wanted[f"{name}_distinct"] = table[name].nunique()
        elif kind.is_decimal():
            wanted[name] = table[name].cast("decimal(38, 4)").sum()
        elif kind.is_timestamp() or kind.is_date():
            wanted[f"{name}_first"], wanted[f"{name}_last"] = table[name].min(), table[name].max()
    return wanted
