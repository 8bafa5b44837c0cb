"""``keepwell compact``: fewer, larger files."""

from __future__ import annotations

from pathlib import Path

import click

from keepwell.cli.options import data_option, json_option
from keepwell.cli.output import console, print_json, progress_bar
from keepwell.lake.lake import Lake


@click.command("compact")
@data_option
@json_option
def compact_command(data: Path, as_json: bool) -> None:
    """Merge small files and remove those that were replaced; facts stay the same."""
    with progress_bar("Compacting") as tell:
        tell("merging", 0.0)
        merged = Lake.open(data).compact()
    if as_json:
        print_json({"files_merged": merged})
        return
    console.print(f"Merged {merged} files." if merged else "Nothing to merge: the files are few already.")
