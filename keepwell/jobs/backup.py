"""Copy an instance into one file while it runs, and make an instance from such a file."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from keepwell import __version__
from keepwell.jobs.backup_file import DATABASE, FOLDER, FORMAT, MANIFEST, SQLITE
from keepwell.lake.files import frozen_files
from keepwell.vocabulary.errors import InputError
from keepwell.web.instance.restored import restored
from keepwell.web.staff import audit
from keepwell.web.staff.models import Staff

LEFT_OUT = ("temporary", "marts", "backups", "lake")  # made anew, or copied in its own way


def backup(target: Path) -> Mapping[str, Any]:
    """Write everything the instance keeps into one file, secrets included, readable by its owner alone.

    The database is copied first and the lake after it: facts that were drained in between are then in both, and
    draining them again changes nothing; the other way round they could be in neither.

    Args:
        target: the file, which must not exist.

    Raises:
        InputError: the file exists, or cannot be written.

    """
    if target.exists():
        raise InputError("backup.exists", "There is such a file already.", where=str(target), advice="Name another.")
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    made = {
        "format": FORMAT,
        "version": __version__,
        "made_at": timezone.now().isoformat(),
        "engine": connection.vendor,
    }
    try:
        with tempfile.TemporaryDirectory(dir=settings.DATA.temporary) as place:
            tables = _copy_database(Path(place))
            manifest = {**made, "tables": tables, "migrations": _migrations()}
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                count = _write(file, manifest, Path(place))
                file.flush()
                os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        message = f"The backup cannot be written: {error.strerror or error}."
        raise InputError("backup.file", message, where=str(target), advice="Choose another place.") from error
    finally:
        if draft.parent.is_dir():
            draft.unlink(missing_ok=True)
    return {**made, "files": count, "bytes": target.stat().st_size}


def _write(file: Any, manifest: Mapping[str, Any], database: Path) -> int:
    root: Path = settings.DATA.root
    count = 0
    with tarfile.open(fileobj=file, mode="w") as archive:
        text = json.dumps(manifest).encode()
        head = tarfile.TarInfo(MANIFEST)
        head.size = len(text)
        archive.addfile(head, io.BytesIO(text))
        for path in sorted(database.iterdir()):
            archive.add(path, f"{DATABASE}/{path.name}")
        with frozen_files(root) as lake:
            for path in [*lake, *_folder(root)]:
                count += _add(archive, path, f"{FOLDER}/{path.relative_to(root)}")
    return count


def _add(archive: tarfile.TarFile, path: Path, name: str) -> int:
    """Add a file; an upload that was just discarded is no longer wanted."""
    try:
        with path.open("rb") as content:
            archive.addfile(archive.gettarinfo(arcname=name, fileobj=content), content)
    except FileNotFoundError:
        return 0
    return 1


def _folder(root: Path) -> Iterator[Path]:
    own = settings.DATA.database.name
    for path in sorted(root.rglob("*")):
        first = path.relative_to(root).parts[0]
        if first in LEFT_OUT or first.startswith((own, "test.sqlite3")) or path.is_symlink() or not path.is_file():
            continue
        yield path


def _migrations() -> list[list[str]]:
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def _copy_database(place: Path) -> dict[str, list[str]]:
    """Copy the database as it is at one moment; return its tables with their columns."""
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(place / SQLITE)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        return {}
    tables: dict[str, list[str]] = {}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = [one.name for one in connection.introspection.get_table_description(cursor, table)]
            tables[table] = columns
            with (place / f"{table}.copy").open("wb") as file, cursor.copy(_copy(table, columns, "TO STDOUT")) as rows:
                for chunk in rows:
                    file.write(chunk)
    return tables


def _copy(table: str, columns: list[str], direction: str) -> str:
    quote = connection.ops.quote_name
    return f"COPY {quote(table)} ({', '.join(quote(name) for name in columns)}) {direction}"


def load(place: Path, manifest: Mapping[str, Any]) -> None:
    """Bring the database of an unpacked backup in, end every session, and tell the rooms.

    The database has this version's tables already; SQLite's file stands where it belongs.

    Args:
        place: the folder that ``unpack`` returned.
        manifest: of the backup.

    Raises:
        InputError: the database has accounts already, or other tables than the backup.

    """
    if connection.vendor != "sqlite":
        _load_tables(place, manifest)
    Session.objects.all().delete()
    with transaction.atomic():
        restored.send(sender=None, made_at=datetime.fromisoformat(manifest["made_at"]))
        audit.record("keepwell restore", "instance.restored", detail={"made_at": manifest["made_at"]})


def _load_tables(place: Path, manifest: Mapping[str, Any]) -> None:
    if Staff.objects.exists():
        raise InputError("restore.database", "The database has accounts already.", advice="Name an empty database.")
    if manifest["migrations"] != _migrations():
        message = f"The backup was made by version {manifest['version']}, whose tables differ."
        raise InputError("restore.version", message, advice="Restore it with that version, then upgrade.")
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        known = set(connection.introspection.table_names(cursor))
        if set(manifest["tables"]) != known:
            raise InputError("restore.tables", "The backup has other tables than the database.")
        cursor.execute(f"TRUNCATE {', '.join(quote(table) for table in sorted(known))}")
        for table, columns in manifest["tables"].items():
            with (place / f"{table}.copy").open("rb") as file, cursor.copy(_copy(table, columns, "FROM STDIN")) as rows:
                while chunk := file.read(1 << 16):
                    rows.write(chunk)
        models = apps.get_models(include_auto_created=True)
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
