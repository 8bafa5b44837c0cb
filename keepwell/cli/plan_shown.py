"""A plan as people read it: the next unit, the split, both sides' returns, thresholds, the next experiment."""

from __future__ import annotations

from itertools import zip_longest

from rich.text import Text

from keepwell.cli.output import console, print_table, shown
from keepwell.decide.experiments import ExperimentValue
from keepwell.decide.plan import Plan, PlanItem, SideCurve
from keepwell.loop.allocation import Allocation
from keepwell.loop.plan.explanation import Explanation, Line
from keepwell.loop.report import numbers
from keepwell.vocabulary.estimate import Estimate, Evidence, NotAvailable

# The grade in a word, so that the table fits a terminal; --explain and --json have it whole.
SHORT = {
    Evidence.EXPERIMENT: "control group",
    Evidence.REGRESSION: "regression",
    Evidence.OBSERVED: "observed",
    Evidence.PLATFORM: "platform",
    Evidence.STATED: "stated",
    Evidence.PRIOR: "prior",
}
EVERY = 3  # of the 24 steps of a side's curve, each third stands in the table


def print_plan(made: Allocation, *, brief: bool) -> None:
    """Print a plan; ``brief`` leaves out the curves, what is not known, and the assumptions."""
    plan = made.plan
    if isinstance(plan, NotAvailable):
        print_unknown(made)
        return
    console.print(Text(f"Where {numbers.money(plan.budget, made.currency)} goes, {made.period}", style="bold"))
    console.print()
    _sentence(f"{plan.lean.value.upper()}. {plan.next_unit.sentence}")
    _sentence(plan.headline)
    if made.caveat:
        _sentence(made.caveat)
    console.print()
    _print_split(plan, made.currency)
    if not brief:
        _print_returns(plan.curves, made.currency)
    console.print(Text("What would change it", style="bold"))
    for threshold in plan.thresholds:
        _sentence(f"  • {threshold.sentence}")
    console.print()
    _print_experiment(made)
    if not brief:
        _print_unknown(made)
        print_table("Assumptions", [""], [[line] for line in made.assumptions])
        console.print(Text("Open any number: keepwell decide --budget … --explain ITEM"))


def print_unknown(made: Allocation) -> None:
    """Print why there is no plan, and what would make one."""
    reason = made.plan.reason if isinstance(made.plan, NotAvailable) else ""
    budget = numbers.money(made.settings.budget, made.currency)
    console.print(Text(f"{budget} cannot be split: {reason}.", style="bold"))
    console.print()
    _print_unknown(made)
    _sentence("What can be said without it, the thresholds above all:")
    console.print()


def print_explanation(found: Explanation) -> None:
    """Print one item's number down to its evidence."""
    console.print(Text(shown(f"{found.item} ({found.side})"), style="bold"))
    console.print()
    _sentence(found.headline)
    console.print()
    print_table("What went in", ["", "", "from"], [_cells(line) for line in found.rows])
    print_table("What came out, 80 % in brackets", ["", "", ""], [_cells(line) for line in found.posterior])
    print_table("What was assumed", [""], [[text] for text in found.assumptions])
    _sentence(f"What would make it better: {found.better}")


def _cells(line: Line) -> list[str]:
    return [line.what, line.figure, line.source]


def _print_split(plan: Plan, currency: str) -> None:
    rows = [_split_row(line, currency) for line in plan.items]
    rows.append(["", "unspent", numbers.money(plan.unspent, currency), "", "", "", "", ""])
    columns = ["side", "item", "spend", "80 % range", "now", "brings", "next 1", "evidence"]
    print_table("The split", columns, rows, right=(2, 3, 4, 5, 6))


def _split_row(line: PlanItem, currency: str) -> list[str]:
    following = line.next_return
    return [
        line.side.value,
        line.item,
        numbers.money(line.spend, currency),
        f"{numbers.money(line.spend_low, currency)} to {numbers.money(line.spend_high, currency)}",
        numbers.money(line.spend_now, currency),
        numbers.money(line.margin.value, currency),
        f"{following.value:.2f}" if isinstance(following, Estimate) else "cap",
        SHORT.get(line.evidence, line.evidence.value),
    ]


def _print_returns(curves: tuple[SideCurve, ...], currency: str) -> None:
    """Print the marginal return of each side, money going where it brings the most."""
    blocks = [[_return_cells(curve, step, currency) for step in range(0, len(curve.spend), EVERY)] for curve in curves]
    names = [f"{curve.side.value}: " for curve in curves]
    columns = [f"{name}{what}" for name in names for what in ("spent", "next 1 returns", "goes to")]
    rows = [[cell for part in row for cell in (part or ["", "", ""])] for row in zip_longest(*blocks)]
    right = tuple(3 * index + place for index in range(len(curves)) for place in (0, 1))
    print_table("Marginal return of each side, 80 % in brackets", columns, rows, right=right)


def _return_cells(curve: SideCurve, step: int, currency: str) -> list[str]:
    value, low, high = curve.marginal_return[step], curve.low[step], curve.high[step]
    return [
        numbers.money(curve.spend[step], currency),
        f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−"),
        curve.item[step],
    ]


def _print_experiment(made: Allocation) -> None:
    console.print(Text("Next experiment", style="bold"))
    found = made.next_experiment
    if isinstance(found, ExperimentValue):
        _sentence(f"  {found.sentence}")
    else:
        _sentence(f"  {found.reason[0].upper()}{found.reason[1:]}.")
    console.print()


def _print_unknown(made: Allocation) -> None:
    rows = [[item.question, item.needs] for item in made.not_identified]
    if rows:
        print_table("Not known", ["question", "what would tell"], rows)


def _sentence(text: str) -> None:
    console.print(Text(shown(text)))
