"""``keepwell imports``: what was imported, and taking it back."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from keepwell.cli.options import data_option, json_option
from keepwell.cli.output import console, print_json, print_table, shown
from keepwell.lake.lake import Lake
from keepwell.lake.ledger import Entry, State


@click.group("imports")
def imports_command() -> None:
    """List the imports, or undo one."""


@imports_command.command("list")
@data_option
@json_option
def list_imports(data: Path, as_json: bool) -> None:
    """List every import with what was kept, what was refused, and whether it still counts."""
    history = Lake.open(data).imports()
    if as_json:
        print_json([_as_dict(entry, state) for entry, state in history])
        return
    if not history:
        console.print("Nothing was imported yet. Import a file with: keepwell import orders.csv")
        return
    rows = [
        [
            entry.import_id[:8],
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.file_name,
            entry.source,
            f"{entry.rows_in:,}",
            f"{entry.rows_kept:,}",
            f"{sum(entry.refused.values()):,}",
            "counts" if state is State.COMMITTED else "undone",
        ]
        for entry, state in history
    ]
    print_table(
        "Imports", ["id", "at (UTC)", "file", "source", "rows in", "kept", "refused", "state"], rows, right=(4, 5, 6)
    )


@imports_command.command("undo")
@click.argument("import_id")
@data_option
@json_option
def undo_import(import_id: str, data: Path, as_json: bool) -> None:
    """Take back the import whose id begins with IMPORT_ID; its rows stop counting and leave every file."""
    entry = Lake.open(data).undo(import_id)
    if as_json:
        print_json(_as_dict(entry, State.UNDONE))
        return
    told = f"Undone: {entry.file_name} ({entry.rows_kept:,} rows). Import the file again to bring them back."
    console.print(Text(shown(told)))


def _as_dict(entry: Entry, state: State) -> dict[str, object]:
    return {
        "import_id": entry.import_id,
        "at": entry.at,
        "file": entry.file_name,
        "importer": entry.importer,
        "source": entry.source,
        "rows_in": entry.rows_in,
        "rows_kept": entry.rows_kept,
        "refused": dict(entry.refused),
        "changed": dict(entry.changed),
        "tables": dict(entry.tables),
        "counts": state is State.COMMITTED,
    }
