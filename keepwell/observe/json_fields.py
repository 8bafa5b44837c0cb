"""Typed reading of a JSON record: a value of another type than the format allows refuses the record, by its path.

Free text is freed of e-mail addresses on the way, because the lake holds none; whoever needs the address itself, to
make an opaque id of it, asks for ``personal``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from keepwell.observe.personal import without_email
from keepwell.vocabulary.refusal import Refusal

FOUR_PLACES = Decimal("0.0001")
LARGEST = Decimal(10) ** 12  # beyond it nothing is a price; decimal(18, 4) holds a hundred times as much
ZERO = Decimal(0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
EARLIEST = int((datetime(1990, 1, 1, tzinfo=UTC) - EPOCH) / MICROSECOND)
DAY = 86_400_000_000  # microseconds
ROUNDED = "amount rounded to four decimals"

_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,60})?")
_WHOLE = re.compile(r"[+-]?\d{1,18}")
_CURRENCY = re.compile(r"[A-Z]{3}")


class RecordRefusedError(Exception):
    """The record is refused, by a named reason and with the path and value that say why."""

    def __init__(self, reason: Refusal, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(detail)


class Fields:
    """One object of a record, with the path that leads to it.

    >>> Fields({"total": "10.50", "billing": {"country": "PL"}}).child("billing").text("country")
    'PL'
    """

    __slots__ = ("path", "values")

    def __init__(self, values: Mapping[str, Any], path: str = "") -> None:
        self.values = values
        self.path = path

    def has(self, key: str) -> bool:
        """Say whether the key is there and not null."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str | None:
        """Return trimmed text without e-mail addresses, or ``None`` when empty; whole numbers count as text."""
        value = self.personal(key)
        return without_email(value) if value is not None and ("@" in value or "%40" in value) else value

    def personal(self, key: str) -> str | None:
        """Return trimmed text as it stands: only for what becomes an opaque id."""
        value = self.values.get(key)
        if value is None:
            return None
        if type(value) is str:
            return value.strip() or None
        if type(value) is int and abs(value) < 10**30:
            return str(value)
        raise self._wrong(key, "text")

    def child(self, key: str) -> Fields:
        """Return the object under the key; an absent one is empty."""
        value = self.values.get(key)
        if value is None or value == []:  # PHP writes an empty object as []
            return Fields({}, f"{self.path}{key}.")
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return Fields(value, f"{self.path}{key}.")

    def children(self, key: str) -> list[Fields]:
        """Return the objects of the list under the key; an absent one is empty."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        for position, item in enumerate(value):
            if not isinstance(item, dict):
                raise RecordRefusedError(
                    Refusal.UNREADABLE_VALUE, f"{self.path}{key}.{position}: expected an object, found {shown(item)}"
                )
        return [Fields(item, f"{self.path}{key}.{position}.") for position, item in enumerate(value)]

    def flag(self, key: str) -> bool | None:
        """Return true, false or, when absent, ``None``."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(key, "true or false")

    def whole(self, key: str) -> int | None:
        """Return a whole number, also when it is written as text (BigQuery exports do so)."""
        value = self.values.get(key)
        if value is None or value == "":
            return None
        if type(value) is int and abs(value) < 10**18:
            return value
        if type(value) is str and _WHOLE.fullmatch(value):
            return int(value)
        if type(value) is Decimal and value.is_finite() and abs(value) < 10**18 and value == value.to_integral_value():
            return int(value)
        raise RecordRefusedError(Refusal.UNREADABLE_NUMBER, f"{self.path}{key}: {shown(value)} is not a whole number")

    def exact(self, key: str) -> Decimal | None:
        """Return a number exactly as written, or ``None`` when absent or empty."""
        value = self.values.get(key)
        if value is None or value == "":
            return None
        if type(value) is str and _NUMBER.fullmatch(value.strip()):
            number = Decimal(value.strip())
        elif type(value) is int:
            number = Decimal(value) if abs(value) < 10**18 else LARGEST
        elif type(value) is Decimal and value.is_finite():
            number = value
        else:
            raise RecordRefusedError(Refusal.UNREADABLE_NUMBER, f"{self.path}{key}: {shown(value)} is not a number")
        if not -LARGEST < number < LARGEST:
            raise RecordRefusedError(Refusal.ABSURD_QUANTITY, f"{self.path}{key}: {shown(value)} is beyond any sale")
        return number

    def amount(self, key: str, changes: Counter[str]) -> Decimal | None:
        """Return a number with four decimals; a finer one is rounded, and counted as changed."""
        number = self.exact(key)
        return None if number is None else four_places(number, changes)

    def required_text(self, key: str, reason: Refusal) -> str:
        """Return text that must be there; refuses the record with the reason when it is not."""
        value = self.text(key)
        if value is None:
            raise RecordRefusedError(reason, f"{self.path}{key} is empty")
        return value

    def required_amount(self, key: str, changes: Counter[str]) -> Decimal:
        """Return an amount that must be there."""
        value = self.amount(key, changes)
        if value is None:
            raise RecordRefusedError(Refusal.MISSING_AMOUNT, f"{self.path}{key} is empty")
        return value

    def currency(self, key: str) -> str | None:
        """Return an upper-case ISO 4217 code, or ``None`` when absent."""
        value = self.personal(key)
        if value is None:
            return None
        if not _CURRENCY.fullmatch(value.upper()):
            raise RecordRefusedError(Refusal.UNKNOWN_CURRENCY, f"{self.path}{key}: {shown(value)}")
        return value.upper()

    def iso_moment(self, key: str, zone: tzinfo = UTC) -> int | None:
        """Return microseconds since 1970 of an ISO 8601 time; one without offset is in ``zone``."""
        value = self.values.get(key)
        if value is None or value == "":
            return None
        if type(value) is str:
            try:
                return _micros(datetime.fromisoformat(value.strip()), zone)
            except (ValueError, OverflowError):
                pass
        raise RecordRefusedError(Refusal.UNREADABLE_DATE, f"{self.path}{key}: {shown(value)} is not a time")

    def epoch_moment(self, key: str, unit: int = 1_000_000) -> int | None:
        """Return microseconds since 1970 of a count of seconds (``unit`` microseconds each)."""
        try:
            value = self.whole(key)
        except RecordRefusedError as error:
            raise RecordRefusedError(Refusal.UNREADABLE_DATE, error.detail) from error
        if value is None:
            return None
        if not -(10**17) < value * unit < 10**17:
            raise RecordRefusedError(Refusal.UNREADABLE_DATE, f"{self.path}{key}: {value} is not a time")
        return value * unit

    def _wrong(self, key: str, expected: str) -> RecordRefusedError:
        found = shown(self.values.get(key))
        return RecordRefusedError(Refusal.UNREADABLE_VALUE, f"{self.path}{key}: expected {expected}, found {found}")


