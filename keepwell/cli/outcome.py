"""How an import is told: rows in, kept, refused by reason, and what was found out about the file."""

from __future__ import annotations

from dataclasses import asdict

from rich.text import Text

from keepwell.cli.output import console, print_json, print_table, shown
from keepwell.loop.ingest import ImportOutcome
from keepwell.vocabulary.refusal import Refusal


def print_outcome(outcome: ImportOutcome, *, as_json: bool = False) -> None:
    """Print what an import did, or would do."""
    if as_json:
        print_json(asdict(outcome))
        return
    console.print(Text(shown(_headline(outcome)), style="bold"))
    for finding in outcome.findings:
        console.print(Text(shown(f"  {finding}")))
    for change, count in outcome.changed.items():
        console.print(Text(f"  {count:,} rows: {change}."))
    console.print()
    if outcome.refused:
        rows = [
            [reason, f"{count:,}", Refusal(reason).meaning]
            for reason, count in sorted(outcome.refused.items(), key=lambda item: -item[1])
        ]
        print_table("Refused", ["reason", "rows", "meaning"], rows, right=(1,))
    if outcome.tables:
        rows = [[name.replace("_", " "), f"{count:,}"] for name, count in outcome.tables.items()]
        print_table("Facts", ["table", "rows"], rows, right=(1,))
    if outcome.error_file:
        console.print(Text(f"Refused rows with reasons: {outcome.error_file}"))
    if outcome.dry_run:
        console.print("Dry run: nothing was changed.")
    elif outcome.import_id and not outcome.already:
        console.print(f"Undo with: keepwell imports undo {outcome.import_id[:8]}")


def _headline(outcome: ImportOutcome) -> str:
    refused = sum(outcome.refused.values())
    sums = f"{outcome.rows_in:,} rows in = {outcome.rows_kept:,} kept + {refused:,} refused"
    if outcome.already:
        return f"{outcome.file} was imported before ({sums}); nothing to do."
    verb = "would be" if outcome.dry_run else "were"
    return f"{outcome.file}: {sums}. They {verb} read as {outcome.importer}."
