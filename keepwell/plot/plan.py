"""Where a budget goes: both sides' marginal returns on one chart, and the split with its ranges."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import SHORT, money_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, MUTED, WIN, Chart, finish, is_narrow, layered

KEEPING, WINNING = "Keeping", "Winning"
SIDES = {"keep": KEEPING, "win": WINNING}
ROW_HEIGHT = 30
HIGHEST_SHOWN = 3.0  # times the upper end at a quarter of the spend: the first pounds would flatten all the rest


def marginal_returns(table: Any, *, hurdle: float = 0.0, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw what the next unit of money brings on both sides, at every total spent on each, with 80 % bands.

    Args:
        table: a row a step and side: side ("keep" or "win"), spend (money on that side), marginal_return, low, high
            (margin per unit of money) and item (where the step goes).
        hurdle: return asked for above getting the money back; spending stops at the line ``1 + hurdle``.
        currency: ISO 4217 code of the spend.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"side": ["win", "keep"], "spend": [500.0, 300.0], "marginal_return": [2.1, 3.0], "low": [1.0, 0.8]}
    >>> chart = marginal_returns(pd.DataFrame(rows).assign(high=4.0, item="search"), currency="GBP")
    >>> len(chart.to_dict()["layer"])
    4

    """
    rows = frame(table, ["side", "spend", "marginal_return", "low", "high", "item"], "marginal returns")
    rows = rows.assign(shown=rows["side"].astype(str).map(SIDES)).sort_values(["shown", "spend"])
    top = _highest(rows, 1 + hurdle)
    base = alt.Chart(inline(rows, "marginal returns")).encode(
        x=alt.X("spend:Q", axis=money_axis(currency, "Spent on this side", width)),
        color=alt.Color("shown:N", scale=alt.Scale(domain=[KEEPING, WINNING], range=[KEEP, WIN])),
        tooltip=[
            alt.Tooltip("shown:N", title="Side"),
            alt.Tooltip("item:N", title="Goes to"),
            *(alt.Tooltip(f"{name}:Q", format=",.2f") for name in ("spend", "marginal_return", "low", "high")),
        ],
    )
    returns = alt.Scale(domain=[min(0.0, float(rows["low"].min())), top], clamp=True, nice=False)
    axis = alt.Axis(title="Margin for the next 1 spent", tickCount=5, **SHORT)
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", scale=returns, axis=axis), y2=alt.Y2("high:Q"))
    line = base.mark_line(strokeWidth=2.5).encode(y=alt.Y("marginal_return:Q", scale=returns, axis=axis))
    # A side of a single step has no line to draw.
    dots = base.mark_point(filled=True, size=22, opacity=1).encode(
        y=alt.Y("marginal_return:Q", scale=returns, axis=axis)
    )
    asked = alt.Chart(alt.InlineData(values=[{"asked": 1 + hurdle}])).mark_rule(color=MUTED, strokeDash=[4, 3])
    return finish(
        layered(band, line, dots, asked.encode(y=alt.Y("asked:Q", scale=returns))),
        title="What the next unit of money brings",
        subtitle=(
            "Each side's money goes where it brings the most; the band holds four times in five. Below the dashed "
            "line it does not come back."
        ),
        width=width,
        height=300,
    )


def budget_split(table: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw the split of a budget: what each item gets, how far the evidence leaves that open, and what it gets now.

    Args:
        table: a row an item: item, side ("keep" or "win"), spend, spend_low, spend_high (money; the 80 % range),
            evidence and, where known, spend_now.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"item": ["search"], "side": ["win"], "spend": [900.0], "spend_low": [300.0], "spend_high": [1500.0]}
    >>> budget_split(pd.DataFrame(rows).assign(evidence="stated by you")).to_dict()["title"]["text"]
    ['What each item gets']

    """
    rows = frame(table, ["item", "side", "spend", "spend_low", "spend_high", "evidence"], "budget split")
    wrapped = 18 if is_narrow(width) else 34
    rows = rows.assign(
        shown=rows["side"].astype(str).map(SIDES),
        label=["\n".join(textwrap.wrap(str(item), wrapped)) for item in rows["item"]],
    ).sort_values("spend", ascending=False, kind="stable")
    base = alt.Chart(inline(rows, "budget split")).encode(
        y=alt.Y("label:N", sort=list(rows["label"]), title=None, axis=alt.Axis(labelExpr="split(datum.label, '\\n')")),
        tooltip=[
            alt.Tooltip("item:N"),
            alt.Tooltip("shown:N", title="Side"),
            *(alt.Tooltip(f"{name}:Q", format=",.0f") for name in ("spend", "spend_low", "spend_high")),
            alt.Tooltip("evidence:N"),
        ],
    )
    color = alt.Color("shown:N", scale=alt.Scale(domain=[KEEPING, WINNING], range=[KEEP, WIN]))
    axis = money_axis(currency, "Spend over the period", width)
    bars = base.mark_bar(opacity=0.85).encode(x=alt.X("spend:Q", axis=axis), color=color)
    spans = base.mark_rule(color=INK, strokeWidth=1.5).encode(x=alt.X("spend_low:Q"), x2=alt.X2("spend_high:Q"))
    layers: list[Chart] = [bars, spans]
    said = "The line is the 80 % range of the best spend if the truth were known."
    if "spend_now" in rows.columns and pd.notna(rows["spend_now"]).any():
        layers.append(
            base.transform_filter("isValid(datum.spend_now)")
            .mark_tick(color=MUTED, thickness=2, size=18)
            .encode(x=alt.X("spend_now:Q"))
        )
        said += " The tick is what is spent now."
    return finish(
        layered(*layers), title="What each item gets", subtitle=said, width=width,
        height=70 + ROW_HEIGHT * len(rows),
    )  # fmt: skip


def _highest(rows: pd.DataFrame, asked: float) -> float:
    """Return the top of the axis: what both sides reach beyond the first quarter of what each may take."""
    later = [part[part["spend"] >= part["spend"].max() / 4]["high"].max() for _, part in rows.groupby("shown")]
    return float(max(asked * 1.5, min(float(rows["high"].max()), HIGHEST_SHOWN * max(later))))
