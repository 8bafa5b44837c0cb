"""The settings of the business, kept in the lake so that the command line and the pages read the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from keepwell.lake.lake import Lake
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.web.staff.audit import record
from keepwell.web.work.actions import enqueue


def business() -> Business:
    """Return the settings as they are kept, or those assumed where nothing is."""
    return Lake.create(settings.DATA.root).business or Business()


def save_business(request: HttpRequest, given: Mapping[str, Any]) -> Business:
    """Keep the settings, write down who changed what, and have every figure made anew.

    Args:
        request: whose user changes them.
        given: fields of `Business`.

    Raises:
        InputError: a value is out of its range.

    """
    lake = Lake.create(settings.DATA.root)
    before, after = lake.business, Business(**given)
    old = asdict(before) if before else {}
    changed = {name: str(value) for name, value in asdict(after).items() if old.get(name) != value}
    if not changed:
        return after
    lake.save_business(after)
    record(request, "business.changed", "", changed)
    enqueue("refresh", key="refresh", asked_by=request.user)
    enqueue("plan", key="plan", asked_by=request.user)
    return after


def rates_of(text: str) -> dict[str, Decimal]:
    """Read exchange rates, one a line, such as ``EUR = 0.86``.

    Raises:
        InputError: a line is not a rate; the message quotes it.

    >>> rates_of("EUR = 0.86")
    {'EUR': Decimal('0.86')}

    """
    found: dict[str, Decimal] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        code, equals, number = (part.strip() for part in line.partition("="))
        try:
            rate = Decimal(number)
        except ArithmeticError:
            rate = Decimal(0)
        if not equals or not rate.is_finite() or rate <= 0:
            message = f"{line!r} is not a rate."
            raise InputError("setting.rates", message, value=line, advice="Write one a line, such as EUR = 0.86.")
        found[code.upper()] = rate
    return found
