"""``keepwell import``: a file into the lake."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.text import Text

from keepwell.cli.options import business_options, data_option, json_option, merged_business
from keepwell.cli.outcome import print_outcome
from keepwell.cli.output import console, print_table, progress_bar
from keepwell.lake.lake import Lake
from keepwell.loop.ingest import ingest
from keepwell.loop.refusals import visible
from keepwell.observe.fields import FileKind
from keepwell.observe.importer import ImportContext, Importer
from keepwell.observe.mapping import Mapping
from keepwell.observe.profile import load_profile, shipped
from keepwell.observe.registry import IMPORTERS, by_name, recognise
from keepwell.observe.tabular import Preview, Tabular


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--as",
    "format_name",
    type=click.Choice([i.name for i in IMPORTERS]),
    help="The file's format; else it is recognised.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=COLUMN",
    help='Say which column a field is in: --map ordered_at="Created".',
)
@click.option("--profile", help=f"A cleaning profile: {', '.join(shipped())}, or the path of your own .toml file.")
@click.option(
    "--kind", type=click.Choice([str(kind) for kind in FileKind]), help="What a row of the file is; else it is guessed."
)
@click.option("--source", help="Name of where the facts come from; else the format's name.")
@click.option("--channel", help="Channel of a cost file that does not name its own.")
@click.option("--dry-run", is_flag=True, help="Show what would be kept, changed and refused; change nothing.")
@business_options
@data_option
@json_option
def import_command(
    file: Path,
    format_name: str | None,
    maps: tuple[str, ...],
    profile: str | None,
    kind: str | None,
    source: str | None,
    channel: str | None,
    dry_run: bool,
    data: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Bring FILE in: Shopify, WooCommerce, Stripe, Segment, GA4, Google Ads, Meta Ads, or any CSV, Parquet or XLSX.

    Importing the same file again changes nothing; an import that was interrupted can simply be run again.
    """
    lake = Lake.create(data)
    business = merged_business(lake.business, given)
    context = ImportContext(
        business, lake.identity_key, datetime.now(UTC), source=source, channel=channel, currency=given["currency"]
    )
    importer = _importer(lake, file, format_name, maps, profile, kind)
    shown = importer.preview(file, context) if isinstance(importer, Tabular) else None
    if shown is not None and not as_json:
        _print_mapping(shown)
    known = business if lake.business is not None or _was_given(given) else None
    with progress_bar("Importing") as tell:
        outcome = ingest(lake, file, importer, context, business=known, dry_run=dry_run, progress=tell)
    if not dry_run:
        save_business(lake, given)
        if shown is not None and profile is None:
            shown.mapping.save(lake.paths.mappings, shown.header)
    print_outcome(outcome, as_json=as_json)
    if not dry_run and lake.needs_compacting:
        lake.compact()


def save_business(lake: Lake, given: dict[str, Any]) -> None:
    """Keep the settings that were given."""
    business = merged_business(lake.business, given)
    if lake.business != business:
        lake.save_business(business)


def _importer(
    lake: Lake, file: Path, name: str | None, maps: tuple[str, ...], profile: str | None, kind: str | None
) -> Importer:
    importer = by_name(name) if name else recognise(file)
    if not (isinstance(importer, Tabular) or maps or profile or kind):
        return importer
    mapping = Mapping.parse(*maps) if maps else None
    return Tabular(mapping, load_profile(profile) if profile else None, kind, lake.paths.mappings)


def _was_given(given: dict[str, Any]) -> bool:
    return bool(given["currency"] or given["rates"])


def _print_mapping(shown: Preview) -> None:
    rows = [[guess.field, guess.column, guess.example, guess.reason] for guess in shown.guesses]
    print_table("Mapping", ["field", "column", "example", "why"], rows)
    if shown.unused:
        console.print(Text(visible(f"Not used: {', '.join(shown.unused)}") or "", style="dim"))
    console.print(
        Text('Not right? Say --map field="column"; the mapping is remembered for files like this.\n', style="dim")
    )
