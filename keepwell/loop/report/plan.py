"""Where the budget goes: both sides' marginal returns, the split, what would change it, and the next experiment."""

from __future__ import annotations

import pandas as pd

from keepwell import plot
from keepwell.decide.experiments import ExperimentValue
from keepwell.decide.plan import Plan, PlanItem, SideCurve
from keepwell.loop.allocation import Allocation
from keepwell.loop.report import numbers
from keepwell.loop.report.blocks import Block, Heading, Points, Section, Table, Terms
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.drawing import figure
from keepwell.loop.report.present import section
from keepwell.vocabulary.estimate import Estimate, NotAvailable

SPLIT = (
    Heading("Item"),
    Heading("Spend", "Over the period.", is_number=True),
    Heading("80 % range", "Of the best spend, if the truth were known.", is_number=True),
    Heading("Now", "What is spent on it now, over as long a period.", is_number=True),
    Heading("Brings", "Margin within the horizon, before the spend is taken off.", is_number=True),
    Heading("80 % range", "Of what it brings.", is_number=True),
    Heading("Next 1", "Margin that the next 1 spent would bring.", is_number=True),
    Heading("Rests on", "Grade of the evidence."),
)
RETURNS = (
    Heading("Side"),
    Heading("Spent", "On this side in all.", is_number=True),
    Heading("Next 1", "Margin that the next 1 spent brings.", is_number=True),
    Heading("80 % range", is_number=True),
    Heading("Goes to"),
)


def plan(content: ReportContent) -> Section | None:
    """Show a budget's split with everything behind it, or why it cannot be split."""
    made = content.plan
    if made is None:
        return None
    unknown = Terms(
        [(one.question, f"Needs: {one.needs}") for one in made.not_identified], "What cannot be planned yet"
    )
    if isinstance(made.plan, NotAvailable):
        said = f"{numbers.money(made.settings.budget, made.currency)} cannot be split: {made.plan.reason}."
        return section("plan", [said], [unknown])
    found = made.plan
    findings = [f"{made.period}: {found.headline}", found.next_unit.sentence, made.caveat]
    blocks: list[Block] = [
        _returns(found, made),
        _split(found, made),
        Points("What would change it", [one.sentence for one in found.thresholds]),
        Points("The next experiment", [_experiment(made)]),
        Points("What the plan assumes", list(made.assumptions)),
    ]
    return section("plan", [text for text in findings if text], [*blocks, *([unknown] if unknown.terms else [])])


def curve_rows(curves: tuple[SideCurve, ...]) -> pd.DataFrame:
    """Return both sides' curves as a row a step, as `plot.marginal_returns` takes them."""
    return pd.DataFrame(
        [
            {"side": curve.side.value, "spend": spend, "marginal_return": value, "low": low, "high": high, "item": item}
            for curve in curves
            for spend, value, low, high, item in zip(
                curve.spend, curve.marginal_return, curve.low, curve.high, curve.item, strict=True
            )
        ]
    )


def item_rows(items: tuple[PlanItem, ...]) -> pd.DataFrame:
    """Return the split as a row an item, as `plot.budget_split` takes it."""
    names = ("item", "spend", "spend_low", "spend_high", "spend_now")
    return pd.DataFrame(
        [
            {name: getattr(line, name) for name in names} | {"side": line.side.value, "evidence": line.evidence.value}
            for line in items
        ]
    )


def _returns(found: Plan, made: Allocation) -> Block:
    rows, money = curve_rows(found.curves), made.currency
    cells = [
        [row["side"], numbers.money(row["spend"], money), numbers.decimal(row["marginal_return"]),
         f"{numbers.decimal(row['low'])} to {numbers.decimal(row['high'])}", row["item"]]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    shown = Table("Marginal return of each side", RETURNS, cells, is_folded=True)

    def draw(width: int) -> plot.Chart:
        return plot.marginal_returns(rows, hurdle=made.settings.hurdle, currency=money, width=width)

    return figure("plan-returns", draw, [shown], finding=found.next_unit.sentence)


def _split(found: Plan, made: Allocation) -> Block:
    rows = item_rows(found.items)
    shown = Table("The split", SPLIT, [_line(line, made.currency) for line in found.items])

    def draw(width: int) -> plot.Chart:
        return plot.budget_split(rows, currency=made.currency, width=width)

    return figure("plan-split", draw, [shown], finding=found.headline)


def _line(line: PlanItem, money: str) -> list[str]:
    following = line.next_return
    return [
        line.item,
        numbers.money(line.spend, money),
        f"{numbers.money(line.spend_low, money)} to {numbers.money(line.spend_high, money)}",
        numbers.money(line.spend_now, money),
        numbers.money(line.margin.value, money),
        f"{numbers.money(line.margin.low, money)} to {numbers.money(line.margin.high, money)}",
        numbers.decimal(following.value) if isinstance(following, Estimate) else "at its cap",
        line.evidence.value,
    ]


def _experiment(made: Allocation) -> str:
    found = made.next_experiment
    if isinstance(found, ExperimentValue):
        return found.sentence
    return f"{found.reason[0].upper()}{found.reason[1:]}."
