"""The sections of the answer: why, what would change it, what is not known, and what follows."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from keepwell import plot
from keepwell.loop.report import numbers
from keepwell.loop.report.blocks import Block, Figure, Heading, Opener, Openers, Points, Section, Table, Terms
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import section
from keepwell.loop.report.words import NOT_AVAILABLE
from keepwell.vocabulary.answer import AllowableCac, Answer, Holdout, StatedSplit, WhatIfResult
from keepwell.vocabulary.answer import Figure as Number
from keepwell.vocabulary.estimate import Estimate
from keepwell.vocabulary.kpi import Unit

MOST_TO_COMPARE = 24
FEWEST_TO_COMPARE = 2
ALIKE = "The orders do not tell these groups apart: each is drawn all the way to the whole base."


def reasons(content: ReportContent) -> Section | None:
    """Say why the answer is what it is, what would change it, what cannot be known, and the next step."""
    answer = content.answer
    if answer is None:
        return None
    blocks: list[Block] = []
    because = [
        Opener(reason.sentence, _short(reason.figure, reason.unit, answer.currency),
               _parts(reason.figure, reason.unit, answer, reason.assumptions))
        for reason in answer.reasons
    ]  # fmt: skip
    if because:
        blocks.append(Openers("Why", because))
    changes = [
        Opener(
            limit.sentence, _short(limit.figure, limit.unit, answer.currency), _parts(limit.figure, limit.unit, answer)
        )
        for limit in answer.thresholds
    ]
    if changes:
        blocks.append(Openers("What would change the answer", changes))
    unknown = [(item.question, f"Needs: {item.needs}") for item in answer.not_identified]
    if unknown:
        blocks.append(Terms(unknown, "What these data cannot tell"))
    step = [answer.next_step]
    if isinstance(answer.holdout, Holdout):
        step.append(answer.holdout.sentence)
    return section("answer", [], [*blocks, Points("The next step", [text for text in dict.fromkeys(step) if text])])


def allowable(content: ReportContent) -> Section | None:
    """Show the most that a new customer may cost, by cohort, country and whatever else was split."""
    answer = content.answer
    if answer is None or not answer.allowable_cac:
        return None
    blocks: list[Block] = []
    for dimension in dict.fromkeys(item.dimension for item in answer.allowable_cac):
        groups = [item for item in answer.allowable_cac if item.dimension == dimension]
        blocks += _allowable(dimension, groups, answer, len(blocks))
    finding = (
        f"The contribution margin that a new customer brings within {numbers.days(answer.horizon_days)}, discounted: "
        "whoever pays more than this loses money on the customer within that time."
    )
    return section("allowable", [finding], blocks)


def what_ifs(content: ReportContent) -> Section | None:
    """Show what-ifs side by side, as the change of next year's contribution margin."""
    answer = content.answer
    if answer is None or not answer.what_ifs:
        return None
    shown = Table(
        "What-ifs",
        [
            Heading("What if"),
            Heading("Before", "Contribution margin of next year if nothing changes.", is_number=True),
            Heading("After", "The same, if it happens.", is_number=True),
            Heading("Change", "After − before, with its own interval.", is_number=True),
            Heading("Goal reached", "Share of simulated years at or above the goal.", is_number=True),
            Heading("Evidence"),
        ],
        [_what_if(item, answer.currency) for item in answer.what_ifs],
    )
    blocks: list[Block] = [shown]
    known = [item for item in answer.what_ifs if isinstance(item.change, Estimate)]
    if known:
        rows = pd.DataFrame([{"name": item.name, **_ends(item.change)} for item in known])

        def draw(width: int) -> plot.Chart:
            return plot.what_if_comparison(
                rows,
                baseline=0.0,
                currency=answer.currency,
                measure="Change of a year's contribution margin",
                width=width,
            )

        blocks = [figure("what-ifs", draw, [shown])]
    details = [
        (item.name, " ".join(map(numbers.sentence, (item.description, *item.assumptions, item.note))).strip())
        for item in answer.what_ifs
    ]
    return section("what_ifs", [], [*blocks, Terms(details, "What each one supposes")])


