"""Growth accounting and revenue from new and returning customers: what came in, what came back, what left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import count_axis, date_axis, money_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, KEEP_LIGHT, LOSE, LOSE_LIGHT, WIN, Chart, finish, is_narrow, layered

GROWTH = {"new": "New", "resurrected": "Came back", "churned": "Stopped"}
REVENUE = {"returning_revenue": "Returning customers", "new_revenue": "New customers", "refunds": "Refunds"}
MOVEMENTS = {
    "new": "New",
    "reactivation": "Came back",
    "expansion": "Upgrades",
    "contraction": "Downgrades",
    "churned": "Cancelled",
}
LOSSES = frozenset({"churned", "refunds", "contraction"})


def growth_accounting(growth: Any, *, width: int = DESKTOP) -> Chart:
    """Draw new and returned customers above zero, those who stopped below it, and the net change as a line.

    Args:
        growth: a table with the columns period (date), active, new, retained, resurrected, churned and net_change;
            optionally is_complete, whose false periods are faded.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"period": ["2011-01-01"], "active": [9], "new": [4], "retained": [4], "resurrected": [1]}
    >>> chart = growth_accounting(pd.DataFrame(rows | {"churned": [2], "net_change": [3]}))
    >>> chart.to_dict()["title"]["text"]
    ['Customers won, won back and lost']

    """
    needed = ["period", "active", "new", "retained", "resurrected", "churned", "net_change"]
    rows = frame(growth, needed, "growth accounting")
    rows = rows.assign(faded=_not(rows, "is_complete"))
    bars = _stacked(rows, GROWTH, (WIN, KEEP_LIGHT, LOSE), count_axis("Customers"), ",.0f", width)
    return finish(
        layered(bars, _net(rows, "net_change", "Net change", width)),
        title="Customers won, won back and lost",
        subtitle="Active customers compared with the period before; the line is the net change."
        + _faded_note(rows, "The last period is not complete."),
        width=width,
        height=300,
    )


def new_and_returning(revenue: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw revenue of first orders and of later orders, with refunds below zero.

    Args:
        revenue: a table with the columns period (date), new_revenue, returning_revenue and refunds (at least 0);
            optionally is_truncated, whose true periods are faded.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"period": ["2011-01-01"], "new_revenue": [40], "returning_revenue": [60], "refunds": [5]})
    >>> new_and_returning(rows, currency="EUR").to_dict()["title"]["text"]
    ['Revenue from new and from returning customers']

    """
    rows = frame(revenue, ["period", *REVENUE], "new and returning revenue")
    rows = rows.assign(faded=rows["is_truncated"].astype(bool) if "is_truncated" in rows.columns else False)
    bars = _stacked(rows, REVENUE, (KEEP, WIN, LOSE_LIGHT), money_axis(currency, "Revenue"), ",.2f", width)
    return finish(
        bars,
        title="Revenue from new and from returning customers",
        subtitle="First orders against all later ones; refunds lie below zero."
        + _faded_note(rows, "In the faded periods the log is too young to tell who is new."),
        width=width,
        height=300,
    )


def mrr_movements(movements: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw what moved monthly recurring revenue: gains above zero, losses below it, the net change as a line.

    Args:
        movements: a table with the columns period (date), opening, new, expansion, contraction, churned, reactivation
            (all at least 0) and closing.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"period": ["2024-01-01"], "opening": [100], "closing": [118], "reactivation": [0]}
    >>> rows |= {"new": [20], "expansion": [5], "contraction": [3], "churned": [4]}
    >>> mrr_movements(pd.DataFrame(rows), currency="USD").to_dict()["title"]["text"]
    ['What moved monthly recurring revenue']

    """
    rows = frame(movements, ["period", "opening", "closing", *MOVEMENTS], "MRR movements")
    rows = rows.assign(faded=_not(rows, "is_complete"), net_change=rows["closing"] - rows["opening"])
    colours = (WIN, KEEP_LIGHT, KEEP, LOSE_LIGHT, LOSE)
    bars = _stacked(rows, MOVEMENTS, colours, money_axis(currency, "Change of MRR"), ",.2f", width)
    return finish(
        layered(bars, _net(rows, "net_change", "Net change", width)),
        title="What moved monthly recurring revenue",
        subtitle="The line is the net change from opening to closing MRR; trials are not counted.",
        width=width,
        height=300,
    )


def _stacked(
    rows: pd.DataFrame, parts: dict[str, str], colours: Sequence[str], axis: alt.Axis, number: str, width: int
) -> alt.Chart:
    long = rows.melt(["period", "faded"], list(parts), var_name="part", value_name="amount").dropna(subset=["amount"])
    signed = long["amount"].where(~long["part"].isin(LOSSES), -long["amount"])
    order = list(parts)
    long = long.assign(label=long["part"].map(parts), signed=signed, rank=long["part"].map(order.index))
    shown = alt.Scale(domain=list(parts.values()), range=list(colours))
    bars: alt.Chart = (
        alt.Chart(inline(long, "stacked bars"))
        .mark_bar(size=_bar_width(rows, width))
        .encode(
            x=_time(rows, width),
            y=alt.Y("signed:Q", axis=axis, stack="zero"),
            color=alt.Color("label:N", scale=shown, legend=alt.Legend(columns=2 if is_narrow(width) else 5)),
            order=alt.Order("rank:Q"),
            opacity=alt.OpacityValue(1, condition={"test": "datum.faded", "value": 0.45}),
            tooltip=[alt.Tooltip("period:T"), alt.Tooltip("label:N"), alt.Tooltip("amount:Q", format=number)],
        )
    )
    return bars


def _net(rows: pd.DataFrame, column: str, title: str, width: int) -> alt.LayerChart:
    base = alt.Chart(inline(rows[["period", column]], title)).encode(
        x=_time(rows, width),
        y=alt.Y(f"{column}:Q"),
        tooltip=[alt.Tooltip("period:T"), alt.Tooltip(f"{column}:Q", title=title, format=",")],
    )
    line = base.mark_line(color=INK, strokeWidth=1.5)
    return layered(line, base.mark_point(color=INK, fill="#fff", size=22, opacity=1, strokeWidth=1.5))


def _time(rows: pd.DataFrame, width: int) -> alt.X:
    days = pd.to_datetime(rows["period"])
    return alt.X("period:T", axis=date_axis((days.max() - days.min()).days, width), scale=alt.Scale(padding=14))


def _bar_width(rows: pd.DataFrame, width: int) -> float:
    days = pd.to_datetime(rows["period"]).drop_duplicates().sort_values()
    if len(days) < 2:
        return 60.0
    steps = (days.iloc[-1] - days.iloc[0]) / days.diff().min()
    return float(max(1.0, min(60.0, 0.72 * (width - 100) / (steps + 1))))


def _not(rows: pd.DataFrame, column: str) -> pd.Series[bool]:
    """Return true where the column says false; a table without the column has no such rows."""
    known = rows[column] if column in rows.columns else pd.Series(data=True, index=rows.index)
    return ~known.astype(object).where(known.notna(), other=True).astype(bool)


def _faded_note(rows: pd.DataFrame, note: str) -> str:
    return f" {note}" if bool(rows["faded"].any()) else ""
