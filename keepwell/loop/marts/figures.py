"""KPIs, growth, cohorts, segments and channels as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pandas as pd

from keepwell import plot
from keepwell.decide.order_log import EVERYONE
from keepwell.loop.answer import need_orders
from keepwell.loop.frames import frame
from keepwell.loop.marts.charts import chart
from keepwell.loop.marts.ground import Ground
from keepwell.loop.marts.tables import cell, table
from keepwell.understand import rfm
from keepwell.understand.attributes import attributes
from keepwell.understand.cohorts import cohorts
from keepwell.understand.definitions import DEFINITIONS
from keepwell.understand.growth import growth
from keepwell.understand.kpis import kpis, trend
from keepwell.understand.recurring import movements
from keepwell.understand.recurring_kpis import subscription_kpis
from keepwell.understand.revenue import new_and_returning
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.kpi import KpiValue
from keepwell.vocabulary.period import Grain, Period
from keepwell.vocabulary.plain import plain

Arguments = Mapping[str, Any]
Payload = dict[str, Any]
HEADLINE = ("net_revenue", "ordering_customers", "customer_retention_rate", "average_order_value")
COHORT_MONTHS = 24
MOST_GROUPS = 200


def log(ground: Ground, _arguments: Arguments) -> Payload:
    """Return what every page needs to know: days, currency, zone, and what customers can be grouped by."""
    need_orders(ground.opened)
    business = ground.opened.business
    return {
        "start": cell(ground.log.start),
        "end": cell(ground.as_of),
        "currency": business.currency,
        "time_zone": business.time_zone,
        "business": business.name,
        "has_spend": ground.facts.spend is not None,
        "attributes": attributes(ground.facts),
    }


def answer(ground: Ground, _arguments: Arguments) -> Payload:
    """Return the answer with its figures, and the trend of the four KPIs that matter."""
    need_orders(ground.opened)
    values = trend(ground.facts, HEADLINE, Grain.MONTH, ground.as_of)
    return {
        "answer": plain(ground.answer),
        "trends": {key: _points(values, key) for key in HEADLINE},
        "charts": {key: _trend_chart(values, key) for key in HEADLINE},
        "kpis": {value.key: _value(value) for value in kpis(ground.facts, ground.year) if value.key in HEADLINE},
    }


def kpi_values(ground: Ground, arguments: Arguments) -> Payload:
    """Return every KPI of a period; ``period`` as ``Period.parse`` reads it, the last year where not given."""
    period = _period(ground, arguments)
    found = kpis(ground.facts, period) if ground.opened.has_orders else subscription_kpis(ground.facts, period)
    return {"period": plain(period), "currency": ground.currency, "values": {v.key: _value(v) for v in found}}


def kpi_groups(ground: Ground, arguments: Arguments) -> Payload:
    """Return every KPI of a period by an attribute of the customer, ``by``."""
    need_orders(ground.opened)
    period = _period(ground, arguments)
    found = kpis(ground.facts, period, str(arguments["by"]))
    groups = list(dict.fromkeys(value.group for value in found))[:MOST_GROUPS]
    by_key: dict[str, list[Payload]] = {}
    for value in found:
        if value.group in groups:
            by_key.setdefault(value.key, []).append(_value(value))
    return {"period": plain(period), "by": arguments["by"], "currency": ground.currency, "values": by_key}


def kpi_trends(ground: Ground, _arguments: Arguments) -> Payload:
    """Return every KPI of every whole month, with a chart each."""
    need_orders(ground.opened)
    values = trend(ground.facts, DEFINITIONS, Grain.MONTH, ground.as_of)
    keys = list(dict.fromkeys(value.key for value in values))
    charts = {key: _trend_chart(values, key) for key in keys if _is_drawn(values, key)}
    return {"currency": ground.currency, "values": {key: _points(values, key) for key in keys}, "charts": charts}


def growth_accounting(ground: Ground, _arguments: Arguments) -> Payload:
    """Return customers won, won back and lost, and revenue of new and returning customers, by month."""
    need_orders(ground.opened)
    counts = frame(growth(ground.facts, Grain.MONTH, ground.as_of))
    revenue = frame(new_and_returning(ground.facts, Grain.MONTH, ground.as_of))
    currency = ground.currency
    payload: Payload = {
        "currency": currency,
        "growth": table(counts),
        "revenue": table(revenue),
        "charts": {
            "growth": chart(lambda width: plot.growth_accounting(counts, width=width)),
            "revenue": chart(lambda width: plot.new_and_returning(revenue, currency=currency, width=width)),
        },
    }
    if ground.facts.subscriptions is not None:
        recurring = frame(movements(ground.facts, Grain.MONTH, ground.as_of))
        payload["recurring"] = table(recurring)
        payload["charts"]["recurring"] = chart(
            lambda width: plot.mrr_movements(recurring, currency=currency, width=width)
        )
    return payload


def cohort_tables(ground: Ground, _arguments: Arguments) -> Payload:
    """Return monthly cohorts: their retention and revenue by age, and the charts of both."""
    need_orders(ground.opened)
    found = frame(cohorts(ground.facts, Grain.MONTH, until=ground.as_of))
    recent = found[found["cohort"] >= sorted(found["cohort"].unique())[-COHORT_MONTHS:][0]]
    currency = ground.currency
    columns = ["cohort", "age", "size", "active", "retention", "orders", "revenue", "cumulative_revenue", "ltv"]
    seen = found[found["is_observed"].astype(bool)] if "is_observed" in found.columns else found
    return {
        "currency": currency,
        "cells": table(seen, columns),
        "charts": {
            "heat": chart(lambda width: plot.cohort_heat_map(_ages(recent, width), width=width)),
            "curves": chart(lambda width: plot.retention_curves(found, width=width)),
            "value": chart(lambda width: plot.ltv_by_cohort(found, currency=currency, width=width)),
        },
    }


def segment_tables(ground: Ground, _arguments: Arguments) -> Payload:
    """Return the RFM segments, the map of scores, and how customers moved within a year."""
    need_orders(ground.opened)
    later = rfm.rfm(ground.facts, ground.as_of)
    scores = frame(later)
    found = frame(rfm.segments(later))
    cells = scores.groupby(["r", "f"], as_index=False).agg(
        customers=("customer_id", "nunique"), monetary=("monetary", "mean")
    )
    payload: Payload = {
        "currency": ground.currency,
        "as_of": cell(ground.as_of),
        "segments": table(found.sort_values("revenue", ascending=False)),
        "cells": table(cells),
        "charts": {"map": chart(lambda width: plot.rfm_map(scores, width=width))},
    }
    days = min(365, (ground.as_of - ground.log.start).days // 2)
    if days >= 1:
        earlier = ground.as_of - timedelta(days=days)
        moves = frame(rfm.migration(rfm.rfm(ground.facts, earlier), later))
        payload |= {"compared_with": cell(earlier), "migration": table(moves)}
        payload["charts"]["migration"] = chart(lambda width: plot.rfm_migration(moves, width=width))
    return payload


def channel_tables(ground: Ground, _arguments: Arguments) -> Payload:
    """Return what a new customer costs and is worth by channel, or what is missing to know it."""
    need_orders(ground.opened)
    found, currency = ground.channels, ground.currency
    allowable = [plain(item) for item in ground.answer.allowable_cac if item.dimension in (EVERYONE, "channel")]
    payload: Payload = {
        "currency": currency,
        "has_spend": found is not None,
        "verdicts": plain(list(ground.answer.channels)),
        "allowable": allowable,
        "charts": {},
    }
    if found is not None and len(found):
        payload["channels"] = table(found)
        payload["charts"]["channels"] = chart(lambda width: plot.channels(found, currency=currency, width=width))
    return payload


def _ages(rows: pd.DataFrame, width: int) -> pd.DataFrame:
    """Keep as many ages as have room for a finger."""
    return rows[rows["age"] <= (12 if width < plot.theme.NARROW else COHORT_MONTHS)]


def _period(ground: Ground, arguments: Arguments) -> Period:
    return Period.parse(str(arguments["period"])) if arguments.get("period") else ground.year


def _points(values: Iterable[KpiValue], key: str) -> list[Payload]:
    return [_value(value) for value in values if value.key == key]


def _is_drawn(values: Iterable[KpiValue], key: str) -> bool:
    return any(value.key == key and not isinstance(value.value, NotAvailable) for value in values)


def _trend_chart(values: Iterable[KpiValue], key: str) -> Payload:
    shown = [value for value in values if value.key == key]
    return chart(lambda width: plot.kpi_trend(shown, definition=DEFINITIONS[key], width=width))


def _value(value: KpiValue) -> Payload:
    missing = isinstance(value.value, NotAvailable)
    return {
        "start": cell(value.start),
        "end": cell(value.end),
        "group": value.group,
        "value": None if missing else cell(value.value),
        "why_not": value.value.reason if isinstance(value.value, NotAvailable) else "",
        "low": None if missing else cell(value.low),
        "high": None if missing else cell(value.high),
        "numerator": cell(value.numerator),
        "denominator": cell(value.denominator),
        "note": value.note,
    }
