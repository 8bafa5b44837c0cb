"""How many people reach each step of a funnel."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import count_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, KEEP_LIGHT, Chart, finish, is_narrow, layered


def funnel(steps: Any, *, width: int = DESKTOP) -> Chart:
    """Draw who entered each step (pale bar) and who went on from it (dark bar), with the conversion rate.

    Args:
        steps: a list of funnel steps, or a table with the columns name, entered, converted, rate, low and high
            (fractions; rate, low and high may be empty), in the order of the steps.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"name": ["Cart"], "entered": [80], "converted": [20], "rate": [0.25], "low": [0.17], "high": [0.35]}
    >>> funnel(pd.DataFrame(rows)).to_dict()["title"]["text"]
    ['How many people reach each step']

    """
    rows = frame(steps, ["name", "entered", "converted", "rate", "low", "high"], "funnel")
    said = [_said(row) for row in rows[["rate", "low", "high"]].to_dict("records")]
    rows = rows.assign(said=said)
    base = alt.Chart(inline(rows, "funnel")).encode(
        y=alt.Y("name:N", sort=list(rows["name"]), title=None, axis=alt.Axis(labelColor=INK)),
        tooltip=[
            alt.Tooltip("name:N"),
            *(alt.Tooltip(f"{n}:Q", format=",") for n in ("entered", "converted")),
            alt.Tooltip("said:N"),
        ],
    )
    entered = base.mark_bar(color=KEEP_LIGHT, opacity=0.55).encode(x=alt.X("entered:Q", axis=count_axis("People")))
    converted = base.mark_bar(color=KEEP, height={"band": 0.45}).encode(x=alt.X("converted:Q"))
    text = base.mark_text(align="left", dx=6).encode(x=alt.X("entered:Q"), text=alt.Text("said:N"))
    # Room to the right of the longest bar for its own label.
    room = alt.Scale(domain=[0, float(rows["entered"].max()) * (2.2 if is_narrow(width) else 1.35)], nice=False)
    entered = entered.encode(x=alt.X("entered:Q", axis=count_axis("People"), scale=room))
    return finish(
        layered(entered, converted, text),
        title="How many people reach each step",
        subtitle="Pale: entered the step. Dark: went on. The rate is dark over pale, with its 95 % interval.",
        width=width,
        height=100 + 44 * len(rows),
    )


def _said(row: dict[Any, Any]) -> str:
    if pd.isna(row["rate"]):
        return ""
    interval = "" if pd.isna(row["low"]) or pd.isna(row["high"]) else f" ({row['low']:.0%}–{row['high']:.0%})"
    return f"{row['rate']:.1%}{interval}"
