"""Everything decided about a file before its first row is imported."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping as AnyMapping
from dataclasses import asdict, dataclass
from functools import cached_property
from zoneinfo import ZoneInfo

from keepwell.observe.fields import FileKind
from keepwell.observe.importer import ImportContext
from keepwell.observe.mapping import Mapping
from keepwell.observe.parse import NumberFormat
from keepwell.observe.rules import Reader, Rule
from keepwell.observe.times import DateOrder


@dataclass(frozen=True)
class Plan:
    """How every column of a file is read and what its rows become.

    ``mapping`` is complete and its ``kind`` is set; ``numbers`` and ``dates`` say for columns of the file how their
    text is to be read.
    """

    mapping: Mapping
    rules: tuple[Rule, ...]
    numbers: AnyMapping[str, NumberFormat]
    dates: AnyMapping[str, DateOrder]
    source: str
    context: ImportContext
    sign_currency: str | None = None  # on which all signs beside amounts agree
    signs: tuple[str, ...] = ()  # those signs
    is_mixed: bool = False  # signs beside amounts do not agree, and nothing else says the currency

    @cached_property
    def kind(self) -> FileKind:
        """What a row of the file is."""
        if self.mapping.kind is None:
            raise ValueError("a plan is made for a mapping whose kind is known")
        return self.mapping.kind

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the file shows."""
        return ZoneInfo(self.mapping.read.time_zone or self.context.business.time_zone)

    @cached_property
    def currency(self) -> str:
        """The currency of rows that do not name theirs."""
        return self.stated_currency or self.sign_currency or self.context.business.currency

    @cached_property
    def stated_currency(self) -> str | None:
        """The currency that a person gave for rows that do not name theirs."""
        return self.mapping.constants.get("currency") or self.context.currency

    @cached_property
    def reader(self) -> Reader:
        """How rules read the columns that they compare."""
        return Reader(self.numbers, self.dates, self.zone)

    def signature(self) -> str:
        """Return what tells this plan from another that would give other rows from the same bytes."""
        decided = {
            # a mapping that was guessed, given or saved is the same mapping, in whatever order its columns were named
            "columns": dict(sorted(self.mapping.columns.items())),
            "constants": dict(sorted(self.mapping.constants.items())),
            "kind": self.kind,
            "rules": [repr(asdict(rule)) for rule in self.rules],
            "numbers": {column: form.decimal for column, form in sorted(self.numbers.items())},
            "dates": dict(sorted(self.dates.items())),
            "source": self.source,
            "currency": None if "currency" in self.mapping.columns else self.currency,
            "zone": self.zone.key,
            "channel": self.context.channel,
        }
        return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()[:32]
