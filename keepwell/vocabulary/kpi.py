"""What a KPI is, and one value of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from keepwell.vocabulary.estimate import NotAvailable


class Unit(StrEnum):
    """How a value is to be read and shown."""

    COUNT = "count"
    RATE = "rate"  # a fraction in [0, 1], or above for retention rates that count people who came back
    MONEY = "money"  # in the business currency
    RATIO = "ratio"
    DAYS = "days"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """One KPI's definition: the only one there is; pages, reports and the glossary all print this."""

    key: str
    label: str
    meaning: str
    formula: str
    numerator: str
    denominator: str
    unit: Unit
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class KpiValue:
    """One KPI for one period and one group, with everything needed to check it.

    ``value`` is a fraction for rates, an amount in ``currency`` for money. ``low`` and ``high`` bound a 95 %
    interval where the value is a rate or a mean of a sample. ``group`` is ``None`` for the whole business.
    """

    key: str
    value: float | NotAvailable
    numerator: float | None
    denominator: float | None
    start: date
    end: date
    low: float | None = None
    high: float | None = None
    currency: str | None = None
    group: str | None = None
    note: str = ""
