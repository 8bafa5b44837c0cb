"""Commands that print one analysis as a table: cohorts, growth, segments, personas, channels, funnel, mrr."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import pandas as pd

from keepwell.cli.options import PeriodType, data_option, engine_option, json_option
from keepwell.cli.output import console, frame_as_records, print_json, print_table
from keepwell.cli.written import write_frame
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.order_log import frame
from keepwell.loop.report import tables
from keepwell.understand import acquisition, cohorts, funnel, growth, personas, recurring, rfm
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain, Period

Command = TypeVar("Command", bound=Callable[..., Any])

grain_option = click.option(
    "--grain",
    type=click.Choice([str(grain) for grain in Grain]),
    default="month",
    show_default=True,
    help="Step of time.",
)
as_of_option = click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), help="First day not counted; else the day after the last order."
)
period_option = click.option("--period", type=PeriodType(), help="2011, 2011-Q4, 2011-12 …; else the last 365 days.")
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the table to a .csv or .parquet file."
)


def shared(command: Command) -> Command:
    """Add the options that every analysis has."""
    for option in (json_option, data_option, engine_option, out_option):
        command = option(command)
    return command


@click.command("cohorts")
@grain_option
@click.option("--by", help="Split by an attribute of the customer.")
@click.option(
    "--show", "measure", type=click.Choice(["retention", "ltv", "active"]), default="retention", show_default=True
)
@as_of_option
@shared
def cohorts_command(grain: str, by: str | None, measure: str, as_of: datetime | None, **common: Any) -> None:
    """Print customers by when they were won, and what became of them; cells not fully observed are blank."""
    with opened(common) as facts:
        until = facts.as_of(_day(as_of))
        found = frame(cohorts.cohorts(facts.facts, Grain(grain), by, until))
        currency = facts.business.currency
    if _handled(found, common):
        return
    groups = found["group"].unique() if by else [None]
    for group in groups:
        part = found[found["group"] == group] if by else found
        for table in tables.triangle(part, measure, f"Cohorts: {measure} {group or ''}".strip(), currency):
            _print_blocks(table)


@click.command("growth")
@grain_option
@as_of_option
@shared
def growth_command(grain: str, as_of: datetime | None, **common: Any) -> None:
    """Print new, retained, resurrected and lost customers by period."""
    with opened(common) as facts:
        found = frame(growth.growth(facts.facts, Grain(grain), facts.as_of(_day(as_of))))
        currency = facts.business.currency
    columns = ["period", "active", "new", "retained", "resurrected", "churned", "net_change", "quick_ratio"]
    _show(found, columns, "Growth accounting", currency, common)


@click.command("segments")
@as_of_option
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Show how customers moved since this day.")
@click.option("--customers", is_flag=True, help="One row a customer, with scores (best with --out).")
@shared
def segments_command(as_of: datetime | None, since: datetime | None, customers: bool, **common: Any) -> None:
    """Print the RFM segments, or the moves between them since a day."""
    with opened(common) as facts:
        until = facts.as_of(_day(as_of))
        scored = rfm.rfm(facts.facts, until)
        if since is not None:
            found = frame(rfm.migration(rfm.rfm(facts.facts, since.date()), scored))
        elif customers:
            found = frame(scored.order_by("customer_id"))
        else:
            found = frame(rfm.segments(scored))
        currency = facts.business.currency
    title = f"Moves from {since:%Y-%m-%d} to {until}" if since else f"RFM segments as of {until}"
    _show(found, list(found.columns), title, currency, common)


@click.command("channels")
@period_option
@click.option("--horizon-days", type=click.IntRange(min=1), default=365, show_default=True, help="Horizon of value.")
@shared
def channels_command(period: Period | None, horizon_days: int, **common: Any) -> None:
    """Print CAC, payback and LTV:CAC by acquisition channel; needs a spend file for all but the value."""
    with opened(common) as facts:
        asked = facts.period(period)
        found = acquisition.channels(facts.facts, asked, horizon_days=horizon_days)
        currency = facts.business.currency
    _show(found, list(found.columns), f"Acquisition channels, {asked}", currency, common)


@click.command("mrr")
@grain_option
@as_of_option
@shared
def mrr_command(grain: str, as_of: datetime | None, **common: Any) -> None:
    """Print recurring revenue and its movements by period."""
    with opened(common) as facts:
        if facts.facts.subscriptions is None:
            raise InputError(
                "mrr.no_subscriptions", "There are no subscriptions.", advice="Import them: keepwell import subs.jsonl"
            )
        until = _day(as_of) or _last_change(facts)
        found = frame(recurring.movements(facts.facts, Grain(grain), until))
        currency = facts.business.currency
    _show(found, list(found.columns), "Recurring revenue", currency, common)


@click.command("funnel")
@click.option(
    "--step", "steps", multiple=True, required=True, metavar="EVENT", help="An event's name; give at least two."
)
@click.option("--window-days", type=click.IntRange(min=1), default=30, show_default=True, help="Days to get through.")
@click.option("--by", help="Split by channel.")
@period_option
@shared
def funnel_command(
    steps: tuple[str, ...], window_days: int, by: str | None, period: Period | None, **common: Any
) -> None:
    """Print how many people get from one event to the next, each counted once."""
    with opened(common) as facts:
        asked = period or _event_days(facts)
        found = pd.DataFrame(funnel.funnel(facts.facts, list(steps), window_days, asked, by=by))
        currency = facts.business.currency
    _show(found, list(found.columns), f"Funnel, {asked}", currency, common)


@click.command("personas")
@as_of_option
@click.option("--clusters", type=click.IntRange(2, 12), help="How many; else the number that fits best.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the clustering.")
@shared
def personas_command(as_of: datetime | None, clusters: int | None, seed: int, **common: Any) -> None:
    """Print groups of customers, described by what sets them apart from the base."""
    with opened(common) as facts:
        found = personas.personas(facts.facts, facts.as_of(_day(as_of)), clusters=clusters, seed=seed)
    if isinstance(found, NotAvailable):
        raise InputError("personas.none", f"There are no personas: {found.reason}.")
    rows = pd.DataFrame(
        {
            "name": [persona.name for persona in found],
            "customers": [persona.customers for persona in found],
            "share": [persona.share for persona in found],
            "revenue_share": [persona.revenue_share for persona in found],
            "traits": ["; ".join(persona.traits) for persona in found],
        }
    )
    _show(rows, list(rows.columns), "Personas", "", common)


def opened(common: dict[str, Any]) -> Any:
    """Open the facts that the common options name."""
    return open_facts(common["data"], engine=common["engine"])


def _show(found: pd.DataFrame, columns: Sequence[str], title: str, currency: str, common: dict[str, Any]) -> None:
    if not _handled(found, common):
        _print_blocks(tables.table(found, columns, title, currency))


def _handled(found: pd.DataFrame, common: dict[str, Any]) -> bool:
    """Write or print for programs; say whether that was asked for."""
    if common["out"] is not None:
        write_frame(found, common["out"])
        console.print(f"Wrote {len(found):,} rows to {common['out']}.")
        return True
    if common["as_json"]:
        print_json(frame_as_records(found))
        return True
    if found.empty:
        console.print("Nothing in these facts.")
    return bool(found.empty)


def _print_blocks(table: Any) -> None:
    right = [index for index, heading in enumerate(table.headings) if heading.is_number]
    print_table(table.caption, [heading.label for heading in table.headings], table.rows, right=right)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _last_change(facts: OpenFacts) -> date:
    ends = facts.facts.subscriptions.aggregate(
        started=facts.facts.subscriptions.started_at.max(), ended=facts.facts.subscriptions.ended_at.max()
    ).to_pyarrow().to_pylist()[0]  # fmt: skip
    last = max(moment for moment in ends.values() if moment is not None)
    return date.fromordinal(last.date().toordinal() + 1)


def _event_days(facts: OpenFacts) -> Period:
    if facts.facts.events is None:
        raise InputError("funnel.no_events", "There are no events.", advice="Import them: keepwell import events.jsonl")
    events = facts.facts.events
    ends = events.aggregate(first=events.occurred_at.min(), last=events.occurred_at.max()).to_pyarrow().to_pylist()[0]
    return Period(ends["first"].date(), date.fromordinal(ends["last"].date().toordinal() + 1))
