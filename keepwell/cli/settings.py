"""``keepwell settings``: what gives the facts their meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from keepwell.cli.options import business_options, data_option, json_option, merged_business
from keepwell.cli.output import console, print_json, print_table
from keepwell.lake.lake import Lake


@click.command("settings")
@business_options
@data_option
@json_option
def settings_command(data: Path, as_json: bool, **given: Any) -> None:
    """Show the settings of the business, or change those that are given."""
    changing = any(value for value in given.values())
    lake = Lake.create(data) if changing else Lake.open(data)
    business = merged_business(lake.business, given)
    if changing:
        lake.save_business(business)
    shown = {
        "name": business.name,
        "currency": business.currency,
        "time_zone": business.time_zone,
        "margin_rate": business.margin_rate,
        "margin_is_assumed": business.margin_is_assumed,
        "discount_rate": business.discount_rate,
        "rates": dict(business.rates),
    }
    if as_json:
        print_json(shown)
        return
    rates = ", ".join(f"{code} = {rate} {business.currency}" for code, rate in business.rates.items())
    rows = [[key, rates if key == "rates" else str(value)] for key, value in shown.items()]
    print_table("Settings", ["setting", "value"], rows)
    console.print(f"Kept in {lake.paths.business}", soft_wrap=True)
