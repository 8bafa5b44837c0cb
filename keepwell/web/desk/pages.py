"""What every page of analysis has in common: whether there is something to show, its charts and its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from keepwell.web.desk.marts import Reading
from keepwell.web.desk.words import COLUMNS, spoken
from keepwell.web.table import Column, Table, table_of

Plain = Mapping[str, Any]  # {"columns": [...], "rows": [[...]]}


def waiting(request: HttpRequest, reading: Reading, title: str) -> HttpResponse | None:
    """Return the page that stands in while there is nothing to show; ``None`` when there is.

    Args:
        request: the request.
        reading: what was read.
        title: of the page that will stand here.

    """
    if reading.shown is not None:
        return None
    return render(request, "desk/waiting.html", {"reading": reading, "page_title": title})


def drawn(charts: Mapping[str, Any], name: str, label: str) -> dict[str, Any] | None:
    """Return what ``desk/chart.html`` needs to draw a chart; ``None`` where there is none.

    Args:
        charts: of a mart.
        name: of the chart, unique on the page.
        label: what it shows, for those who cannot see it.

    """
    found = charts.get(name)
    if found is None:
        return None
    return {"id": name, "label": label, "wide": spoken(found["wide"]), "narrow": spoken(found["narrow"])}


def rows_of(table: Plain, names: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Return a mart's table as rows by name; ``names`` renames columns."""
    keys = [(names or {}).get(name, name) for name in table["columns"]]
    return [dict(zip(keys, row, strict=True)) for row in table["rows"]]


def listed(
    request: HttpRequest,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    default: str,
    caption: str,
    currency: str,
    links: Mapping[str, Callable[[Any], str]] | None = None,
) -> Table | HttpResponseBase:
    """Return the rows as a table with the headings and meanings of ``words.COLUMNS``; or as CSV where asked for."""
    shown = [
        Column(key, COLUMNS[key][0], COLUMNS[key][1], link=(links or {}).get(key), hint=COLUMNS[key][2])
        for key in columns
        if rows and key in rows[0]
    ]
    return table_of(request, shown, rows, name=name, default=default, caption=caption, currency=currency)


def is_file(tables: Mapping[str, Any]) -> HttpResponseBase | None:
    """Return the table that was asked for as a file, if one was."""
    return next((found for found in tables.values() if isinstance(found, HttpResponseBase)), None)
