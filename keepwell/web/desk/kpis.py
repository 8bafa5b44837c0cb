"""The KPIs: all of a period, and one with everything needed to check it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from keepwell.understand.definitions import ALL_DEFINITIONS, DEFINITIONS
from keepwell.vocabulary.kpi import KpiDefinition, Unit
from keepwell.web.access import Capability, needs
from keepwell.web.desk import marts, period
from keepwell.web.desk.kpi_figures import card, part
from keepwell.web.desk.pages import drawn, is_file, waiting
from keepwell.web.desk.words import ATTRIBUTES, interval
from keepwell.web.table import Column, table_of

FIRST = (
    "net_revenue", "ordering_customers", "new_customers", "customer_retention_rate", "repeat_purchase_rate",
    "average_order_value",
)  # fmt: skip
KINDS = {Unit.MONEY: "money", Unit.RATE: "percent", Unit.COUNT: "number"}


@require_GET
@needs(Capability.SEE_ANALYSIS)
def kpis(request: HttpRequest) -> HttpResponseBase:
    """Show every KPI of the chosen period against the period it is compared with."""
    title = _("KPIs")
    log = marts.read("log")
    if (instead := waiting(request, log, title)) is not None:
        return instead
    choice = period.chosen(request, log.payload)
    reading, before = period.values_of(choice.period), period.values_of(choice.compared)
    if (instead := waiting(request, reading, title)) is not None:
        return instead
    found, was = reading.payload, (before.shown if before else None) or {"values": {}}
    cards = [
        card(definition, found["values"].get(definition.key), was["values"].get(definition.key), found["currency"])
        for definition in ALL_DEFINITIONS
        if definition.key in found["values"]
    ]
    table = table_of(request, _columns(choice), cards, name="kpis", caption=title)
    context = {
        "reading": reading,
        "before": before,
        "choice": choice,
        "headline": [shown for key in FIRST for shown in cards if shown["key"] == key],
        "table": table,
        "missing": [shown for shown in cards if shown["why_not"]],
    }
    return is_file({"kpis": table}) or render(request, "desk/kpis.html", context)


@require_GET
@needs(Capability.SEE_ANALYSIS)
def kpi(request: HttpRequest, key: str) -> HttpResponseBase:
    """Show one KPI: definition, numerator, denominator, interval, its trend, and its groups."""
    if key not in DEFINITIONS:
        raise Http404
    definition = DEFINITIONS[key]
    log = marts.read("log")
    if (instead := waiting(request, log, card(definition, None, None, "")["label"])) is not None:
        return instead
    choice, currency = period.chosen(request, log.payload), log.payload["currency"]
    reading, before, trends = (
        period.values_of(choice.period),
        period.values_of(choice.compared),
        marts.read("kpi_trends"),
    )
    if (instead := waiting(request, reading, card(definition, None, None, "")["label"])) is not None:
        return instead
    value = reading.payload["values"].get(key)
    was = before.shown["values"].get(key) if before and before.shown else None
    shown = card(definition, value, was, currency)
    by = request.GET.get("by", "") if request.GET.get("by", "") in log.payload["attributes"] else ""
    groups = marts.read("kpi_groups", period=choice.text, by=by) if by else None
    tables = {"months": _months(request, definition, trends, currency)}
    if groups is not None and groups.shown:
        tables["groups"] = _groups(request, definition, groups, currency)
    context = {
        "reading": reading, "trends": trends, "choice": choice, "kpi": shown, "by": by, "groups": groups,
        "numerator": part(shown["numerator_value"], definition.unit, currency),
        "denominator": part(shown["denominator_value"], definition.unit, currency),
        "attributes": [(name, ATTRIBUTES.get(name, name)) for name in log.payload["attributes"]],
        "chart": drawn((trends.shown or {"charts": {}})["charts"], key, shown["label"]),
        "tables": tables,
    }  # fmt: skip
    return is_file(tables) or render(request, "desk/kpi.html", context)


@require_POST
@needs(Capability.SEE_ANALYSIS)
def choose_period(request: HttpRequest) -> HttpResponseBase:
    """Keep the chosen period and comparison, and go back to the page."""
    form = period.PeriodForm(request.POST)
    if form.is_valid():
        period.keep(request, form)
    else:
        messages.error(request, " ".join(text for texts in form.errors.values() for text in texts))
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, None) else "desk:kpis")


def _columns(choice: period.Chosen) -> list[Column]:
    compared = [
        Column("before", _("Before"), "written", is_sorted=False),
        Column("change", _("Change"), "written", is_sorted=False),
    ]
    return [
        Column("label", _("KPI"), link=lambda row: row["href"]),
        Column("value", _("Value"), "written", is_sorted=False),
        Column("interval", _("95 % interval"), "written", is_sorted=False),
        *(compared if choice.compared else []),
        Column("numerator_value", _("Numerator"), "number"),
        Column("denominator_value", _("Denominator"), "number"),
    ]


def _months(request: HttpRequest, definition: KpiDefinition, trends: marts.Reading, currency: str) -> Any:
    rows = (trends.shown or {"values": {}})["values"].get(definition.key, [])
    return _table(request, definition, rows, currency, Column("start", _("Month"), "day"), "months", "-start")


def _groups(request: HttpRequest, definition: KpiDefinition, groups: marts.Reading, currency: str) -> Any:
    rows = groups.payload["values"].get(definition.key, [])
    return _table(request, definition, rows, currency, Column("group", _("Group")), "groups", "-numerator")


def _table(
    request: HttpRequest, definition: KpiDefinition, rows: Any, currency: str, first: Column, name: str, default: str
) -> Any:
    """Return values of one KPI with what each was made from."""
    unit = definition.unit
    shown = [{**row, "interval": interval(row["low"], row["high"], unit, currency)} for row in rows]
    columns = [first, Column("value", _("Value"), KINDS.get(unit, "decimal"))]
    if any(row["interval"] for row in shown):
        columns.append(Column("interval", _("95 % interval"), "written", is_sorted=False))
    if definition.denominator:
        columns += [Column("numerator", _("Numerator"), "number"), Column("denominator", _("Denominator"), "number")]
    caption = card(definition, None, None, "")["label"]
    return table_of(
        request, columns, shown, name=name, default=default, caption=caption, currency=currency, page_size=24
    )
