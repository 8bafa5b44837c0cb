"""Tables of churn that report and terminal share: risk bands, quality, reasons, survival and retention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from keepwell.loop.churn import counted_survival
from keepwell.loop.report import numbers, words
from keepwell.loop.report.blocks import Heading, Table
from keepwell.loop.report.tables import table
from keepwell.stats.calibration import ReliabilityRow
from keepwell.understand.churn.churn_report import ChurnReport, Score
from keepwell.understand.churn.contractual import ContractualChurn
from keepwell.understand.churn.non_contractual import NonContractualChurn
from keepwell.vocabulary.estimate import Estimate, NotAvailable
from keepwell.vocabulary.kpi import Unit

GROUP = ("group", "customers", "still_there", "no_order", "very_high")


def bands_table(found: NonContractualChurn) -> Table:
    """Return how many customers are at which risk, and how such chances came true."""
    rows = []
    for band in found.bands:
        expected = numbers.NONE if isinstance(band.expected, NotAvailable) else numbers.rate(band.expected)
        rows.append(
            [band.name.capitalize(), f"{band.at_least:.0%} to {band.below:.0%}", numbers.count(band.customers),
             expected, *_with_span(band.observed, Unit.RATE), numbers.count(band.judged)]
        )  # fmt: skip
    headings = [
        Heading("Risk", words.BANDS),
        Heading("Chance of no order"),
        Heading("Customers", "Today.", is_number=True),
        Heading("Expected", "Mean chance of no order among them.", is_number=True),
        Heading("Came true", words.CAME_TRUE, is_number=True),
        Heading("95 % interval", is_number=True),
        Heading("Judged on", "Customers with such a chance one window ago.", is_number=True),
    ]
    return Table(f"No order in {numbers.days(found.window_days)} from {numbers.day(found.as_of)}", headings, rows)


def scores_of(found: NonContractualChurn) -> list[Score]:
    """Return the scores of each way to tell, the one used first and everybody at the average last."""
    features = [found.with_features] if isinstance(found.with_features, Score) else []
    return [found.calibrated, *found.scores, *features]


def quality_table(scores: Iterable[Score], judged_on: str, average: float | None = None) -> Table:
    """Return AUC, Brier score and calibration error of each way to tell who leaves.

    Args:
        scores: of each way, on the same customers.
        judged_on: which customers, in words.
        average: share that left, for the row of giving everybody the average; left out where not given.

    """
    rows = [
        [score.name, *_with_span(score.area, Unit.RATIO, 3), *_with_span(score.brier, Unit.RATIO, 3),
         *_with_span(score.calibration_error, Unit.RATIO, 3)]
        for score in scores
    ]  # fmt: skip
    if average is not None:
        rows.append([words.AVERAGE, "0.500", "", f"{average * (1 - average):.3f}", "", "", ""])
    span = Heading("95 % interval", is_number=True)
    headings = [
        Heading("Way to tell"),
        Heading("AUC", words.AUC, is_number=True),
        span,
        Heading("Brier", words.BRIER, is_number=True),
        span,
        Heading("ECE", words.ECE, is_number=True),
        span,
    ]
    return Table("How well it tells", headings, rows, f"Judged on {judged_on}.")


def share_without_order(found: NonContractualChurn) -> float | None:
    """Return the share of the holdout's customers who placed no order, or ``None`` where nobody was judged."""
    known = [(band.observed.value, band.judged) for band in found.bands if isinstance(band.observed, Estimate)]
    judged = sum(size for _, size in known)
    return sum(share * size for share, size in known) / judged if judged else None


def reliability_table(rows: Sequence[ReliabilityRow]) -> Table:
    """Return how many left of those given each probability of leaving."""
    texts = [
        [numbers.rate(row.predicted), numbers.rate(row.observed), numbers.span(row.low, row.high, Unit.RATE, None),
         numbers.count(row.customers)]
        for row in rows
    ]  # fmt: skip
    names = ("Foretold", "Left", "95 % interval", "Customers")
    return Table("Foretold and left", [Heading(name, is_number=True) for name in names], texts)


def reasons_table(report: ChurnReport) -> Table:
    """Return what goes with leaving and with staying, in words."""
    rows = [
        [reason.reason, "leaving" if reason.contribution > 0 else "staying",
         f"{reason.contribution:+.2f}".replace("-", numbers.MINUS), numbers.count(reason.customers)]
        for reason in report.reasons
    ]  # fmt: skip
    headings = [
        Heading("Known of the customer"),
        Heading("Associated with"),
        Heading("Log-odds", "Mean contribution to the log-odds of leaving, against the mean.", is_number=True),
        Heading("Customers", "Of whom it holds.", is_number=True),
    ]
    return Table("What is associated with leaving and with staying", headings, rows, words.ASSOCIATED)


