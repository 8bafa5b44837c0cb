"""``keepwell demo``: a real shop's two years, from file to answer."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import click

from keepwell.channels.listening import first_free_port
from keepwell.cli.answer_shown import print_answer
from keepwell.cli.outcome import print_outcome
from keepwell.cli.output import console, print_json, print_table, progress_bar
from keepwell.cli.serve import serve
from keepwell.lake.lake import Lake
from keepwell.loop.content import report_content
from keepwell.loop.facts import OpenFacts, open_facts
from keepwell.loop.ingest import ImportOutcome, ingest
from keepwell.loop.report import numbers
from keepwell.loop.report.content import ReportContent
from keepwell.loop.report.page import write_report
from keepwell.loop.totals import Totals, totals
from keepwell.observe.importer import ImportContext
from keepwell.observe.profile import load_profile
from keepwell.observe.tabular import Tabular
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError

HOST = "127.0.0.1"
BUSINESS = Business(currency="GBP", time_zone="Europe/London", name="Online Retail II, a UK gift wholesaler")


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("keepwell-demo"),
    show_default=True,
    help="The data folder; apart from your own, so that nothing mixes.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The report.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--serve/--no-serve",
    "is_serving",
    default=None,
    help="Serve the shop's pages at the end, or not; without either, only where a person watches (a terminal).",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Port to serve on; else the first free one from 8000.")
def demo_command(data: Path, out: Path, as_json: bool, is_serving: bool | None, port: int | None) -> None:
    """Import a real shop's orders (Online Retail II, CC BY 4.0), answer, write the report and serve the pages."""
    lake = Lake.create(data, BUSINESS)
    outcome = _import(lake)
    with progress_bar("Understanding") as tell, open_facts(data) as opened:
        until = opened.as_of(None)
        summed = totals(opened.facts)
        content = report_content(opened, as_of=until, period=opened.period(None), progress=tell)
        write_report(content, out, lambda fraction: tell("drawing", fraction))
    if as_json:
        print_json({"import": outcome, "totals": summed, "answer": content.answer, "report": str(out.resolve())})
        return
    print_outcome(outcome)
    _print_totals(summed, opened)
    _print_kpis(content)
    assert content.answer is not None  # noqa: S101 — report_content always answers
    print_answer(content.answer)
    console.print(f"Report: {out.resolve()} (open it in a browser)")
    console.print(
        f"More:   keepwell kpis --data {data}   keepwell cohorts --data {data}   keepwell decide --data {data}"
    )
    console.print("Yours:  keepwell import orders.csv   then   keepwell decide")
    if is_serving or (is_serving is None and sys.stdout.isatty()):
        _serve(data, port, is_asked_for=bool(is_serving))


def _serve(data: Path, port: int | None, *, is_asked_for: bool) -> None:
    """Serve the shop's pages until interrupted; where the server's libraries are missing, say how to get them."""
    console.print()
    try:
        serve(data, HOST, port or first_free_port(HOST), workers=1)
    except InputError as error:
        if is_asked_for or error.code != "server.missing":
            raise
        console.print(f"Pages:  {error.advice}   then   keepwell serve --data {data}")


def _import(lake: Lake) -> ImportOutcome:
    importer = Tabular(profile=load_profile("online_retail_ii"))
    context = ImportContext(BUSINESS, lake.identity_key, datetime.now(UTC))
    with (
        as_file(files("keepwell.samples") / "online_retail_ii.parquet") as path,
        progress_bar("Importing 1,067,371 rows") as tell,
    ):
        return ingest(lake, path, importer, context, progress=tell)


def _print_totals(summed: Totals, opened: OpenFacts) -> None:
    currency = opened.business.currency
    rows = [
        ["customers", f"{summed.customers:,}"],
        ["orders", f"{summed.orders:,}"],
        ["ordered, with shipping and fees", f"{summed.ordered:,.2f} {currency}"],
        ["  of which goods", f"{summed.goods:,.2f} {currency}"],
        ["refunded", f"{summed.refunded:,.2f} {currency}"],
        ["from", f"{summed.first:%Y-%m-%d}"],
        ["to", f"{summed.last:%Y-%m-%d}"],
    ]
    print_table("The whole log", ["", ""], rows, right=(1,))


def _print_kpis(content: ReportContent) -> None:
    rows = [
        [
            content.definitions[value.key].label,
            numbers.in_unit(value.value, content.definitions[value.key].unit, content.business.currency),
            numbers.interval(value, content.definitions[value.key].unit),
        ]
        for key in content.headline_kpis
        for value in content.kpis
        if value.key == key
    ]
    print_table(f"The last year, {content.period}", ["KPI", "value", "95 % interval"], rows, right=(1, 2))
