"""``keepwell forget``: erase a customer."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.text import Text

from keepwell.cli.options import data_option, json_option
from keepwell.cli.output import console, print_json, shown
from keepwell.lake.lake import Lake
from keepwell.loop.erasure import erase


@click.command("forget")
@click.argument("customer")
@click.option("--yes", is_flag=True, help="Do not ask.")
@data_option
@json_option
def forget_command(customer: str, yes: bool, data: Path, as_json: bool) -> None:
    """Erase CUSTOMER, an id, e-mail address, telephone number or name: no file of the data folder holds their rows.

    Totals shrink by what they bought. This cannot be undone; importing a file that names them brings them back.

    In error files, an e-mail address, a telephone number and a name are found in any field; the shop's own id only in
    the field that names the customer, for the same text may elsewhere be an amount. Rows that hold it elsewhere are
    counted and left for you to look at.
    """
    lake = Lake.open(data)
    if not yes:
        click.confirm(f"Erase every row of {customer}? This cannot be undone.", abort=True, err=True)
    erased = erase(lake, customer)
    if as_json:
        print_json(asdict(erased))
        return
    told = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in erased.rows.items())
    console.print(
        Text(shown(f"Erased {customer}: {told or 'no facts'}; {erased.refused_rows} rows of error files.")),
        soft_wrap=True,
    )
    if erased.mentions_left:
        console.print(
            Text(
                f"{erased.mentions_left} rows of error files hold {customer} in a field that may not be the customer; "
                f"they were left. Look at them in {lake.paths.refused}."
            ),
            soft_wrap=True,
        )