def groups_table(rows: pd.DataFrame, by: str) -> Table:
    """Return risk by group of customers."""
    return table(rows, GROUP, f"By {by}", "")


def contracts_sentence(found: ContractualChurn, currency: str) -> str:
    """Say how long the active payers are expected to stay, and what they bring."""
    active, months = found.payers.num_rows, found.payers["expected_months"].to_numpy()
    if not active:
        return "Nobody has a paid subscription now."
    worth = numbers.money(found.value.value, currency)
    span = numbers.span(found.value.low, found.value.high, Unit.MONEY, currency)
    return (
        f"{numbers.count(active)} active payers are expected to stay {float(months.mean()):.1f} of the next "
        f"{found.horizon_months} months on average, and to bring {worth} of contribution margin in today's money "
        f"({span})."
    )


def forecast_table(found: ContractualChurn) -> Table:
    """Return survival and retention by renewal, counted and foretold."""
    counted, kept = counted_survival(found), found.renewals.retention
    rows = []
    for point in found.forecast:
        number = point.period
        rows.append(
            [str(number),
             numbers.rate(counted[number]) if number < len(counted) else numbers.NONE,
             *_with_span(point.survival, Unit.RATE),
             numbers.rate(kept[number - 1]) if 0 < number <= len(kept) else numbers.NONE,
             *_with_span(point.retention, Unit.RATE)]
        )  # fmt: skip
    headings = [
        Heading(f"Renewals ({found.renewal.value}s)", is_number=True),
        Heading("Still there, counted", words.STILL_COUNTED, is_number=True),
        Heading("foretold", "By the model.", is_number=True),
        Heading("95 % interval", is_number=True),
        Heading("Renewed, counted", "Of those who came to this renewal.", is_number=True),
        Heading("foretold", "By the model.", is_number=True),
        Heading("95 % interval", is_number=True),
    ]
    return Table("Survival and retention", headings, rows)


def contract_groups_table(found: ContractualChurn, by: str, currency: str) -> Table:
    """Return payers, months still expected, and value by group."""
    rows = [
        [group.name, numbers.count(group.customers), numbers.count(group.active), numbers.count(group.lost),
         *_with_span(group.remaining_months, Unit.RATIO, 1), *_with_span(group.value, Unit.MONEY, currency=currency),
         numbers.rate(1 - group.own_weight)]
        for group in found.groups
    ]  # fmt: skip
    span = Heading("95 % interval", is_number=True)
    headings = [
        Heading("Group"),
        Heading("Began", "Payers who ever began.", is_number=True),
        Heading("Active", is_number=True),
        Heading("Lost", "Left at a renewal.", is_number=True),
        Heading("Months ahead", f"Expected per active payer within {found.horizon_months} months.", is_number=True),
        span,
        Heading("Value", "Discounted margin expected of all active ones within the same time.", is_number=True),
        span,
        Heading("From the base", "How far the figure is taken from the whole base.", is_number=True),
    ]
    return Table(f"By {by}", headings, rows)


def contract_holdout_table(found: ContractualChurn) -> Table:
    """Return how many were expected to leave at the renewals held out, and how many did."""
    rows = [
        [score.model, numbers.decimal(score.expected_lost), numbers.count(score.actual_lost),
         numbers.decimal(score.log_likelihood)]
        for score in found.choice.scores
    ]  # fmt: skip
    names = ("Expected to leave", "Left", "Log-likelihood")
    return Table(
        f"The last {found.choice.held_out} renewal periods, held out",
        [Heading("Model"), *(Heading(name, is_number=True) for name in names)],
        rows,
    )


def _with_span(
    figure: Estimate | NotAvailable, unit: Unit, places: int | None = None, *, currency: str | None = None
) -> list[str]:
    if isinstance(figure, NotAvailable):
        return [numbers.NONE, ""]
    if places is None:
        return [
            numbers.in_unit(figure.value, unit, currency), numbers.span(figure.low, figure.high, unit, currency)
        ]  # fmt: skip
    known = figure.low is not None and figure.high is not None
    return [f"{figure.value:.{places}f}", f"{figure.low:.{places}f} to {figure.high:.{places}f}" if known else ""]
