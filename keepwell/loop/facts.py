"""A data folder's facts, opened for analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import ibis.expr.types as ir

from keepwell.lake.lake import Lake
from keepwell.lake.ledger import Entry
from keepwell.understand.activity import observed, prepared
from keepwell.understand.facts import Facts, facts_from_lake
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Period
from keepwell.vocabulary.tables import ORDERS

YEAR_DAYS = 365


@dataclass(frozen=True)
class OpenFacts:
    """Facts that may be read until the block that opened them ends."""

    facts: Facts
    business: Business
    imports: Sequence[Entry]
    has_orders: bool

    def as_of(self, given: date | None) -> date:
        """Return the first day not counted: the day after the last order, unless one is given."""
        return given or observed(self.facts).end

    def period(self, given: Period | None, as_of: date | None = None) -> Period:
        """Return the period asked about: the last 365 days of the log, or all of it when it is shorter."""
        if given is not None:
            return given
        log = observed(self.facts)
        end = as_of or log.end
        start = date.fromordinal(max(log.start.toordinal(), end.toordinal() - YEAR_DAYS))
        if start >= end:
            raise InputError("period.empty", f"There is no order before {end}.", value=end, advice=f"The log is {log}.")
        return Period(start, end)


@contextmanager
def open_facts(
    root: str | Path, *, engine: str = "duckdb", include: Sequence[str] = ("items",), business: Business | None = None
) -> Iterator[OpenFacts]:
    """Open the facts of a data folder on an engine.

    Args:
        root: the data folder.
        engine: ``"duckdb"``, ``"spark://local"`` or ``"spark://host:port"``.
        include: what counts as revenue, of items, shipping, other, tax.
        business: used instead of the saved settings.

    Raises:
        InputError: there is no lake, or no fact in it.

    """
    lake = Lake.open(root)
    settings = business or lake.business or Business()
    with lake.snapshot(engine) as snapshot:
        if not snapshot.imports:
            raise InputError(
                "lake.empty",
                "There are no facts yet, or every import was undone.",
                where=str(lake.paths.root),
                advice="Import a file first: keepwell import orders.csv",
            )
        has_orders = "orders" in snapshot.tables
        facts = facts_from_lake(_with_orders(snapshot.tables), settings, include)
        yield OpenFacts(prepared(facts) if has_orders else facts, settings, snapshot.imports, has_orders)


def _with_orders(tables: Mapping[str, ir.Table]) -> Mapping[str, ir.Table]:
    """Add an empty table of orders where only subscriptions, events or spend were imported."""
    if "orders" in tables:
        return tables
    nothing = ORDERS.schema.empty_table()
    return {**tables, "orders": ibis.memtable(nothing)}
