"""Everything a report shows, computed once from the facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from keepwell.decide.keep_or_win import answer
from keepwell.lake.ledger import Entry
from keepwell.loop.allocation import Allocation
from keepwell.loop.answer import SEED, last_year_channels, need_orders
from keepwell.loop.churn import churn_of_contracts, churn_of_orders
from keepwell.loop.facts import OpenFacts
from keepwell.loop.foretold import lifetime_or_reason
from keepwell.loop.frames import frame
from keepwell.loop.notebook import of_facts
from keepwell.loop.order_log import order_log
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.page import write_report
from keepwell.understand import concentration, gaps, recurring, rfm
from keepwell.understand.activity import observed
from keepwell.understand.cohorts import cohorts
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.facts import Facts
from keepwell.understand.growth import growth
from keepwell.understand.kpis import kpis, trend
from keepwell.understand.personas import personas
from keepwell.understand.revenue import new_and_returning
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


@dataclass(frozen=True)
class ImportedFile:
    """One import as the report names it."""

    file: str
    importer: str
    rows_in: int
    rows_kept: int
    refused: Mapping[str, int]
    findings: Sequence[str]


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
    need_orders(opened)
    by_channel = last_year_channels(facts, as_of)
    tell("lifetime value", 0.1)
    lifetime = lifetime_or_reason(facts, as_of)
    log = order_log(facts, as_of, channels=by_channel, lifetime=lifetime)
    tell("answer and what-ifs", 0.25)
    found = answer(log, opened.business, seed)
    tell("who may leave", 0.3)
    leaving, contracts = churn_of_orders(facts, as_of, with_trees=False), churn_of_contracts(facts, as_of)
    tell("KPIs", 0.4)
    values = kpis(facts, period)
    tell("trends", 0.5)
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
        lifetime=lifetime,
        churn=leaving,
        contractual=contracts,
        **parts,
    )


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


@of_facts
def report(
    facts: Facts,
    path: str | Path = "report.html",
    as_of: date | str | None = None,
    period: Period | str | None = None,
    plan: Allocation | None = None,
) -> Path:
    """Write the report into one HTML file that opens offline; return its path.

    Args:
        facts: from ``keepwell.facts`` or ``keepwell.open_folder``.
        path: the file; one that stands there is replaced.
        as_of: first day not counted; that of the plan, or the day after the last order, where not given.
        period: days of the KPIs; the last 365 days where not given.
        plan: from ``keepwell.allocate`` on the same facts: the report begins with where the budget goes.

    Raises:
        InputError: the plan is of another day or currency, or the file cannot be written.

    """
    opened = OpenFacts(facts, facts.business, (), has_orders=True)
    given = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    until = opened.as_of(plan.as_of if given is None and plan is not None else given)
    if plan is not None:
        _check_plan(plan, until, facts.business.currency)
    asked = Period.parse(period) if isinstance(period, str) else opened.period(period, until)
    write_report(replace(report_content(opened, as_of=until, period=asked), plan=plan), Path(path))
    return Path(path)


def _check_plan(plan: Allocation, until: date, currency: str) -> None:
    if (plan.as_of, plan.currency) != (until, currency):
        raise InputError(
            "report.plan",
            f"The plan is of {plan.as_of} in {plan.currency}, the report of {until} in {currency}.",
            value=plan.as_of,
            advice="Make the plan on the same facts and day: kw.allocate(facts, …, as_of=…).",
        )
