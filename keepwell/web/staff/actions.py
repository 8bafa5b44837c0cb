"""What may happen to an account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from keepwell.vocabulary.errors import InputError
from keepwell.web.access import Role
from keepwell.web.staff.models import Invitation, Staff

INVITATION_LASTS = timedelta(days=7)


def add_staff(email: str, name: str, role: Role, password: str) -> Staff:
    """Make an account.

    Raises:
        django.core.exceptions.ValidationError: the password is too weak, or a field is wrong.

    """
    staff = Staff(email=email.strip().lower(), name=name.strip(), role=role.value)
    validate_password(password, staff)
    staff.set_password(password)
    with transaction.atomic():
        staff.full_clean()
        staff.save()
    return staff


@transaction.atomic
def invite(email: str, role: Role, by: Staff) -> tuple[Invitation, str]:
    """Make an invitation and return it with its token, which is kept nowhere; a former one of the address ends.

    Raises:
        InputError: there is such an account.

    """
    address = email.strip().lower()
    if Staff.objects.filter(email=address).exists():
        raise InputError("staff.twice", _("There is an account with this address already."))
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(email=address).delete()
    made = Invitation.objects.create(
        email=address,
        role=role.value,
        digest=digest(token),
        invited_by=by,
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    return made, token


def invitation_of(token: str) -> Invitation | None:
    """Return the invitation of a token, if it is still good."""
    return Invitation.objects.filter(digest=digest(token), expires_at__gt=timezone.now()).first()


@transaction.atomic
def join(invitation: Invitation, name: str, password: str, language: str) -> Staff:
    """Make the account that an invitation is for; the invitation is used up.

    Raises:
        InputError: somebody has used it in the meantime.
        django.core.exceptions.ValidationError: the password is too weak.

    """
    used, _by_table = Invitation.objects.filter(pk=invitation.pk).delete()
    if not used:
        raise InputError("invitation.missing", _("This invitation was used already."))
    staff = add_staff(invitation.email, name, Role(invitation.role), password)
    staff.language = language
    staff.save(update_fields=["language"])
    return staff


@transaction.atomic
def change_role(staff: Staff, role: Role) -> None:
    """Give somebody another role.

    Raises:
        InputError: nobody would be left to look after the accounts.

    """
    if role is not Role.OWNER:
        _keep_an_owner(staff)
    Staff.objects.filter(pk=staff.pk).update(role=role.value)


@transaction.atomic
def set_active(staff: Staff, *, is_active: bool) -> None:
    """Let somebody in, or not any more; open sessions end at their next request.

    Raises:
        InputError: nobody would be left to look after the accounts.

    """
    if not is_active:
        _keep_an_owner(staff)
    Staff.objects.filter(pk=staff.pk).update(is_active=is_active)


@transaction.atomic
def remove(staff: Staff) -> None:
    """Remove an account; what it did stays in the log under its name.

    Raises:
        InputError: nobody would be left to look after the accounts.

    """
    _keep_an_owner(staff)
    staff.delete()


def set_password(staff: Staff, password: str) -> None:
    """Change a password; every session that was opened with the former one ends.

    Raises:
        django.core.exceptions.ValidationError: the password is too weak.

    """
    validate_password(password, staff)
    staff.set_password(password)
    staff.save(update_fields=["password"])


def digest(token: str) -> str:
    """Return what is kept of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _keep_an_owner(leaving: Staff) -> None:
    owners = list(Staff.objects.select_for_update().filter(role=Role.OWNER, is_active=True).order_by("pk"))
    if leaving.pk in {one.pk for one in owners} and len(owners) == 1:
        raise InputError(
            "staff.last_owner",
            _("This is the last owner."),
            advice=_("Make somebody else an owner first."),
        )
