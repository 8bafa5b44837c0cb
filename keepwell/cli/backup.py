"""``keepwell backup`` and ``keepwell restore``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

from keepwell.cli.options import data_option, json_option
from keepwell.cli.output import console, print_json
from keepwell.cli.serve import migrate, prepare
from keepwell.vocabulary.errors import InputError


@click.command("backup")
@click.argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@data_option
@json_option
def backup_command(target: Path, data: Path, as_json: bool) -> None:
    """Copy everything into FILE, also while the server runs: facts, database, files, and the secrets."""
    if not data.is_dir():
        raise InputError(
            "data.missing", "There is no such data folder.", where=str(data), advice="Name it with --data."
        )
    prepare(data)
    migrate()
    from keepwell.jobs.backup import backup

    made = backup(target)
    if as_json:
        print_json({**made, "backup": str(target.resolve())})
        return
    console.print(f"Wrote {target} ({made['bytes'] / 1e6:.1f} MB).")
    console.print("It holds personal data and the secret keys of the instance: keep it where only you can read it.")


@click.command("restore")
@click.argument("source", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
def restore_command(source: Path, data: Path, as_json: bool) -> None:
    """Make an empty data folder what it was when FILE was made; with DATABASE_URL, an empty database too."""
    from keepwell.jobs.backup_file import SQLITE, clear, read_manifest, unpack

    manifest = read_manifest(source)
    engine = (
        "sqlite" if not os.environ.get("DATABASE_URL") and not os.environ.get("DATABASE_URL_FILE") else "postgresql"
    )
    if manifest["engine"] != engine:
        raise InputError(
            "restore.engine",
            f"The backup is of a {manifest['engine']} database, and this instance uses {engine}.",
            where=str(source),
            advice="Set DATABASE_URL for PostgreSQL; leave it out for SQLite.",
        )
    place = unpack(source, data)
    try:
        if engine == "sqlite":
            (place / SQLITE).replace(data / SQLITE)
        prepare(data)
        migrate()
        from keepwell.jobs.backup import load

        load(place, manifest)
        shutil.rmtree(place, ignore_errors=True)
    except BaseException:
        clear(data)
        raise
    if as_json:
        print_json({"data": str(data.resolve()), "made_at": manifest["made_at"], "version": manifest["version"]})
        return
    console.print(f"Restored {data} as it was on {manifest['made_at'][:16].replace('T', ' ')} UTC.")
    console.print("Everybody must sign in again. What was erased since that moment must be erased again.")
