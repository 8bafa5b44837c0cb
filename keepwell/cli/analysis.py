"""What the commands that print one analysis share: options, opening, showing, writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import pandas as pd

from keepwell.cli.options import data_option, engine_option, json_option
from keepwell.cli.output import console, frame_as_records, print_json, print_table
from keepwell.cli.written import write_frame
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.report import tables
from keepwell.loop.report.blocks import Table
from keepwell.vocabulary.period import Grain

Command = TypeVar("Command", bound=Callable[..., Any])

grain_option = click.option(
    "--grain",
    type=click.Choice([str(grain) for grain in Grain]),
    default="month",
    show_default=True,
    help="Step of time.",
)
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to a .csv or .parquet file."
)


def shared(command: Command) -> Command:
    """Add the options that every analysis has."""
    for option in (json_option, data_option, engine_option, out_option):
        command = option(command)
    return command


def opened(common: dict[str, Any]) -> AbstractContextManager[OpenFacts]:
    """Open the facts that the common options name."""
    return open_facts(common["data"], engine=common["engine"])


def show(found: pd.DataFrame, columns: Sequence[str], title: str, currency: str, common: dict[str, Any]) -> None:
    """Write, print as JSON, or print as a table, as the common options ask."""
    if not handled(found, common):
        print_blocks(tables.table(found, columns, title, currency))


def handled(found: pd.DataFrame, common: dict[str, Any]) -> bool:
    """Write or print for programs, or say that there is nothing; return whether that was all."""
    if common["out"] is not None:
        write_frame(found, common["out"])
    if common["as_json"]:
        print_json(frame_as_records(found))
        return True
    if common["out"] is not None:
        console.print(f"Wrote {len(found):,} rows to {common['out']}.")
        return True
    if found.empty:
        console.print("Nothing in these facts.")
    return bool(found.empty)


def print_blocks(table: Table) -> None:
    """Print one table with its numbers to the right."""
    right = [index for index, heading in enumerate(table.headings) if heading.is_number]
    print_table(table.caption, [heading.label for heading in table.headings], table.rows, right=right)


def day_of(moment: datetime | None) -> date | None:
    """Return the day of an option's value."""
    return moment.date() if moment else None
