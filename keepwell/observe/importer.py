"""What every importer is: a file in, batches of lake rows and named refusals out.

An importer never sees the lake. It streams, so that memory stays flat whatever the file's size, and accounts for every
row: each source row ends in at least one fact row or in exactly one refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from keepwell.vocabulary.business import Business

REFUSED_SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),  # row of the file, from 1; a header is not a row
        pa.field("reason", pa.string(), nullable=False),  # a vocabulary.refusal.Refusal
        pa.field("detail", pa.string()),  # the offending column and value, for people
        pa.field("raw", pa.string()),  # the row as it stood, as CSV or JSON text
    ]
)


@dataclass(frozen=True)
class ImportContext:
    """What an importer may know besides the file.

    ``identity_key`` keys the hash that turns e-mail addresses into opaque ids; ``now`` is the clock against which a
    date is in the future; ``source`` names where the facts come from, unless the importer's own name will do.
    """

    business: Business
    identity_key: bytes
    now: datetime
    source: str | None = None
    channel: str | None = None  # for cost reports that do not name their channel
    currency: str | None = None  # for files that do not name theirs; the business currency otherwise


@dataclass(frozen=True)
class Batch:
    """One step of an import.

    ``tables`` maps a lake table's name to rows in that table's schema without ``import_id``. ``changed`` counts rows
    that were kept after a change, by a plain description such as ``"rounded to four decimals"``. ``progress`` is the
    fraction of the file read so far, in [0, 1].
    """

    rows_in: int
    tables: Mapping[str, pa.Table]
    refused: pa.Table
    changed: Mapping[str, int] = field(default_factory=dict)
    progress: float = 0.0


@dataclass(frozen=True)
class Reading:
    """A file opened by an importer: what was found out about it before the first row, and then the rows.

    ``findings`` are sentences such as ``"Encoding: windows-1252."`` that are shown to the person. When
    ``folds_orders`` is true the batches hold order lines only, scattered over the file, and whoever takes the batches
    folds them into orders: items, shipping and other by the lines' kind, discount and tax summed, and the lines'
    country, channel and coupon carried over. Rows of ``spend`` are always added up by day, channel and campaign.
    ``signature`` is everything besides the bytes of the file that decides the outcome (mapping, profile, options): the
    same bytes with the same signature are the same import.
    """

    findings: tuple[str, ...]
    batches: Iterator[Batch]
    folds_orders: bool = False
    signature: str = ""


class Importer(Protocol):
    """One file format."""

    name: str  # stable, e.g. "shopify"; used on the command line and as the default source
    label: str  # for people, e.g. "Shopify orders CSV"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Say whether the file, by its name and first 64 KiB, is of this format."""
        ...

    def open(self, path: Path, context: ImportContext) -> Reading:
        """Open the file; raises InputError when it cannot be read at all."""
        ...
