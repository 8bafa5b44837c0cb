"""The first account: made by whoever can read the terminal or the data folder, and by nobody else."""

from __future__ import annotations

import hmac
import os
import secrets
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Role
from keepwell.web.instance.models import Kept, WelcomeTry
from keepwell.web.staff.actions import add_staff
from keepwell.web.staff.audit import record
from keepwell.web.staff.models import Staff

MOST_TRIES = 10
WITHIN = timedelta(minutes=10)
DONE = "first_run"


def invitation(address: str) -> str | None:
    """Return the link that makes the owner's account; ``None`` once there is an account."""
    if Staff.objects.exists():
        return None
    return f"{address}/welcome/{_token()}"


def is_invited(token: str) -> bool:
    """Say whether the token is the one that was printed, and still unused."""
    return not Staff.objects.exists() and hmac.compare_digest(token.encode(), _token().encode())


def is_throttled(address: str) -> bool:
    """Say whether an address has tried too many wrong tokens of late."""
    return WelcomeTry.objects.filter(address=address, at__gt=timezone.now() - WITHIN).count() >= MOST_TRIES


def note_wrong(address: str) -> None:
    """Write a wrong token down; what is older than the window is let go."""
    WelcomeTry.objects.filter(at__lt=timezone.now() - WITHIN).delete()
    WelcomeTry.objects.create(address=address[:45])


def make_owner(request: HttpRequest, email: str, name: str, password: str, language: str) -> Staff:
    """Make the owner's account; of two at the same moment one is refused.

    Raises:
        InputError: there is an account already.
        django.core.exceptions.ValidationError: the password is too weak, or a field is wrong.

    """
    try:
        with transaction.atomic():
            Kept.objects.create(name=DONE)  # the primary key lets one of two through, on every database
            owner = add_staff(email, name, Role.OWNER, password)
            owner.language = language
            owner.save(update_fields=["language"])
            record(owner, "instance.first_run", "", {"language": language})
    except IntegrityError as error:
        raise InputError(
            "welcome.twice", _("The owner's account has been made already."), advice=_("Sign in.")
        ) from error
    _path().unlink(missing_ok=True)
    return owner


def _path() -> Path:
    found: Path = settings.DATA.root / "first_run_token"
    return found


def _token() -> str:
    """Return the token, made at the first call and kept in a file that only its owner may read.

    The file appears with its content or not at all, so that two servers that start at once read the same token.
    """
    path = _path()
    if not path.exists():
        mine = path.with_name(f".first_run_token.{secrets.token_hex(8)}")
        descriptor = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(24))
        try:
            os.link(mine, path)
        except FileExistsError:
            pass
        finally:
            mine.unlink()
    return path.read_text(encoding="ascii").strip()
