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
        log = observed(self.facts)
        if given is not None and given <= log.start:
            raise _before_the_log(given, log)
        return given or log.end

    def period(self, given: Period | None, as_of: date | None = None) -> Period:
        """Return the period asked about: the last 365 days of the log, or all of it when it is shorter."""
        if given is not None:
            return given
        log = observed(self.facts) if self.has_orders else subscribed(self.facts)
        end = as_of or log.end
        start = date.fromordinal(max(log.start.toordinal(), end.toordinal() - YEAR_DAYS))
        if start >= end:
            raise _before_the_log(end, log)
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


def subscribed(facts: Facts) -> Period:
    """Return the days from the first start to the last start or end of a subscription.

    Raises:
        InputError: there is no subscription either.

    """
    if facts.subscriptions is None:
        raise InputError(
            "facts.no_orders",
            "There are neither orders nor subscriptions.",
            advice="Import an order log: keepwell import orders.csv",
        )
    terms = facts.subscriptions
    ends = terms.aggregate(first=terms.started_at.min(), started=terms.started_at.max(), ended=terms.ended_at.max())
    found = ends.to_pyarrow().to_pylist()[0]
    last = max(moment for moment in (found["started"], found["ended"]) if moment is not None)
    return Period(found["first"].date(), date.fromordinal(last.date().toordinal() + 1))


def _before_the_log(day: date, log: Period) -> InputError:
    return InputError(
        "period.before_log", f"There is no order before {day}.", value=day, advice=f"The orders are from {log}."
    )
