"""How revenue is spread over customers, and gaps over days."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import rate_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, KEEP, MUTED, Chart, finish, layered

MARKED_SHARES = (0.01, 0.1, 0.2, 0.5)
SMALLEST_BAR_WITH_TEXT = 30


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
    # A share of a small base is seldom exact: the best 1 % of 30 customers is one of them.
    firsts = [shares[shares["customer_share"] >= share - 1e-9].index[:1] for share in MARKED_SHARES]
    marked = shares.loc[sorted({index[0] for index in firsts if len(index)})]
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
    layers += [points.mark_text(align="left", dx=9, dy=9, fontSize=12).encode(text=alt.Text("said:N"))]
    return finish(
        layered(*layers),
        title="How much of the revenue the best customers bring",
        subtitle="The dashed line is what it would be if every customer brought the same.",
        width=width,
        height=320,
    )


def gaps_histogram(gaps: Any, *, median: float | None = None, p90: float | None = None, width: int = DESKTOP) -> Chart:
    """Draw how many days pass between one purchase and the next: a bar a class of days.

    Args:
        gaps: a table with the columns gap_days_from, gap_days_to (excluded; empty in the last, open class) and gaps
            (count). Classes may differ in width, so they stand side by side and are named, not drawn to scale.
        median: days that half of the gaps stay under, for the subtitle.
        p90: days that nine of ten gaps stay under, for the subtitle.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"gap_days_from": [0, 14], "gap_days_to": [14, None], "gaps": [30, 12]})
    >>> gaps_histogram(rows, median=11, p90=25).to_dict()["title"]["subtitle"][0][:34]
    'Half of the gaps are at most 11 da'

    """
    rows = frame(gaps, ["gap_days_from", "gap_days_to", "gaps"], "gaps").sort_values("gap_days_from")
    ends = zip(rows["gap_days_from"], rows["gap_days_to"], strict=True)
    rows = rows.assign(label=[_days(first, end) for first, end in ends], share=rows["gaps"] / rows["gaps"].sum())
    base = alt.Chart(inline(rows, "gaps")).encode(
        x=alt.X("label:N", sort=list(rows["label"]), title="Days until the next order", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("share:Q", axis=rate_axis("Share of gaps"), scale=alt.Scale(zero=True)),
        tooltip=[alt.Tooltip("label:N"), alt.Tooltip("gaps:Q", format=","), alt.Tooltip("share:Q", format=".1%")],
    )
    text = base.mark_text(dy=-7, fontSize=11).encode(text=alt.Text("share:Q", format=".0%"))
    wide_enough = width / len(rows) > SMALLEST_BAR_WITH_TEXT
    bars = base.mark_bar(color=KEEP)
    known = [f"Half of the gaps are at most {median:.0f} days" if median is not None else ""]
    known += [f"nine of ten at most {p90:.0f} days" if p90 is not None else ""]
    said = ", ".join(part for part in known if part)
    return finish(
        layered(bars, text) if wide_enough else layered(bars),
        title="Days between one purchase and the next",
        subtitle=f"{said}{'. ' if said else ''}Only gaps that ended in a purchase; who never came back is not in it.",
        width=width,
        height=260,
    )


def _days(first: float, end: float | None) -> str:
    if end is None or pd.isna(end):
        return f"{first:.0f}+"
    return f"{first:.0f}" if end - first <= 1 else f"{first:.0f}–{end - 1:.0f}"