def _micros(moment: datetime, zone: tzinfo) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return (aware - EPOCH) // MICROSECOND


def four_places(number: Decimal, changes: Counter[str]) -> Decimal:
    """Return the number with four decimals, rounded half to even; counts a change when it was finer.

    >>> four_places(Decimal("1.00005"), Counter())
    Decimal('1.0000')
    """
    rounded = number.quantize(FOUR_PLACES, rounding=ROUND_HALF_EVEN)
    if rounded != number:
        changes[ROUNDED] += 1
    return rounded


def when(moment: int | None, what: str, now: datetime) -> int:
    """Return the moment if a fact may bear it: not missing, not before 1990, not more than a day ahead of now.

    Raises:
        RecordRefusedError: it may not.

    """
    if moment is None:
        raise RecordRefusedError(Refusal.MISSING_DATE, f"{what} is empty")
    if moment < EARLIEST:
        raise RecordRefusedError(Refusal.TOO_OLD, f"{what}: {said(moment)}")
    if moment > _micros(now, UTC) + DAY:
        raise RecordRefusedError(Refusal.IN_THE_FUTURE, f"{what}: {said(moment)}")
    return moment


def said(moment: int) -> str:
    """Return the moment as ISO 8601 text for people.

    >>> said(0)
    '1970-01-01T00:00:00+00:00'
    """
    try:
        return (EPOCH + moment * MICROSECOND).isoformat()
    except OverflowError:
        return f"{moment} µs since 1970"


def shown(value: object) -> str:
    """Return a value as short text for a refusal.

    >>> shown("x" * 99)[-3:]
    'xx…'
    """
    text = repr(str(value)) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= 80 else text[:79] + "…"
