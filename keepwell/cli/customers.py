"""Commands about customers: cohorts, growth, segments, personas."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import click
import pandas as pd

from keepwell.cli.analysis import day_of, grain_option, handled, opened, print_blocks, shared, show
from keepwell.cli.options import as_of_option
from keepwell.loop.frames import frame
from keepwell.loop.report import tables
from keepwell.understand import cohorts, growth, personas, rfm
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain


@click.command("cohorts")
@grain_option
@click.option("--by", help="Split by an attribute of the customer.")
@click.option(
    "--show",
    "measure",
    type=click.Choice(["retention", "ltv", "active"]),
    default="retention",
    show_default=True,
    help="What the cells hold: share who ordered, revenue so far per customer, or customers who ordered.",
)
@as_of_option
@shared
def cohorts_command(grain: str, by: str | None, measure: str, as_of: datetime | None, **common: Any) -> None:
    """Print customers by when they were won, and what became of them; cells not fully observed are blank."""
    with opened(common) as facts:
        until = facts.as_of(day_of(as_of))
        found = frame(cohorts.cohorts(facts.facts, Grain(grain), by, until))
        currency = facts.business.currency
    if handled(found, common):
        return
    groups = found["group"].unique() if by else [None]
    for group in groups:
        part = found[found["group"] == group] if by else found
        for table in tables.triangle(part, measure, f"Cohorts: {measure} {group or ''}".strip(), currency):
            print_blocks(replace(table, rows=[[_short(cell) for cell in row] for row in table.rows]))


@click.command("growth")
@grain_option
@as_of_option
@shared
def growth_command(grain: str, as_of: datetime | None, **common: Any) -> None:
    """Print new, retained, resurrected and lost customers by period."""
    with opened(common) as facts:
        found = frame(growth.growth(facts.facts, Grain(grain), facts.as_of(day_of(as_of))))
        currency = facts.business.currency
    columns = ["period", "active", "new", "retained", "resurrected", "churned", "net_change", "quick_ratio"]
    show(found, columns, "Growth accounting", currency, common)


@click.command("segments")
@as_of_option
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Show how customers moved since this day."
)
@click.option("--customers", is_flag=True, help="One row a customer, with scores (best with --out).")
@shared
def segments_command(as_of: datetime | None, since: datetime | None, customers: bool, **common: Any) -> None:
    """Print the RFM segments, or the moves between them since a day."""
    with opened(common) as facts:
        until = facts.as_of(day_of(as_of))
        scored = rfm.rfm(facts.facts, until)
        if since is not None:
            found = frame(rfm.migration(rfm.rfm(facts.facts, since.date()), scored))
        elif customers:
            found = frame(scored.order_by("customer_id"))
        else:
            found = frame(rfm.segments(scored))
        currency = facts.business.currency
    title = f"Moves from {since:%Y-%m-%d} to {until}" if since else f"RFM segments as of {until}"
    show(found, list(found.columns), title, currency, common)


@click.command("personas")
@as_of_option
@click.option("--clusters", type=click.IntRange(2, 12), help="How many; else the number that fits best.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the clustering.")
@shared
def personas_command(as_of: datetime | None, clusters: int | None, seed: int, **common: Any) -> None:
    """Print groups of customers, described by what sets them apart from the base."""
    with opened(common) as facts:
        found = personas.personas(facts.facts, facts.as_of(day_of(as_of)), clusters=clusters, seed=seed)
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
    show(rows, list(rows.columns), "Personas", "", common)


def _short(cell: str) -> str:
    """Write a percentage without decimals, so that a year of ages fits a terminal."""
    return f"{float(cell[:-1]):.0f}%" if cell.endswith("%") else cell
