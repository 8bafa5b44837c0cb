"""The first page: the answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from keepwell.understand.definitions import DEFINITIONS
from keepwell.vocabulary.answer import Lean
from keepwell.vocabulary.kpi import Unit
from keepwell.web.access import Capability, may, signed_in
from keepwell.web.desk import marts
from keepwell.web.desk.kpi_figures import card
from keepwell.web.desk.pages import drawn, waiting
from keepwell.web.desk.sentences import said
from keepwell.web.desk.words import in_unit, interval

KEPT_IN_VIEW = 12


@require_GET
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Show the answer, its reasons, the KPIs that matter, and what to do next."""
    if not may(request.user, Capability.SEE_ANALYSIS):
        return render(request, "desk/welcome.html")
    reading = marts.read("answer")
    if (instead := waiting(request, reading, _("Keep or win?"))) is not None:
        return instead
    found = reading.payload
    answer, currency = found["answer"], found["answer"]["currency"]
    return render(
        request,
        "desk/home.html",
        {
            "reading": reading,
            "lean": answer["lean"],
            "verdict": _verdict(answer["lean"]),
            "headline": said(answer["headline"]),
            "caveat": said(answer["caveat"]),
            "next_step": said(answer["next_step"]),
            "answer": answer,
            "reasons": [_reason(item, currency) for item in answer["reasons"]],
            "thresholds": [said(item["sentence"]) for item in answer["thresholds"]],
            "unknown": [
                {"question": said(item["question"]), "needs": said(item["needs"])} for item in answer["not_identified"]
            ],
            "assumptions": [said(item) for item in answer["assumptions"]],
            "cards": [_card(found, key, currency) for key in found["trends"]],
        },
    )


def _verdict(lean: str) -> str:
    return {
        Lean.KEEP: _("Keep"),
        Lean.WIN: _("Win"),
        Lean.SPEND_LESS: _("Spend less"),
        Lean.CANNOT_TELL: _("Cannot tell yet"),
    }[Lean(lean)]


def _reason(item: dict[str, Any], currency: str) -> dict[str, Any]:
    figure, unit = item["figure"], Unit(item["unit"])
    return {
        "sentence": said(item["sentence"]),
        "value": in_unit(figure.get("value"), unit, currency),
        "interval": interval(figure.get("low"), figure.get("high"), unit, currency),
        "evidence": said(figure.get("evidence", "")),
        "assumptions": [said(text) for text in item["assumptions"]],
    }


def _card(found: dict[str, Any], key: str, currency: str) -> dict[str, Any]:
    shown = card(DEFINITIONS[key], found["kpis"].get(key), None, currency)
    months = found["trends"][key][-KEPT_IN_VIEW:]
    unit = DEFINITIONS[key].unit
    return shown | {
        "chart": drawn(found["charts"], key, shown["label"]),
        "months": [{"start": row["start"], "value": in_unit(row["value"], unit, currency)} for row in months],
    }
