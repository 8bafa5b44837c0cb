"""``keepwell staff``: help for whoever cannot sign in any more."""

from __future__ import annotations

from pathlib import Path

import click

from keepwell.cli.options import data_option
from keepwell.cli.output import console
from keepwell.cli.serve import migrate, prepare
from keepwell.vocabulary.errors import InputError


@click.group("staff")
def staff_command() -> None:
    """Look after the accounts of an instance."""


@staff_command.command("reset-password")
@click.argument("email")
@click.password_option(help="The new password; asked for when it is not given.")
@click.option("--without-code", is_flag=True, help="Switch the second step off too, for a lost phone.")
@data_option
def reset_password_command(email: str, password: str, without_code: bool, data: Path) -> None:
    """Give the account of EMAIL a new password; its sessions end, and it may sign in again."""
    prepare(data)
    migrate()
    from django.core.exceptions import ValidationError
    from django.db import transaction

    from keepwell.web.staff import actions, audit, second_step
    from keepwell.web.staff.models import Staff

    staff = Staff.objects.filter(email=email.strip().lower()).first()
    if staff is None:
        raise InputError("staff.missing", "There is no account with this address.", value=email)
    try:
        with transaction.atomic():
            actions.set_password(staff, password)
            actions.set_active(staff, is_active=True)
            if without_code:
                second_step.switch_off(staff)
            audit.record("keepwell staff", "password.reset", str(staff.pk), {"without_code": without_code})
    except ValidationError as error:
        raise InputError("staff.password", " ".join(error.messages), advice="Choose another password.") from error
    console.print(f"{staff.name} can sign in with the new password.")
