"""The second step of signing in: a code of an app (RFC 6238), or a recovery code that works once."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time

import pyotp
import segno
from django.db import transaction

from keepwell.web.staff.models import RecoveryCode, Staff

STEP = 30  # seconds
RECOVERY_CODES = 10


def new_secret() -> str:
    """Return a fresh secret for an app."""
    return pyotp.random_base32()


def picture(staff: Staff, secret: str) -> str:
    """Return the QR code of a secret as SVG."""
    address = pyotp.TOTP(secret).provisioning_uri(name=staff.email, issuer_name="Keepwell")
    drawn: str = segno.make(address, error="m").svg_inline(scale=5, light="white", dark="black")
    return drawn


def step_of(secret: str, code: str, now: float | None = None) -> int | None:
    """Return the time step that a code belongs to, allowing one step of drift; ``None`` when it is wrong."""
    present = int((time.time() if now is None else now) // STEP)
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(pyotp.TOTP(secret).at(step * STEP).encode(), code.encode()):
            return step
    return None


@transaction.atomic
def switch_on(staff: Staff, secret: str, code: str) -> list[str] | None:
    """Ask for codes from now on; return the recovery codes, or ``None`` when the code is wrong."""
    step = step_of(secret, _plain(code))
    if step is None:
        return None
    Staff.objects.filter(pk=staff.pk).update(totp_secret=secret, totp_last_step=step)
    staff.totp_secret = secret
    return new_recovery_codes(staff)


@transaction.atomic
def switch_off(staff: Staff) -> None:
    """Ask for no code any more."""
    Staff.objects.filter(pk=staff.pk).update(totp_secret="", totp_last_step=0)
    staff.totp_secret = ""
    staff.recovery_codes.all().delete()


@transaction.atomic
def new_recovery_codes(staff: Staff) -> list[str]:
    """Make recovery codes in place of the former ones; only their digests are kept (80 random bits each)."""
    made = [base64.b32encode(secrets.token_bytes(10)).decode() for _ in range(RECOVERY_CODES)]
    staff.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(staff=staff, digest=_digest(code)) for code in made)
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in made]


def accept(staff: Staff, code: str) -> bool:
    """Take a code of the app or a recovery code; each is taken once."""
    plain = _plain(code)
    step = step_of(staff.totp_secret, plain)
    if step is not None:
        unused = Staff.objects.filter(pk=staff.pk, totp_last_step__lt=step)
        return bool(unused.update(totp_last_step=step))
    removed, _by_table = staff.recovery_codes.filter(digest=_digest(plain)).delete()
    return bool(removed)


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
