"""What may happen to an account."""

from __future__ import annotations

from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from keepwell.web.access import Role
from keepwell.web.staff.models import Staff


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
