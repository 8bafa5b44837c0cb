"""How revenue is spread over customers, and gaps over days."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import count_axis, rate_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, MUTED, WIN, Chart, finish, layered

MARKED_SHARES = (0.01, 0.1, 0.2, 0.5)


def concentration(concentration: Any, *, width: int = DESKTOP) -> Chart:
    """Draw the share of revenue that the best customers bring, best first, against an even spread.

    Args:
        concentration: a table with the columns customer_share and revenue_share (cumulative fractions, best first).
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"customer_share": [0.1, 0.5, 1.0], "revenue_share": [0.6, 0.9, 1.0]})
    >>> concentration(rows).to_dict()["title"]["text"]
    ['How much of the revenue the best customers bring']

    """
    rows = frame(concentration, ["customer_share", "revenue_share"], "concentration")
    shares = rows[["customer_share", "revenue_share"]].sort_values("customer_share")
    curve = pd.DataFrame([{"customer_share": 0.0, "revenue_share": 0.0}, *shares.to_dict("records")])
    even = pd.DataFrame({"customer_share": [0.0, 1.0], "revenue_share": [0.0, 1.0]})
    marked = curve[curve["customer_share"].round(4).isin(MARKED_SHARES)]
    said = [f"best {c:.0%}: {r:.0%}" for c, r in zip(marked["customer_share"], marked["revenue_share"], strict=True)]
    x = alt.X("customer_share:Q", axis=rate_axis("Customers, best first", grid=True), scale=alt.Scale(domain=[0, 1]))
    y = alt.Y("revenue_share:Q", axis=rate_axis("Share of revenue"), scale=alt.Scale(domain=[0, 1]))
    tooltip = [alt.Tooltip(f"{name}:Q", format=".1%") for name in ("customer_share", "revenue_share")]
    base = alt.Chart(inline(curve, "concentration")).encode(x=x, y=y, tooltip=tooltip)
    points = alt.Chart(inline(marked.assign(said=said), "concentration")).encode(x=x, y=y, tooltip=tooltip)
    line = alt.Chart(inline(even, "concentration")).mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1)
    layers = [
        line.encode(x=x, y=y),
        base.mark_area(color=KEEP, opacity=0.12),
        base.mark_line(color=KEEP, strokeWidth=2.5),
    ]
    layers += [points.mark_point(filled=True, color=KEEP, size=50, opacity=1)]
    layers += [points.mark_text(align="left", dx=9, dy=9, fontSize=12).encode(text="said:N")]
    return finish(
        layered(*layers),
        title="How much of the revenue the best customers bring",
        subtitle="The dashed line is what it would be if every customer brought the same.",
        width=width,
        height=320,
    )


def gaps_histogram(gaps: Any, *, median: float | None = None, p90: float | None = None, width: int = DESKTOP) -> Chart:
    """Draw how many days pass between one purchase and the next.

    Args:
        gaps: a table with the columns gap_days_from, gap_days_to and gaps (count).
        median: days that half of the gaps stay under, marked.
        p90: days that nine of ten gaps stay under, marked.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"gap_days_from": [0, 14], "gap_days_to": [14, 28], "gaps": [30, 12]})
    >>> len(gaps_histogram(rows, median=11, p90=25).to_dict()["layer"])
    3

    """
    rows = frame(gaps, ["gap_days_from", "gap_days_to", "gaps"], "gaps")
    bars = (
        alt.Chart(inline(rows, "gaps"))
        .mark_bar(color=KEEP, opacity=0.85, stroke="#fff", strokeWidth=0.5, binSpacing=0)
        .encode(
            x=alt.X("gap_days_from:Q", axis=alt.Axis(title="Days until the next order", tickCount=7)),
            x2="gap_days_to:Q",
            y=alt.Y("gaps:Q", axis=count_axis("Gaps between purchases"), scale=alt.Scale(zero=True)),
            y2=alt.datum(0),
            tooltip=["gap_days_from:Q", "gap_days_to:Q", alt.Tooltip("gaps:Q", format=",")],
        )
    )
    known = [("half within {:.0f} days", median), ("nine of ten within {:.0f} days", p90)]
    marks = [{"day": day, "said": text.format(day)} for text, day in known if day is not None]
    layers: list[Chart] = [bars]
    if marks:
        base = alt.Chart(alt.InlineData(values=marks)).encode(x="day:Q")
        text = base.mark_text(align="left", dx=6, dy=6, baseline="top", color=INK, fontSize=12)
        layers += [base.mark_rule(color=WIN, strokeWidth=2), text.encode(text="said:N", y=alt.value(0))]
    return finish(
        layered(*layers),
        title="Days between one purchase and the next",
        subtitle="Only gaps that ended in another purchase; customers who never came back are not in it.",
        width=width,
        height=260,
    )