def leaning(content: ReportContent) -> Section | None:
    """Show the when-to-lean table: each condition met, not met or not known."""
    answer = content.answer
    if answer is None or not answer.criteria:
        return None
    rows = [
        [_capital(item.name), str(item.leans or numbers.NONE), str(item.status),
         _number(item.measured, item.unit, answer.currency), _capital(item.threshold), numbers.sentence(item.why)]
        for item in answer.criteria
    ]  # fmt: skip
    headings = [
        Heading(name) for name in ("Condition", "Speaks for", "Status", "Measured", "Threshold", "Why it counts")
    ]
    return section("lean", [], [Table("Conditions, tested on your data", headings, rows, is_prose=True)])


def claims(content: ReportContent) -> Section | None:
    """Show rules of thumb, each next to the measured counterpart."""
    answer = content.answer
    if answer is None or not answer.claims:
        return None
    rows = []
    for item in answer.claims:
        said = [
            numbers.in_unit(end, item.unit, answer.currency)
            for end in (item.claimed_low, item.claimed_high)
            if end is not None
        ]
        measured = _number(item.measured, item.unit, answer.currency)
        rows.append(
            [item.claim, " to ".join(dict.fromkeys(said)).replace(".00", "") or numbers.NONE, measured, item.verdict]
        )
    headings = [Heading(name) for name in ("Rule of thumb", "It says", "Here", "Verdict")]
    return section("claims", [], [Table("Rules of thumb", headings, rows, is_prose=True)])


def worth_of_a_point(content: ReportContent) -> Section | None:
    """Show what one percentage point of retention is worth, by segment."""
    answer = content.answer
    if answer is None or not answer.retention_points:
        return None
    money = answer.currency
    rows = [
        [item.segment, numbers.count(item.customers), numbers.count(item.not_active),
         _number(item.margin_per_customer, Unit.MONEY, money), _number(item.worth, Unit.MONEY, money)]
        for item in answer.retention_points
    ]  # fmt: skip
    headings = [
        Heading("Segment"),
        Heading("Customers", "Customers who ordered in the last year.", is_number=True),
        Heading("Others", "Customers of the segment who did not.", is_number=True),
        Heading("Margin each", "Contribution margin of one year per customer, with its interval.", is_number=True),
        Heading("One point", "Margin of one year that one percentage point more retention keeps.", is_number=True),
    ]
    return section("points", [], [Table("One percentage point of yearly retention", headings, rows, is_prose=True)])


def split(content: ReportContent) -> Section | None:
    """Show the best split over stated ranges (Blattberg and Deighton 1996)."""
    answer = content.answer
    if answer is None or not isinstance(answer.split, StatedSplit):
        return None
    best, money = answer.split, answer.currency
    named = [
        ("Share of the spend that keeps", best.retention_share, Unit.RATE),
        ("Best spend on winning, per prospect", best.acquisition_spend, Unit.MONEY),
        ("Best spend on keeping, per customer", best.retention_spend, Unit.MONEY),
        ("Value of a customer", best.customer_value, Unit.MONEY),
    ]
    rows = [[name, _number(number, unit, money)] for name, number, unit in named]
    more = (("keeping", best.more_on_keeping), ("winning", best.more_on_winning))
    rows += [
        [f"Settings in which more should go into {side} than today", numbers.rate(share)]
        for side, share in more
        if isinstance(share, float)
    ]
    ranges = [[name, numbers.decimal(low), numbers.decimal(high), str(grade)] for name, low, high, grade in best.ranges]
    right = Heading("Range over the settings", is_number=True)
    stated = [Heading("Unknown"), Heading("From", is_number=True), Heading("To", is_number=True), Heading("Evidence")]
    return section(
        "split",
        [numbers.sentence(best.note)] if best.note else [],
        [Table("The best split", [Heading("Figure"), right], rows), Table("Ranges of the unknowns", stated, ranges)],
    )


