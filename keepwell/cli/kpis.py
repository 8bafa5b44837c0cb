"""``keepwell kpis``: every KPI of a period."""

from __future__ import annotations

from pathlib import Path

import click

from keepwell.cli.options import data_option, engine_option, json_option, period_option
from keepwell.cli.output import console, print_json, print_table, progress_bar
from keepwell.loop.facts import open_facts
from keepwell.loop.report import numbers
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.kpis import kpis
from keepwell.understand.recurring_kpis import subscription_kpis
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Period

PARTS = ("items", "shipping", "other", "tax")


@click.command("kpis")
@period_option
@click.option("--by", help="Split by an attribute of the customer: cohort, country, channel, source …")
@click.option("--only", multiple=True, metavar="KPI", help="Show only this KPI; may be given several times.")
@click.option(
    "--include",
    multiple=True,
    type=click.Choice(PARTS),
    default=("items",),
    show_default=True,
    help="What counts as revenue.",
)
@click.option("--explain", is_flag=True, help="Add each KPI's definition.")
@engine_option
@data_option
@json_option
def kpis_command(
    period: Period | None,
    by: str | None,
    only: tuple[str, ...],
    include: tuple[str, ...],
    explain: bool,
    engine: str,
    data: Path,
    as_json: bool,
) -> None:
    """Print every KPI of a period with its numerator, denominator and 95 % interval."""
    unknown = [key for key in only if key not in DEFINITIONS]
    if unknown:
        raise InputError(
            "kpi.unknown", f"There is no KPI {unknown[0]}.", value=unknown[0], advice=f"Use {', '.join(DEFINITIONS)}."
        )
    with progress_bar("KPIs") as tell, open_facts(data, engine=engine, include=include) as opened:
        tell("computing", 0.3)
        asked = opened.period(period)
        found = kpis(opened.facts, asked, by) if opened.has_orders else subscription_kpis(opened.facts, asked)
        values = [value for value in found if not only or value.key in only]
    if as_json:
        print_json({"period": {"start": asked.start, "end": asked.end}, "kpis": [_as_dict(value) for value in values]})
        return
    console.print(f"{asked}, amounts in {opened.business.currency}, days in {opened.business.time_zone}.\n")
    for group in dict.fromkeys(value.group for value in values):
        _print(group, [value for value in values if value.group == group], opened.business.currency)
    if explain:
        _print_definitions({value.key for value in values})


def _print(group: str | None, values: list[KpiValue], currency: str) -> None:
    rows = [_row(value, currency) for value in values]
    print_table(
        group or "KPIs", ["KPI", "value", "95 % interval", "numerator", "denominator"], rows, right=(1, 2, 3, 4)
    )
    reasons = [(DEFINITIONS[v.key].label, v.value.reason) for v in values if isinstance(v.value, NotAvailable)]
    if reasons:
        print_table("Not available", ["KPI", "why"], [list(reason) for reason in reasons])


def _row(value: KpiValue, currency: str) -> list[str]:
    definition = DEFINITIONS[value.key]
    return [
        definition.label,
        numbers.in_unit(value.value, definition.unit, currency),
        numbers.interval(value, definition.unit),
        numbers.part(value.numerator),
        numbers.part(value.denominator),
    ]


def _print_definitions(keys: set[str]) -> None:
    rows = [[d.label, d.meaning, d.formula] for key, d in DEFINITIONS.items() if key in keys]
    print_table("Definitions", ["KPI", "meaning", "formula"], rows)


def _as_dict(value: KpiValue) -> dict[str, object]:
    definition = DEFINITIONS[value.key]
    missing = isinstance(value.value, NotAvailable)
    return {
        "key": value.key,
        "label": definition.label,
        "unit": str(definition.unit),
        "group": value.group,
        "value": None if isinstance(value.value, NotAvailable) else value.value,
        "not_available": value.value.reason if isinstance(value.value, NotAvailable) else None,
        "low": None if missing else value.low,
        "high": None if missing else value.high,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "currency": value.currency,
        "note": value.note,
    }
