"""A backup, restored into an empty folder, is the same instance."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from keepwell.jobs.backup import backup
from keepwell.jobs.backup_file import read_manifest, unpack
from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Role
from keepwell.web.staff import audit

READ = """
import json, os, sys
import django
django.setup()
from django.apps import apps
from django.contrib.sessions.models import Session
shown = {}
for model in apps.get_models(include_auto_created=True):
    if model is not Session:
        shown[model._meta.label] = [list(map(str, row)) for row in model.objects.order_by("pk").values_list()]
print(json.dumps(shown))
"""


def _contents() -> dict[str, list[list[str]]]:
    from django.apps import apps
    from django.contrib.sessions.models import Session

    models = [model for model in apps.get_models(include_auto_created=True) if model is not Session]
    return {m._meta.label: [list(map(str, r)) for r in m.objects.order_by("pk").values_list()] for m in models}


def _environment(folder: Path) -> dict[str, str]:
    found = {**os.environ, "KEEPWELL_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "keepwell.web.settings"}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DROP DATABASE IF EXISTS keepwell_restored")
            cursor.execute("CREATE DATABASE keepwell_restored")
        found["DATABASE_URL"] = os.environ["DATABASE_URL"].replace("/postgres?", "/keepwell_restored?", 1)
        assert found["DATABASE_URL"] != os.environ["DATABASE_URL"]
    return found


@pytest.mark.soak
@pytest.mark.django_db(transaction=True)
def test_a_restored_instance_has_every_row_and_every_file(staff, tmp_path, monkeypatch):
    owner = staff(Role.OWNER)
    audit.record(owner, "upload.imported", "ü\t\\N, naïve.csv", {"rows": 3, "odd": 'a"\n\\'})
    inner = settings.DATA.root / "lake" / "orders" / "_delta_log"
    inner.mkdir(parents=True, exist_ok=True)
    (inner / "00000000000000000000.json").write_text("{}")
    (inner.parent / "part-1.parquet").write_bytes(os.urandom(100_000))
    target, folder = tmp_path / "copy.tar", tmp_path / "restored"
    backup(target)
    assert target.stat().st_mode & 0o077 == 0
    environment = _environment(folder)
    command = [sys.executable, "-m", "keepwell", "restore", str(target), "--data", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    read = subprocess.run([sys.executable, "-c", READ], env=environment, capture_output=True, text=True, check=True)
    there, here = json.loads(read.stdout), _contents()
    assert there["staff.AuditEntry"].pop()[4] == "instance.restored"
    assert there == here
    assert here["staff.AuditEntry"]

    def digest(root: Path) -> dict[str, str]:
        files = [path for path in root.rglob("*") if path.is_file() and path.name.partition(".")[0] != "test"]
        kept = [path for path in files if "sqlite3" not in path.name and path.suffix != ".lock" and path.name[0] != "."]
        return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in kept}

    assert digest(folder) == digest(settings.DATA.root)


@pytest.mark.django_db(transaction=True)
def test_a_backup_never_writes_over_a_file(tmp_path):
    target = tmp_path / "copy.tar"
    target.write_text("mine")
    with pytest.raises(InputError):
        backup(target)
    assert target.read_text() == "mine"


def test_a_restore_never_touches_a_folder_with_something_in_it(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError):
        unpack(tmp_path / "copy.tar", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["folder/../../evil", "folder//tmp/evil", "folder/a/../../../evil"])
def test_a_backup_cannot_write_outside_the_folder(tmp_path, name):
    source, folder = tmp_path / "copy.tar", tmp_path / "inner" / "restored"
    with tarfile.open(source, "w") as archive:
        archive.addfile(tarfile.TarInfo(name))
    try:
        unpack(source, folder)
    except InputError:
        assert list(folder.iterdir()) == []
    written = {path for path in tmp_path.rglob("*") if path.is_file() and folder not in path.parents}
    assert written == {source}
    assert not Path("/tmp/evil").exists()  # noqa: S108


def test_what_is_no_backup_is_refused(tmp_path):
    source = tmp_path / "copy.tar"
    source.write_bytes(os.urandom(5000))
    with pytest.raises(InputError):
        read_manifest(source)
