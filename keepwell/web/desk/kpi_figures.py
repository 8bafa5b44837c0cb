"""KPI values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse

from keepwell.vocabulary.kpi import KpiDefinition, Unit
from keepwell.web.desk.words import change, defined, in_unit, interval

Value = Mapping[str, Any]


def card(definition: KpiDefinition, value: Value | None, before: Value | None, currency: str) -> dict[str, Any]:
    """Return one KPI with its value, interval, change and definition, written out.

    Args:
        definition: what it is.
        value: as the mart ``kpis`` has it; ``None`` where the facts do not allow it.
        before: the same of the period to compare with.
        currency: of amounts.

    """
    unit, now = definition.unit, (value or {}).get("value")
    was = (before or {}).get("value")
    return {
        **defined(definition),
        "key": definition.key,
        "href": reverse("desk:kpi", args=[definition.key]),
        "value": in_unit(now, unit, currency),
        "interval": interval((value or {}).get("low"), (value or {}).get("high"), unit, currency),
        "before": in_unit(was, unit, currency) if before else "",
        "change": change(now, was, unit),
        "tone": tone(definition, now, was),
        "why_not": (value or {}).get("why_not", ""),
        "note": (value or {}).get("note", ""),
        "numerator_value": (value or {}).get("numerator"),
        "denominator_value": (value or {}).get("denominator"),
        "raw": now,
    }


def tone(definition: KpiDefinition, now: float | None, before: float | None) -> str:
    """Say whether a change is ``good``, ``bad`` or neither (empty)."""
    if definition.higher_is_better is None or now is None or before is None or now == before:
        return ""
    return "good" if (now > before) == definition.higher_is_better else "bad"


def part(value: float | None, unit: Unit, currency: str) -> str:
    """Write a numerator or denominator: a count as such, anything else with two decimals."""
    if value is not None and not float(value).is_integer():
        return in_unit(value, Unit.RATIO, currency)
    return in_unit(value, Unit.COUNT, currency)
