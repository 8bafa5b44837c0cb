"""Figures for programs: what the pages show, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.period import Period
from keepwell.web.access import Capability
from keepwell.web.desk import marts
from keepwell.web.staff.bearer import guarded

router = Router(tags=["Figures"])
SEE = guarded(Capability.SEE_ANALYSIS)


class Figures(Schema):
    """What was computed, when, and whether facts have arrived since."""

    computed_at: datetime | None
    is_stale: bool
    data: dict[str, Any]


class Waiting(Schema):
    """It is being computed: ask again in a moment."""

    code: str
    message: str
    advice: str


RESPONSES = {200: Figures, 202: Waiting}


def _read(name: str, **arguments: Any) -> Status:
    reading = marts.read(name, **arguments)
    if reading.is_empty:
        raise InputError("facts.missing", "There are no facts yet.", advice="Send orders in first.")
    if reading.refused:
        raise NotIdentifiedError("figures.refused", reading.refused["message"], advice=reading.refused["advice"])
    if reading.payload is None:
        message, advice = "This is being computed.", "Ask again in a few seconds."
        return Status(202, {"code": "figures.computing", "message": message, "advice": advice})
    return Status(200, {"computed_at": reading.computed_at, "is_stale": reading.is_stale, "data": reading.payload})


@router.get("/kpis", response=RESPONSES, **SEE)
def kpis(request: HttpRequest, period: str = Query("", max_length=40)) -> Any:
    """Every KPI of a period such as 2011, 2011-Q4 or 2011-12; without one, of the last 365 days."""
    if not period:
        return _read("kpis")
    try:
        wanted = Period.parse(period)
    except (ValueError, OverflowError) as error:
        raise InputError("period.text", "This is not a period.", value=period, advice="Write 2011-Q4.") from error
    return _read("kpis", period=str(wanted))


@router.get("/segments", response=RESPONSES, **SEE)
def segments(request: HttpRequest) -> Any:
    """Segments with counts, revenue and movement; no names."""
    return _read("segments")


@router.get("/growth", response=RESPONSES, **SEE)
def growth(request: HttpRequest) -> Any:
    """Count new, retained, resurrected and lost customers by period."""
    return _read("growth")


@router.get("/channels", response=RESPONSES, **SEE)
def channels(request: HttpRequest) -> Any:
    """Compare what customers cost and bring, by acquisition channel."""
    return _read("channels")


@router.get("/decision", response=RESPONSES, **SEE)
def decision(request: HttpRequest) -> Any:
    """Keep or win: the answer, its reasons, and what would change it."""
    return _read("answer")
