"""Results as plain values: what ``--json`` prints and a report's tables read."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable


def plain(value: object) -> object:
    """Return a frozen result as dicts, lists, texts and numbers, ready for JSON.

    A number that is not available becomes ``{"not_available": reason}``; dates are ISO texts, decimals exact texts.

    Args:
        value: a dataclass of :mod:`keepwell.vocabulary`, or a mapping, sequence or scalar of such.

    Raises:
        InputError: a number is NaN or infinite (a defect upstream: it should say why there is none), or a value is
            of a kind that has no plain form.

    >>> plain({"cac": NotAvailable("spend is not known"), "on": date(2011, 12, 9)})
    {'cac': {'not_available': 'spend is not known'}, 'on': '2011-12-09'}

    """
    if isinstance(value, NotAvailable):
        return {"not_available": value.reason}
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError("plain.number", f"{value!r} is not a number to show.", advice="Say why there is none.")
        return float(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain_many(value)


def _plain_many(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    raise InputError("plain.kind", f"A {type(value).__name__} has no plain form.", advice="Convert it first.")
