"""Growth, cohorts, segments and channels."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keepwell.understand.rfm_segments import SEGMENTS
from keepwell.vocabulary.kpi import Unit
from keepwell.web.access import Capability, needs
from keepwell.web.desk import marts
from keepwell.web.desk.pages import drawn, is_file, listed, rows_of, waiting
from keepwell.web.desk.sentences import said
from keepwell.web.desk.words import in_unit, interval

GROWTH = ("period", "active", "new", "retained", "resurrected", "churned", "net_change", "quick_ratio")
REVENUE = ("period", "new_revenue", "returning_revenue", "refunds", "new_customers", "returning_customers", "orders")
RECURRING = (
    "period", "opening", "new_mrr", "expansion", "contraction", "churned_mrr", "reactivation", "closing",
    "gross_retention", "net_retention",
)  # fmt: skip
COHORTS = ("cohort", "age", "size", "active", "retention", "orders", "revenue", "cumulative_revenue", "ltv")
SEGMENT_COLUMNS = (
    "segment", "customers", "share", "revenue", "revenue_share", "recency_days", "frequency", "monetary",
)  # fmt: skip
CHANNELS = (
    "channel", "spend", "new_customers", "first_order_revenue", "cac", "margin_per_customer", "channel_ltv", "ltv_low",
    "ltv_high", "ltv_to_cac", "payback_months", "platform_conversions", "cpa",
)  # fmt: skip
OF_MRR = {"new": "new_mrr", "churned": "churned_mrr"}


@require_GET
@needs(Capability.SEE_ANALYSIS)
def growth(request: HttpRequest) -> HttpResponseBase:
    """Show customers won, won back and lost, and revenue of new and of returning customers, by month."""
    reading = marts.read("growth")
    if (instead := waiting(request, reading, _("Growth"))) is not None:
        return instead
    found, currency = reading.payload, reading.payload["currency"]
    blocks = [
        ("growth", _("Customers won, won back and lost"), GROWTH, rows_of(found["growth"])),
        ("revenue", _("Revenue from new and from returning customers"), REVENUE, rows_of(found["revenue"])),
    ]
    if "recurring" in found:
        rows = rows_of(found["recurring"], OF_MRR)
        blocks.append(("recurring", _("Monthly recurring revenue"), RECURRING, rows))
    shown = [_block(request, found["charts"], currency, *block) for block in blocks]
    file = is_file({block["name"]: block["table"] for block in shown})
    return file or render(request, "desk/growth.html", {"reading": reading, "blocks": shown, "last": _last(found)})


@require_GET
@needs(Capability.SEE_ANALYSIS)
def cohorts(request: HttpRequest) -> HttpResponseBase:
    """Show who came together, who stayed, and what they brought."""
    reading = marts.read("cohorts")
    if (instead := waiting(request, reading, _("Cohorts"))) is not None:
        return instead
    found, currency = reading.payload, reading.payload["currency"]
    rows = rows_of(found["cells"])
    table = listed(
        request, COHORTS, rows, name="cohorts", default="-cohort", caption=_("Cohorts by age"), currency=currency
    )
    charts = [(title, note, drawn(found["charts"], name, title)) for name, title, note in _cohort_charts()]
    return is_file({"cohorts": table}) or render(
        request, "desk/cohorts.html", {"reading": reading, "charts": charts, "table": table}
    )


@require_GET
@needs(Capability.SEE_ANALYSIS)
def segments(request: HttpRequest) -> HttpResponseBase:
    """Show where the customers stand by recency, frequency and money, and how they moved within a year."""
    reading = marts.read("segments")
    if (instead := waiting(request, reading, _("Segments"))) is not None:
        return instead
    found, currency = reading.payload, reading.payload["currency"]
    rows = [
        {**row, "key": row["segment"], "segment": said_segment(row["segment"])} for row in rows_of(found["segments"])
    ]
    table = listed(
        request, SEGMENT_COLUMNS, rows, name="segments", default="-revenue", caption=_("Segments"), currency=currency,
        links={"segment": lambda row: "/customers?" + urlencode({"segment": row["key"]})},
    )  # fmt: skip
    tables: dict[str, Any] = {"segments": table}
    tables["cells"] = listed(
        request, ("r", "f", "customers", "monetary"), rows_of(found["cells"]), name="cells", default="-r",
        caption=_("Customers by recency and frequency"), currency=currency,
    )  # fmt: skip
    if "migration" in found:
        moves = [
            {**row, **{key: said_segment(row[key]) for key in ("from_segment", "to_segment")}}
            for row in rows_of(found["migration"])
        ]
        tables["moves"] = listed(
            request, ("from_segment", "to_segment", "customers"), moves, name="moves", default="-customers",
            caption=_("How customers moved between segments"), currency=currency,
        )  # fmt: skip
    context = {
        "reading": reading, "tables": tables, "as_of": found["as_of"], "compared_with": found.get("compared_with"),
        "map": drawn(found["charts"], "map", _("Where the customers stand: how recent, how often")),
        "moves": drawn(found["charts"], "migration", _("How customers moved between segments")),
        "meanings": [(said_segment(name), said_segment(meaning)) for name, meaning in SEGMENTS.items()],
    }  # fmt: skip
    return is_file(tables) or render(request, "desk/segments.html", context)


@require_GET
@needs(Capability.SEE_ANALYSIS)
def channels(request: HttpRequest) -> HttpResponseBase:
    """Show what a new customer costs and is worth by channel, or what is missing to know it."""
    reading = marts.read("channels")
    if (instead := waiting(request, reading, _("Channels"))) is not None:
        return instead
    found, currency = reading.payload, reading.payload["currency"]
    rows = rows_of(found["channels"], {"ltv": "channel_ltv"}) if "channels" in found else []
    known = [name for name in CHANNELS if any(row.get(name) is not None for row in rows)]
    tables: dict[str, Any] = {}
    if rows:
        tables["channels"] = listed(
            request, known, rows, name="channels", default="-spend", caption=_("Channels"), currency=currency
        )
    context = {
        "reading": reading, "tables": tables, "has_spend": found["has_spend"],
        "chart": drawn(found["charts"], "channels", _("What a new customer costs and is worth, by channel")),
        "verdicts": found["verdicts"],
        "allowable": [_allowable(item, currency) for item in found["allowable"]],
    }  # fmt: skip
    return is_file(tables) or render(request, "desk/channels.html", context)


def said_segment(name: str) -> str:
    """Return a segment's name, or what it means, in the reader's language."""
    return _(name) if name else ""


def _cohort_charts() -> tuple[tuple[str, str, str], ...]:
    return (
        (
            "heat",
            _("Share of each cohort that orders again"),
            _("A row is the customers who first ordered in one month; blank cells are not yet observed."),
        ),
        (
            "curves",
            _("How many customers of a cohort keep ordering"),
            _("Thin lines are single cohorts, the thick line all of them with its 95 % interval."),
        ),
        ("value", _("Revenue so far per customer"), _("Those who stopped stay in the denominator.")),
    )


def _block(
    request: HttpRequest, charts: Any, currency: str, name: str, title: str, columns: tuple[str, ...], rows: Any
) -> dict[str, Any]:
    table = listed(request, columns, rows, name=name, default="-period", caption=title, currency=currency)
    return {"name": name, "title": title, "chart": drawn(charts, name, title), "table": table}


def _last(found: Any) -> dict[str, Any] | None:
    """Return the last whole month's growth, for the line above the chart."""
    whole = [row for row in rows_of(found["growth"]) if row.get("is_complete", True)]
    return whole[-1] if whole else None


def _allowable(item: dict[str, Any], currency: str) -> dict[str, Any]:
    figure = item["within_horizon"]
    return {
        "group": item["group"] if item["dimension"] == "channel" else "",
        "customers": item["customers"],
        "value": in_unit(figure.get("value"), Unit.MONEY, currency),
        "interval": interval(figure.get("low"), figure.get("high"), Unit.MONEY, currency),
        "first": in_unit(item["on_first_order"].get("value"), Unit.MONEY, currency),
        "is_thin": item["is_thin"],
        "why_not": said(figure.get("not_available", "")),
    }
