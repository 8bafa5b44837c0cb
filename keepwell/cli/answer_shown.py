"""The answer to keep or win as people read it: two sentences, reasons, thresholds, and the tables behind them."""

from __future__ import annotations

from rich.text import Text

from keepwell.cli.output import console, print_table
from keepwell.loop.report import numbers
from keepwell.vocabulary.answer import Answer, Figure
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import Unit


def print_answer(found: Answer) -> None:
    """Print the two sentences, the next step, the reasons and the thresholds."""
    console.print(Text(f"Keep or win? {found.lean.upper()}", style="bold"))
    console.print()
    for sentence in (found.headline, found.caveat):
        console.print(Text(sentence), soft_wrap=False)
    console.print()
    console.print(Text("Next: " + found.next_step))
    console.print()
    for title, items in (("Why", found.reasons), ("What would change it", found.thresholds)):
        console.print(Text(title, style="bold"))
        for item in items:
            console.print(Text(f"  • {item.sentence}"))
        console.print()


def print_details(found: Answer) -> None:
    """Print the tables behind the answer."""
    _print_allowable(found)
    _print_what_ifs(found)
    _print_criteria(found)
    if found.channels:
        _print_channels(found)
    unknown = [[item.question, item.needs] for item in found.not_identified]
    print_table("Not known from these facts", ["question", "what would tell"], unknown)
    print_table("Assumptions", [""], [[item] for item in found.assumptions])


def _print_allowable(found: Answer) -> None:
    money = found.currency
    rows = [
        [
            item.dimension,
            item.group,
            f"{item.customers:,}",
            figure(item.within_horizon, Unit.MONEY, money),
            span(item.within_horizon, money),
            figure(item.on_first_order, Unit.MONEY, money),
            "few customers" if item.is_thin else "",
        ]
        for item in found.allowable_cac
    ]
    title = f"Allowable CAC: what a newcomer earns within {found.horizon_days} days"
    columns = ["by", "group", "customers", "pay at most", "95 % interval", "first order alone", ""]
    print_table(title, columns, rows, right=(2, 3, 4, 5))
    rows = [
        [item.segment, f"{item.customers:,}", figure(item.worth, Unit.MONEY, money), span(item.worth, money)]
        for item in found.retention_points
    ]
    columns = ["segment", "customers", "a year", "95 % interval"]
    print_table("What one point of yearly retention is worth", columns, rows, right=(1, 2, 3))


def _print_what_ifs(found: Answer) -> None:
    money = found.currency
    rows = [
        [item.name, figure(item.change, Unit.MONEY, money), span(item.change, money), str(item.evidence)]
        for item in found.what_ifs
    ]
    columns = ["what if", "change", "95 % interval", "evidence"]
    print_table("What if (change of next year's margin)", columns, rows, right=(1, 2))


def _print_criteria(found: Answer) -> None:
    rows = [
        [str(i.leans or "–"), i.name, str(i.status), figure(i.measured, i.unit, found.currency), i.why]
        for i in found.criteria
    ]
    print_table("When to lean which way", ["lean", "criterion", "status", "here", "why"], rows, right=(3,))
    rows = [[item.claim, figure(item.measured, item.unit, found.currency), item.verdict] for item in found.claims]
    print_table("What people say", ["claim", "here", "verdict"], rows, right=(1,))


def _print_channels(found: Answer) -> None:
    money = found.currency
    rows = [
        [
            item.channel,
            figure(item.cac, Unit.MONEY, money),
            figure(item.allowable_cac, Unit.MONEY, money),
            figure(item.ltv_to_cac, Unit.RATIO, money),
            figure(item.payback_months, Unit.MONTHS, money),
            item.verdict,
        ]
        for item in found.channels
    ]
    columns = ["channel", "CAC", "allowable", "LTV:CAC", "payback", "verdict"]
    print_table("Channels", columns, rows, right=(1, 2, 3, 4))


def figure(value: Figure, unit: Unit, currency: str) -> str:
    """Write a figure, or a dash."""
    return numbers.in_unit(None if isinstance(value, NotAvailable) else value.value, unit, currency)


def span(value: Figure, currency: str) -> str:
    """Write the interval of an amount of money, or nothing."""
    if isinstance(value, NotAvailable) or value.low is None:
        return ""
    return numbers.span(value.low, value.high, Unit.MONEY, currency)
