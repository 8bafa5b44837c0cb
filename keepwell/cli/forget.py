"""``keepwell forget``: erase a customer."""

from __future__ import annotations

from pathlib import Path

import click

from keepwell.cli.options import data_option, json_option
from keepwell.cli.output import console, print_json
from keepwell.lake.lake import Lake
from keepwell.loop.erasure import erase


@click.command("forget")
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
@json_option
def forget_command(customer: str, yes: bool, data: Path, as_json: bool) -> None:
    """Erase CUSTOMER, an id or an e-mail address: no file of the data folder holds their rows any more.

    Totals shrink by what they bought. This cannot be undone; importing a file that names them brings them back.
    """
    lake = Lake.open(data)
    if not yes:
        click.confirm(f"Erase every row of {customer}? This cannot be undone.", abort=True, err=True)
    erased = erase(lake, customer)
    if as_json:
        print_json({"customer_id": erased.customer_id, "rows": erased.rows, "refused_rows": erased.refused_rows})
        return
    if not erased.rows and not erased.refused_rows:
        console.print(f"There was nothing about {customer}.")
        return
    told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in erased.rows.items())
    console.print(f"Erased {customer}: {told or 'no facts'}; {erased.refused_rows} rows of error files.")
