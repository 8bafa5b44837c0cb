"""``keepwell report``: everything in one HTML file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from keepwell.cli.options import as_of_option, data_option, engine_option, json_option, period_option
from keepwell.cli.output import console, print_json, progress_bar
from keepwell.loop.allocating import open_for_plan
from keepwell.loop.allocation import allocation
from keepwell.loop.answer import SEED
from keepwell.loop.content import report_content
from keepwell.loop.facts import open_facts
from keepwell.loop.plan.settings import PlanSettings, read_plan
from keepwell.loop.plan.unknown import refused_spend
from keepwell.loop.report.page import write_report
from keepwell.vocabulary.answer import Answer
from keepwell.vocabulary.period import Period


@click.command("report")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@period_option
@click.option("--budget", type=click.FloatRange(min=0), help="Money to split: the report begins with where it goes.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="TOML file for the split, as for keepwell decide; its period is the one planned.",
)
@as_of_option
@click.option(
    "--seed", type=click.IntRange(min=0), default=SEED, show_default=True, help="Seed of the what-if simulations."
)
@engine_option
@data_option
@json_option
def report_command(
    out: Path,
    period: Period | None,
    budget: float | None,
    plan_file: Path | None,
    as_of: datetime | None,
    seed: int,
    engine: str,
    data: Path,
    as_json: bool,
) -> None:
    """Write the answer, every KPI, chart and table into one HTML file that opens offline and prints well."""
    day = as_of.date() if as_of else None
    is_planned = budget is not None or plan_file is not None
    opening = open_for_plan(data, engine=engine) if is_planned else open_facts(data, engine=engine)
    with progress_bar("Report") as tell, opening as opened:
        until = opened.as_of(day)
        content = report_content(opened, as_of=until, period=opened.period(period, until), progress=tell, seed=seed)
        if is_planned:
            settings = (read_plan(plan_file) if plan_file is not None else PlanSettings()).given(budget=budget)
            refused = refused_spend(opened.imports)
            made = allocation(opened.facts, until, settings, refused_spend=refused, seed=seed)
            content = replace(content, plan=made)
        write_report(content, out, lambda fraction: tell("drawing", fraction))
    if as_json:
        lean = str(content.answer.lean) if isinstance(content.answer, Answer) else None
        print_json({"report": str(out.resolve()), "bytes": out.stat().st_size, "lean": lean})
        return
    console.print(f"Wrote {out} ({out.stat().st_size / 1e6:.1f} MB); open it in a browser.")
