"""Whom a plan treats: the list in a file, and its totals as people read them."""

from __future__ import annotations

from pathlib import Path

from rich.text import Text

from keepwell.cli.output import console, print_table, shown
from keepwell.cli.plan_shown import SHORT
from keepwell.cli.written import write_table
from keepwell.decide.wording import about_with_range
from keepwell.loop.allocation import Allocation
from keepwell.loop.plan.pilot import Pilot
from keepwell.loop.plan.treatment_list import TreatmentList
from keepwell.loop.report import numbers
from keepwell.vocabulary.errors import NotIdentifiedError
from keepwell.vocabulary.estimate import NotAvailable


def write_people(made: Allocation, path: Path, *, is_pilot: bool, seed: int) -> TreatmentList | Pilot:
    """Write whom to treat and whom to leave alone, by the plan or for its pilot; return what was written.

    Raises:
        NotIdentifiedError: nobody is to be treated, or no pilot can be proposed; nothing is written then.
        InputError: the file cannot be written.

    """
    found = made.pilot(seed=seed) if is_pilot else made.people(seed=seed)
    if isinstance(found, NotAvailable):
        raise NotIdentifiedError(
            "plan.no_pilot",
            f"No pilot can be proposed: {found.reason}.",
            advice="State a lever in the plan that reaches more customers, or raise the budget.",
        )
    write_table(found.table, path)
    return found


def print_people(found: TreatmentList | Pilot, path: Path) -> None:
    """Print what was written and where."""
    if isinstance(found, Pilot):
        console.print(Text("The pilot", style="bold"))
        _say(f"  {found.sentence}")
    else:
        _print_list(found)
    _say(f"Wrote {found.table.num_rows:,} customers to {path}.")


def _print_list(found: TreatmentList) -> None:
    rows = [
        [
            line.lever, line.segment, f"{line.treated:,}", f"{line.held_out:,}",
            numbers.money(line.cost, found.currency), about_with_range(line.uplift, found.currency),
            SHORT.get(line.uplift.evidence, line.uplift.evidence.value),
        ]
        for line in found.lines
    ]  # fmt: skip
    columns = ["lever", "segment", "treat", "hold out", "cost", "brings, 80 % in brackets", "evidence"]
    print_table("Whom to treat", columns, rows, right=(2, 3, 4, 5))
    if found.cost < 0.99 * found.planned:
        planned, used = (numbers.money(amount, found.currency) for amount in (found.planned, found.cost))
        _say(
            f"Of {planned} planned, {used} is used: within the limits nobody else is left whose expected uplift clears "
            "the cost by the margin that its error asks for."
        )
    if not found.holdout:
        _say("Nobody is left out by lot, so what this does will not be measured: add --holdout 0.1.")
    elif not found.held_out:
        _say("So few are treated that nobody of them was drawn into the holdout: raise --holdout.")


def _say(text: str) -> None:
    console.print(Text(shown(text)))
