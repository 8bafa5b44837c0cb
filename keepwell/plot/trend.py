"""One KPI over time."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import date_axis, unit_axis, unit_format
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import CATEGORIES, DESKTOP, KEEP, Chart, finish, layered
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.kpi import KpiDefinition, Unit


def kpi_trend(values: Any, *, definition: KpiDefinition | None = None, width: int = DESKTOP) -> Chart:
    """Draw one KPI over time, with its interval where it has one and a gap where it is not available.

    Args:
        values: a list of :class:`KpiValue`, or a table with the columns key, start (date), value, low, high; a column
            group draws a line a group, a column currency names the money.
        definition: what the KPI is, for its name, meaning and unit.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, there are no rows, or there is more than one KPI.

    >>> rows = {"key": ["aov"], "start": ["2011-01-01"], "value": [20.5], "low": [19.0], "high": [22.0]}
    >>> kpi_trend(pd.DataFrame(rows)).to_dict()["title"]["text"]
    ['aov']

    """
    rows = frame(values, ["key", "start", "value", "low", "high"], "KPI trend")
    keys = sorted(rows["key"].unique())
    if len(keys) > 1:
        raise InputError(
            "plot.several_kpis",
            "The KPI trend chart draws one KPI at a time.",
            value=", ".join(keys),
            advice="Pick the values of one key; two KPIs seldom share a scale.",
        )
    unit = definition.unit if definition else Unit.RATIO
    currency = next((c for c in rows.get("currency", []) if isinstance(c, str)), None)
    days = pd.to_datetime(rows["start"])
    rows = rows.assign(start=days).sort_values("start")
    layers = _layers(rows, unit, currency, width)
    return finish(
        layered(*layers),
        title=definition.label if definition else keys[0],
        subtitle=(f"{definition.meaning.split('. ')[0].rstrip('.')}." if definition else "")
        + (" The band is the 95 % interval." if rows["low"].notna().any() else ""),
        width=width,
        height=200,
    )


def _layers(rows: pd.DataFrame, unit: Unit, currency: str | None, width: int) -> list[alt.Chart]:
    days = (rows["start"].max() - rows["start"].min()).days
    grouped = "group" in rows.columns and rows["group"].notna().any()
    colour: Any = alt.Color("group:N", scale=alt.Scale(range=list(CATEGORIES))) if grouped else alt.ColorValue(KEEP)
    base = alt.Chart(inline(rows, "KPI trend")).encode(x=alt.X("start:T", axis=date_axis(days, width)), color=colour)
    number = unit_format(unit)
    tooltip = [
        alt.Tooltip("start:T", title="From"),
        *(alt.Tooltip(f"{n}:Q", format=number) for n in ("value", "low", "high")),
    ]
    axis = unit_axis(unit, currency)
    line = base.mark_line(strokeWidth=2.5, point={"size": 26, "filled": True}, invalid="break-paths-show-domains")
    lines = line.encode(y=alt.Y("value:Q", axis=axis, scale=alt.Scale(zero=True)), tooltip=tooltip)
    if not rows["low"].notna().any():
        return [lines]
    return [base.mark_area(opacity=0.16).encode(y=alt.Y("low:Q", axis=axis), y2=alt.Y2("high:Q")), lines]
