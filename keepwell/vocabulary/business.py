"""The settings of a business that give its facts their meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keepwell.vocabulary.errors import InputError

CURRENCY_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Business:
    """Currency, time zone and money assumptions; every report states them.

    Args:
        currency: ISO 4217 code in which results are given.
        time_zone: IANA name; days, weeks and months begin at its midnight.
        margin_rate: contribution margin as a fraction of revenue, in (0, 1]; an assumption until costs are known.
        discount_rate: per year, a fraction of at least 0, for money received later.
        rates: units of ``currency`` per unit of each other currency, constant over time.
        name: what the business is called in a report.

    Raises:
        InputError: a value is out of its range, or the currency or time zone is unknown.

    >>> Business(currency="GBP", time_zone="Europe/London").margin_rate
    0.5

    """

    currency: str = "EUR"
    time_zone: str = "UTC"
    margin_rate: float = 0.5
    discount_rate: float = 0.10
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    name: str = ""
    margin_is_assumed: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise _bad("name", self.name, "Give a text.")
        if not isinstance(self.currency, str) or not CURRENCY_CODE.fullmatch(self.currency):
            raise _bad("currency", self.currency, "Use a three-letter code such as EUR.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError) as error:
            raise _bad("time_zone", self.time_zone, "Use an IANA name such as Europe/Warsaw.") from error
        if not _is_number(self.margin_rate) or not 0 < self.margin_rate <= 1:
            raise _bad("margin_rate", self.margin_rate, "Give a fraction above 0 and up to 1, such as 0.4 for 40 %.")
        if not _is_number(self.discount_rate) or not 0 <= self.discount_rate < 10:
            raise _bad("discount_rate", self.discount_rate, "Give a yearly fraction such as 0.10.")
        if self.currency in self.rates:
            raise _bad("rates", self.currency, "The business's own currency needs no rate.")
        for code, rate in self.rates.items():
            if not CURRENCY_CODE.fullmatch(code) or not _is_number(rate) or rate <= 0:
                raise _bad("rates", f"{code}={rate}", "Give a positive rate per three-letter code.")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)

    def rate_of(self, currency: str) -> Decimal | None:
        """Return units of the business currency per unit of ``currency``; ``None`` when not known."""
        if currency == self.currency:
            return Decimal(1)
        return self.rates.get(currency)


def _is_number(value: object) -> bool:
    """Say whether it is a finite number; Decimal('NaN') may not even be compared."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    return math.isfinite(value)


def _bad(name: str, value: object, advice: str) -> InputError:
    return InputError(f"setting.{name}", f"The setting {name} cannot be {value!r}.", value=value, advice=advice)