def _allowable(dimension: str, groups: list[AllowableCac], answer: Answer, place: int) -> list[Block]:
    shown = Table(
        f"Allowable CAC by {dimension}" if len(groups) > 1 else "Allowable CAC, all customers together",
        [
            Heading("Group"),
            Heading("Customers", "Customers watched over the whole horizon.", is_number=True),
            Heading("Allowable CAC", "Margin within the horizon, drawn to the base if few.", is_number=True),
            Heading("As measured", "The group's own mean.", is_number=True),
            Heading("On the first order", "What the first order alone earns.", is_number=True),
            Heading("Note"),
        ],
        [
            [item.group, numbers.count(item.customers),
             *(_number(number, Unit.MONEY, answer.currency)
               for number in (item.within_horizon, item.as_measured, item.on_first_order)),
             " ".join(filter(None, ("Few customers." if item.is_thin else "", item.note)))]
            for item in groups
        ],
    )  # fmt: skip
    known = [item for item in groups if isinstance(item.within_horizon, Estimate)]
    if len(known) < FEWEST_TO_COMPARE:
        return [shown]
    if _are_alike(known):
        return [Points(f"By {dimension}", [ALIKE]), replace(shown, is_folded=True)]
    if dimension != "cohort":  # cohorts keep the order of time
        known = sorted(known, key=lambda item: -item.customers)[:MOST_TO_COMPARE]
    rows = pd.DataFrame([{"group": i.group, "customers": i.customers, **_ends(i.within_horizon)} for i in known])
    drawn = figure(
        f"allowable-{place}", lambda width: plot.allowable_cac(rows, currency=answer.currency, width=width), [shown]
    )
    note = f" The {len(known)} largest of {len(groups)}; the table holds all." if len(known) < len(groups) else ""
    return [Figure(f"{drawn.title}, by {dimension}", drawn.note + note, drawn.wide, drawn.narrow, drawn.tables)]


def _what_if(item: WhatIfResult, currency: str) -> list[str]:
    changes = [_number(number, Unit.MONEY, currency) for number in (item.before, item.after, item.change)]
    return [item.name, *changes, numbers.rate(item.reaches_goal), str(item.evidence)]


def _are_alike(groups: list[AllowableCac]) -> bool:
    values = [item.within_horizon.value for item in groups if isinstance(item.within_horizon, Estimate)]
    return max(values) - min(values) < 0.005 * abs(max(values))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ends(number: Number) -> dict[str, float | None]:
    if isinstance(number, Estimate):
        return {"value": number.value, "low": number.low, "high": number.high}
    return {"value": None, "low": None, "high": None}


def _short(number: Number, unit: Unit, currency: str) -> str:
    return numbers.in_unit(number.value, unit, currency) if isinstance(number, Estimate) else NOT_AVAILABLE


def _number(number: Number, unit: Unit, currency: str) -> str:
    if not isinstance(number, Estimate):
        return f"{NOT_AVAILABLE}: {number.reason}"
    # The interval stands under its number, in one piece.
    span = numbers.span(number.low, number.high, unit, currency).replace(" ", "\N{NO-BREAK SPACE}")
    return f"{numbers.in_unit(number.value, unit, currency)}\n{span}".strip()


def _parts(number: Number, unit: Unit, answer: Answer, assumptions: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    if not isinstance(number, Estimate):
        return [("Figure", f"{NOT_AVAILABLE}: {number.reason}")]
    span = numbers.span(number.low, number.high, unit, answer.currency)
    parts = [
        ("Figure", numbers.in_unit(number.value, unit, answer.currency)),
        (f"{number.level:.0%} interval", span),
        ("Evidence", str(number.evidence)),
        ("Period", str(answer.period)),
        ("Note", numbers.sentence(number.note)),
        ("Assumed", " ".join(map(numbers.sentence, assumptions))),
    ]
    return [(name, text) for name, text in parts if text]
