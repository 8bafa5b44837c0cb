"""``keepwell clv``: what customers are worth from here on."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click
import pandas as pd
import pyarrow as pa
from rich.text import Text

from keepwell.cli.analysis import print_blocks
from keepwell.cli.lifetime_json import as_json_value
from keepwell.cli.options import LengthType, as_of_option, data_option, engine_option, json_option
from keepwell.cli.output import console, print_json, progress_bar, shown
from keepwell.cli.written import batch_file, check_ending
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.lifetime import SEED, Lifetime, lifetime
from keepwell.loop.newcomers import Newcomers, newcomers
from keepwell.loop.report import numbers, value_tables
from keepwell.understand.clv.models import LABELS
from keepwell.understand.clv.scoring import SCHEMA
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

MODEL_OF = {label.lower().replace("/", "-"): name for name, label in LABELS.items()}
AUTOMATIC = 0
MOST_NOTES = 3


@click.command("clv")
@as_of_option
@click.option(
    "--horizon", type=LengthType(), default="365d", show_default=True, help="How far ahead: 365d, 26w, 12m, 1y."
)
@click.option(
    "--holdout",
    type=LengthType(),
    is_flag=False,
    flag_value=AUTOMATIC,
    metavar="[LENGTH]",
    help="Show how far off the models were on the end of the log, held back from them. With a length such as 26w, hold "
    "back that much, and choose by it; else one horizon, or a third of the log where it is shorter.",
)
@click.option("--model", type=click.Choice(list(MODEL_OF)), help="Use this model; else the holdout decides.")
@click.option("--by", help="Show newcomers by this attribute: country, channel, quarter of the first order …")
@click.option("--top", type=click.IntRange(min=0), default=10, show_default=True, help="Most valuable customers shown.")
@click.option("--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Seed of the intervals.")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write every customer to a .csv or .parquet file."
)
@engine_option
@data_option
@json_option
def clv_command(
    as_of: datetime | None, horizon: int, holdout: int | None, model: str | None, by: str | None, top: int, seed: int,
    out: Path | None, engine: str, data: Path, as_json: bool,
) -> None:  # fmt: skip
    """Print what today's customers and newcomers are expected to bring, by the model that a holdout speaks for."""
    if out is not None:
        check_ending(out)
    with progress_bar("Lifetime value") as tell, open_facts(data, engine=engine) as opened:
        _need_orders(opened)
        day = opened.as_of(as_of.date() if as_of else None)
        split = day - timedelta(days=holdout) if holdout else None
        found = lifetime(
            opened.facts, day, horizon=f"{horizon}d", model=MODEL_OF[model] if model else None, split=split, seed=seed,
            progress=tell,
        )  # fmt: skip
        tell("newcomers", 0.8)
        won = newcomers(
            opened.facts, day, by, horizon_days=horizon, model_name=found.choice.model_name, seed=seed
        )  # fmt: skip
        tell("customers", 0.9)
        best = scored(found, top, out)
        business = opened.business
    if as_json:
        print_json(as_json_value(found, won, best, business, out))
        return
    print_base(found, business)
    if holdout is not None:
        print_holdout(found, business)
    _print_newcomers(won, business)
    _print_customers(best, out, found, business)
    print_notes(found, business)


def _need_orders(opened: OpenFacts) -> None:
    if not opened.has_orders:
        raise InputError(
            "clv.no_orders",
            "There are no orders.",
            advice="Import them: keepwell import orders.csv; what subscribers will bring is told by keepwell churn.",
        )


def scored(found: Lifetime, top: int, out: Path | None) -> pd.DataFrame:
    """Go through the customers once: write all of them if there is a file, and return the most valuable ones."""
    best = SCHEMA.empty_table()
    if out is None:
        for batch in found.batches() if top else ():
            best = _best(best, batch, top)
    else:
        with batch_file(out, SCHEMA) as write:
            for batch in found.batches():
                write(batch)
                best = _best(best, batch, top)
    rows: pd.DataFrame = best.to_pandas()
    return rows


def _best(so_far: pa.Table, batch: pa.RecordBatch, top: int) -> pa.Table:
    both = pa.concat_tables([so_far, pa.Table.from_batches([batch])])
    return both.sort_by([("value", "descending"), ("customer_id", "ascending")]).slice(0, top)


def print_base(found: Lifetime, business: Business) -> None:
    """Print the totals, and which model says so and why."""
    values = found.values
    until = values.as_of + timedelta(days=values.horizon_days - 1)
    _say(f"What today's customers will bring, {numbers.day(values.as_of)} to {numbers.day(until)}", bold=True)
    console.print()
    print_blocks(value_tables.totals_table(found, business.currency))
    _say(f"Model: {found.choice.why}")
    for warning in (found.choice.warning, found.correction.note):
        if warning:
            _say(f"Mind: {warning}")
    console.print()


def print_holdout(found: Lifetime, business: Business) -> None:
    """Print how far off each forecast was, in all and by kind of customer."""
    validation = found.validation
    if isinstance(validation, NotAvailable):
        _say(f"There is no holdout: {validation.reason}.")
        console.print()
        return
    print_blocks(value_tables.errors_table(validation))
    print_blocks(value_tables.money_errors_table(validation, business.currency))
    print_blocks(value_tables.returns_table(validation))
    print_blocks(value_tables.calibration_table(validation))


def print_notes(found: Lifetime, business: Business) -> None:
    """Print what a reader must know."""
    _say("Notes", bold=True)
    source = "assumed; set it: keepwell settings --margin 0.4" if business.margin_is_assumed else "as set"
    margin = f"Contribution margin is {numbers.rate(business.margin_rate)} of revenue, {source}."
    discount = f"Money of later days is discounted at {numbers.rate(business.discount_rate)} a year."
    for note in (margin, discount, *found.values.notes):
        _say(f"  • {note}")


def _print_newcomers(won: Newcomers | NotAvailable, business: Business) -> None:
    if isinstance(won, NotAvailable):
        _say(f"What newcomers bring is not available: {won.reason}")
        return
    table = value_tables.newcomers_table(won, business.currency)
    print_blocks(table)
    noted = [f"{one.group}: {one.note}" if won.by else one.note for one in won.values if one.note]
    for note in noted[:MOST_NOTES]:
        _say(note)
    if len(noted) > MOST_NOTES:
        _say(f"… and {len(noted) - MOST_NOTES} more such groups; --json holds every note.")
    _say(table.note)
    console.print()


def _print_customers(best: pd.DataFrame, out: Path | None, found: Lifetime, business: Business) -> None:
    if len(best):
        print_blocks(value_tables.customers_table(best, business.currency))
    if out is not None:
        _say(f"Wrote {found.values.customers:,} customers to {out}.")
        console.print()


def _say(text: str, *, bold: bool = False) -> None:
    console.print(Text(shown(text), style="bold" if bold else ""))
