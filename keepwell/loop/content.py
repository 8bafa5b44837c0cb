"""Everything a report shows, computed once from the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from keepwell.decide.keep_or_win import answer
from keepwell.decide.order_log import OrderLog
from keepwell.lake.ledger import Entry
from keepwell.loop.facts import OpenFacts
from keepwell.loop.order_log import HORIZON_DAYS, frame, order_log
from keepwell.loop.report.content import ReportContent
from keepwell.understand import concentration, gaps, recurring, rfm
from keepwell.understand.acquisition import channels
from keepwell.understand.activity import observed
from keepwell.understand.cohorts import cohorts
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.facts import Facts
from keepwell.understand.growth import growth
from keepwell.understand.kpis import kpis, trend
from keepwell.understand.personas import personas
from keepwell.understand.revenue import new_and_returning
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain, Period

Progress = Callable[[str, float], None]

HEADLINE = (
    "net_revenue",
    "ordering_customers",
    "new_customers",
    "customer_retention_rate",
    "kept_rate",
    "repeat_purchase_rate",
    "average_order_value",
    "historic_lifetime_value",
)
TRENDS = ("net_revenue", "ordering_customers", "average_order_value", "purchase_frequency")
SEED = 20240101


@dataclass(frozen=True)
class ImportedFile:
    """One import as the report names it."""

    file: str
    importer: str
    rows_in: int
    rows_kept: int
    refused: Mapping[str, int]
    findings: Sequence[str]


def decide(opened: OpenFacts, as_of: date, seed: int = SEED) -> Answer:
    """Return the answer to keep or win from open facts.

    Raises:
        InputError: there is no order before ``as_of``.

    """
    return answer(_log(opened, as_of)[0], opened.business, seed)


def report_content(
    opened: OpenFacts, *, as_of: date, period: Period, progress: Progress | None = None, seed: int = SEED
) -> ReportContent:
    """Compute everything that a report shows.

    Args:
        opened: the facts.
        as_of: first day not counted.
        period: days of the KPIs.
        progress: called with what is being computed and the fraction done.
        seed: of simulations and clusters.

    """
    tell = progress or (lambda _stage, _fraction: None)
    facts = opened.facts
    tell("value and channels", 0.05)
    log, by_channel = _log(opened, as_of)
    tell("answer and what-ifs", 0.2)
    found = answer(log, opened.business, seed)
    tell("KPIs", 0.35)
    values = kpis(facts, period)
    tell("trends", 0.45)
    trends = trend(facts, TRENDS, Grain.MONTH, as_of)
    tell("cohorts, growth, segments", 0.75)
    later = rfm.rfm(facts, as_of)
    earlier = _earlier(facts, as_of)
    parts: dict[str, Any] = {
        "growth": frame(growth(facts, Grain.MONTH, as_of)),
        "cohorts": frame(cohorts(facts, Grain.MONTH, until=as_of)),
        "rfm": frame(later),
        "rfm_segments": frame(rfm.segments(later)),
        "revenue": frame(new_and_returning(facts, Grain.MONTH, as_of)),
        "concentration": frame(concentration.concentration(facts, period)),
        "concentration_summary": concentration.summary(facts, period),
        "gaps": frame(gaps.histogram(gaps.gaps(facts, as_of))),
        "gaps_summary": gaps.summary(gaps.gaps(facts, as_of)),
        "channels": by_channel,
        "recurring": _recurring(facts, as_of),
    }
    if earlier is not None:
        parts["rfm_migration"] = frame(rfm.migration(rfm.rfm(facts, earlier), later))
        parts["rfm_compared"] = (earlier, as_of)
    tell("personas", 0.9)
    people = personas(facts, as_of, seed=seed)
    return ReportContent(
        business=opened.business,
        period=period,
        as_of=as_of,
        answer=found,
        kpis=values,
        definitions=DEFINITIONS,
        headline_kpis=HEADLINE,
        trends=trends,
        personas=None if isinstance(people, NotAvailable) else people,
        imports=[_imported(entry) for entry in opened.imports],
        assumptions=facts.notes,
        **parts,
    )


def _log(opened: OpenFacts, as_of: date) -> tuple[OrderLog, pd.DataFrame | None]:
    if not opened.has_orders:
        raise InputError(
            "decide.no_orders",
            "Without orders there is nothing to decide on.",
            advice="Import an order log: keepwell import orders.csv",
        )
    found = _channels(opened.facts, as_of)
    return order_log(opened.facts, as_of, channels=found), found


def _channels(facts: Facts, as_of: date) -> pd.DataFrame | None:
    """Channels of the last year, with the value of the customers who are old enough to measure."""
    if facts.spend is None:
        return None
    log = observed(facts)
    year = Period(max(log.start, as_of - timedelta(days=HORIZON_DAYS)), as_of)
    horizon = min(HORIZON_DAYS, max(1, (as_of - log.start).days // 2))
    measured = Period(log.start, as_of - timedelta(days=horizon))
    rows = channels(facts, year, horizon_days=horizon, value_period=measured, until=as_of)
    return pd.DataFrame([_plain(row) for row in rows])


def _plain(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return {name: None if isinstance(value, NotAvailable) else value for name, value in values.items()}


def _earlier(facts: Facts, as_of: date) -> date | None:
    """Return the day to compare segments with: a year before, or half the log when it is shorter."""
    log = observed(facts)
    days = min(365, (as_of - log.start).days // 2)
    return as_of - timedelta(days=days) if days >= 1 else None


def _recurring(facts: Facts, as_of: date) -> pd.DataFrame | None:
    if facts.subscriptions is None:
        return None
    return frame(recurring.movements(facts, Grain.MONTH, as_of))


def _imported(entry: Entry) -> ImportedFile:
    return ImportedFile(
        entry.file_name, entry.importer, entry.rows_in, entry.rows_kept, dict(entry.refused), entry.findings
    )
