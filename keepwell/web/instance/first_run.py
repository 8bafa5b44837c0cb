"""The first account: made by whoever can read the terminal or the data folder, and by nobody else."""

from __future__ import annotations

import hmac
import os
import secrets

from django.conf import settings

from keepwell.web.staff.models import Staff


def invitation(address: str) -> str | None:
    """Return the link that makes the owner's account; ``None`` once there is an account."""
    if Staff.objects.exists():
        return None
    return f"{address}/welcome/{_token()}"


def is_invited(token: str) -> bool:
    """Say whether the token is the one that was printed, and still unused."""
    return not Staff.objects.exists() and hmac.compare_digest(token.encode(), _token().encode())


def _token() -> str:
    """Return the token, made at the first call and kept in a file that only its owner may read."""
    path = settings.DATA.root / "first_run_token"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    token = secrets.token_urlsafe(24)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    return token
