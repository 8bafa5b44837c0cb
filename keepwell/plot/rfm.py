"""Recency, frequency, money: where the customers stand, and how they moved."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DARK_FROM, DESKTOP, SEQUENCE, Chart, finish, is_narrow, layered, readable_over


def rfm_map(rfm: Any, *, width: int = DESKTOP) -> Chart:
    """Draw the 5 × 5 grid of recency and frequency scores: colour and figure are the customers in each cell.

    Args:
        rfm: one row a customer with the columns customer_id, r, f (whole scores 1 to 5), monetary and segment.
        width: whole width in pixels; the commonest segment of a cell is named where there is room.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"customer_id": ["a"], "r": [5], "f": [4], "monetary": [120.0], "segment": ["Champions"]}
    >>> rfm_map(pd.DataFrame(rows)).to_dict()["title"]["text"]
    ['Where the customers stand: how recent, how often']

    """
    rows = frame(rfm, ["customer_id", "r", "f", "monetary", "segment"], "RFM map")
    cells = rows.groupby(["r", "f"], as_index=False).agg(
        customers=("customer_id", "nunique"),
        monetary=("monetary", "mean"),
        segment=("segment", lambda names: names.value_counts().sort_index(kind="stable").idxmax()),
    )
    tooltip = [
        alt.Tooltip("segment:N", title="Mostly"),
        alt.Tooltip("customers:Q", format=","),
        alt.Tooltip("monetary:Q", title="Mean spent", format=",.2f"),
    ]
    narrow = is_narrow(width)
    return finish(
        _matrix(
            cells, _score("r", "Recency score: 5 bought last"), _score("f", "Frequency score: 5 buys most"), tooltip
        )
        if narrow
        else layered(
            _matrix(
                cells, _score("r", "Recency score: 5 bought last"), _score("f", "Frequency score: 5 buys most"), tooltip
            ),
            _names(cells),
        ),
        title="Where the customers stand: how recent, how often",
        subtitle="Customers in each cell of the recency and frequency scores"
        + ("." if narrow else ", and the segment that most of them belong to."),
        width=width,
        height=300 if narrow else 380,
    )


def rfm_migration(migration: Any, *, width: int = DESKTOP) -> Chart:
    """Draw how customers moved between segments: from the row to the column.

    Args:
        migration: a table with the columns from_segment, to_segment and customers.
        width: whole width in pixels; figures stand in the cells where there is room.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"from_segment": ["Loyal"], "to_segment": ["At risk"], "customers": [12]}
    >>> rfm_migration(pd.DataFrame(rows)).to_dict()["title"]["text"]
    ['How customers moved between segments']

    """
    rows = frame(migration, ["from_segment", "to_segment", "customers"], "RFM migration")
    whole = rows.groupby("from_segment")["customers"].transform("sum")
    rows = rows.assign(share=rows["customers"] / whole)
    order = [*rows.groupby("to_segment")["customers"].sum().sort_values(ascending=False).index]
    order += [name for name in dict.fromkeys(rows["from_segment"]) if name not in order]
    base = alt.Chart(inline(rows, "RFM migration")).encode(
        x=alt.X(
            "to_segment:N",
            sort=order,
            title="To",
            axis=alt.Axis(labelAngle=-90 if is_narrow(width) else -45, orient="top", labelOverlap=False),
        ),
        y=alt.Y("from_segment:N", sort=order, title="From"),
    )
    legend = alt.Legend(title="Share of the row", format="~%", orient="bottom", gradientLength=min(220, width // 2))
    cells = base.mark_rect(stroke="#fff").encode(
        color=alt.Color("share:Q", scale=alt.Scale(range=list(SEQUENCE), domainMin=0), legend=legend),
        tooltip=[
            alt.Tooltip("from_segment:N"),
            alt.Tooltip("to_segment:N"),
            alt.Tooltip("customers:Q", format=","),
            alt.Tooltip("share:Q", format=".1%"),
        ],
    )
    dark = float(rows["share"].max()) * DARK_FROM
    text = base.mark_text(fontSize=10.5).encode(
        text=alt.Text("customers:Q", format=","),
        color=readable_over(f"datum.share > {dark}"),
    )
    return finish(
        layered(cells) if is_narrow(width) else layered(cells, text),
        title="How customers moved between segments",
        subtitle="Figures are customers; the colour is their share of the row.",
        width=width,
        height=170 + 24 * int(rows["from_segment"].nunique()),
    )


def _score(column: str, title: str) -> dict[str, Any]:
    descending = column == "f"
    axis = alt.Axis(labelAngle=0)
    scale = alt.Scale(domain=[5, 4, 3, 2, 1] if descending else [1, 2, 3, 4, 5])
    return {"shorthand": f"{column}:O", "title": title, "axis": axis, "scale": scale}


def _matrix(cells: pd.DataFrame, x: dict[str, Any], y: dict[str, Any], tooltip: list[alt.Tooltip]) -> alt.LayerChart:
    base = alt.Chart(inline(cells, "RFM map")).encode(x=alt.X(**x), y=alt.Y(**y), tooltip=tooltip)
    scale = alt.Scale(range=list(SEQUENCE), domainMin=0)
    squares = base.mark_rect(stroke="#fff", strokeWidth=2).encode(
        color=alt.Color("customers:Q", scale=scale, legend=None)
    )
    figures = base.mark_text(fontSize=15, fontWeight=600, dy=-7).encode(
        text=alt.Text("customers:Q", format=","), color=_readable(cells)
    )
    return layered(squares, figures)


def _names(cells: pd.DataFrame) -> alt.Chart:
    base = alt.Chart(inline(cells, "RFM map")).encode(x=alt.X("r:O"), y=alt.Y("f:O"))
    names: alt.Chart = base.mark_text(fontSize=11, dy=11).encode(text=alt.Text("segment:N"), color=_readable(cells))
    return names


def _readable(cells: pd.DataFrame) -> alt.ColorValue:
    middle = float(cells["customers"].max()) * DARK_FROM
    return readable_over(f"datum.customers > {middle}")
