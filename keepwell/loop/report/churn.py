"""The sections about leaving: who is still there, and how long subscribers stay."""

from __future__ import annotations

import pandas as pd

from keepwell import plot
from keepwell.loop.churn import counted_survival
from keepwell.loop.lifetime import Lifetime
from keepwell.loop.report import numbers, words
from keepwell.loop.report.blocks import Block, Points, Section, Table
from keepwell.loop.report.churn_tables import (
    bands_table,
    contract_groups_table,
    contracts_sentence,
    forecast_table,
    quality_table,
    scores_of,
    share_without_order,
)
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import section
from keepwell.loop.report.tables import matrix_of, with_intervals_below
from keepwell.understand.churn.churn_report import CAVEAT
from keepwell.understand.churn.contractual import ContractualChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.vocabulary.estimate import Estimate, NotAvailable


def still_there(content: ReportContent) -> Section | None:
    """Show risk in bands with how it came true, and what the model says of every kind of customer."""
    churn, lifetime = content.churn, content.lifetime
    findings: list[str] = []
    blocks: list[Block] = []
    if isinstance(churn, NonContractualChurn):
        findings.append(_risk(churn))
        quality = quality_table(scores_of(churn), numbers.prose(churn.judged_on), share_without_order(churn))
        blocks += [with_intervals_below(bands_table(churn)), with_intervals_below(quality)]
        blocks.append(Points("How to use it", [numbers.prose(text) for text in (churn.verdict, *churn.notes, CAVEAT)]))
    elif isinstance(churn, NotAvailable):
        findings.append(numbers.sentence(f"{words.NO_RISK} {churn.reason}"))
    if isinstance(lifetime, Lifetime):
        blocks += _surfaces(lifetime)
    return section("still_there", findings, blocks)


def contracts(content: ReportContent) -> Section | None:
    """Show how long subscribers stay: counted, and foretold."""
    found = content.contractual
    if found is None:
        return None
    if isinstance(found, NotAvailable):
        return section("contracts", [numbers.sentence(f"{words.NO_CONTRACTS} {found.reason}")], [])
    shown = forecast_table(found)
    sentence = contracts_sentence(found, content.business.currency)
    curves = {measure: _curve(found, measure) for measure in ("survival", "retention")}
    blocks: list[Block] = [
        _contract_figure(measure, rows, shown, sentence if measure == "survival" else "")
        for measure, rows in curves.items()
    ]
    if found.groups:
        groups = contract_groups_table(found, words.GROUPED_BY, content.business.currency)
        blocks.append(with_intervals_below(groups))
    why = [numbers.prose(text) for text in found.notes]
    return section("contracts", [sentence], [*blocks, Points("Which model, and why", why)])


def _contract_figure(measure: str, rows: pd.DataFrame, shown: Table, finding: str) -> Block:
    return figure(
        measure, lambda width: plot.survival(rows, measure=measure, width=width), [shown], finding=finding
    )  # fmt: skip


def _risk(found: NonContractualChurn) -> str:
    top = found.bands[-1]
    said = (
        f"{numbers.count(top.customers)} of {numbers.count(found.customers.num_rows)} customers have a chance of more "
        f"than {top.at_least:.0%} to place no order in the next {numbers.days(found.window_days)}"
    )
    if isinstance(top.observed, Estimate):
        said += f"; of those who had such a chance one window ago, {numbers.rate(top.observed.value)} placed none"
    return f"{said}."


def _surfaces(found: Lifetime) -> list[Block]:
    cells = pd.DataFrame(found.surface())
    # the same correction as in every other figure of what is expected
    cells = cells.assign(expected_orders=cells["expected_orders"] * found.correction.orders)
    days = found.values.horizon_days
    captions = (f"Probability of being still there, by {found.model}", f"Orders within {numbers.days(days)}")
    alive = matrix_of(cells, "recency_days", "frequency", "probability_alive", captions[0])
    orders = matrix_of(cells, "recency_days", "frequency", "expected_orders", captions[1])
    return [
        figure("alive", lambda width: plot.probability_alive_surface(cells, width=width), [alive]),
        figure(
            "orders-ahead", lambda width: plot.expected_orders_surface(cells, horizon_days=days, width=width), [orders]
        ),
    ]


def _curve(found: ContractualChurn, measure: str) -> pd.DataFrame:
    if measure == "survival":
        counted = dict(enumerate(counted_survival(found)))
    else:
        counted = dict(enumerate(found.renewals.retention.tolist(), start=1))
    rows = []
    for point in found.forecast:
        foretold = point.survival if measure == "survival" else point.retention
        if isinstance(foretold, Estimate):
            rows.append(
                {"period": point.period, "foretold": foretold.value, "low": foretold.low, "high": foretold.high,
                 "counted": counted.get(point.period)}
            )  # fmt: skip
    return pd.DataFrame(rows)
