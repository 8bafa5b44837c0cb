"""Values with their intervals, one row each: allowable CAC, what-ifs, channels."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import money_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, WIN, Chart, finish, layered

MOST_GROUPS = 40
ROW_HEIGHT = 26


def allowable_cac(groups: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw the most that one may pay for a new customer, per group, with its interval.

    Args:
        groups: a table with the columns group, value, low, high (money; low and high may be empty) and, if known,
            customers. Rows are drawn in the order given; beyond 40, only the 40 with the most customers.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"group": ["France", "Spain"], "value": [40.0, 31.0], "low": [30, None], "high": [50, None]}
    >>> len(allowable_cac(pd.DataFrame(rows), currency="GBP").to_dict()["layer"])
    2

    """
    rows = frame(groups, ["group", "value", "low", "high"], "allowable CAC")
    note = ""
    if len(rows) > MOST_GROUPS:
        most = (
            rows.nlargest(MOST_GROUPS, "customers").index if "customers" in rows.columns else rows.index[:MOST_GROUPS]
        )
        note = f" The {MOST_GROUPS} largest of {len(rows)} groups."
        rows = rows.loc[sorted(most)]
    rows = rows.assign(label=rows["group"].astype(str))
    return finish(
        layered(*_interval_layers(rows, currency, "Contribution margin per new customer", KEEP)),
        title="The most a new customer may cost",
        subtitle=f"Margin that a customer brings within the horizon; the bar is the 95 % interval.{note}",
        width=width,
        height=_height(rows),
    )


def what_if_comparison(
    what_ifs: Any, *, baseline: float | None = None, currency: str | None = None, width: int = DESKTOP
) -> Chart:
    """Draw the outcome of each what-if with its interval, and today's value as a line across.

    Args:
        what_ifs: a table with the columns name, value, low and high (money; low and high may be empty).
        baseline: the outcome if nothing changes, in the same unit.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"name": ["A quarter leaves"], "value": [900.0], "low": [700.0], "high": [1000.0]})
    >>> len(what_if_comparison(rows, baseline=1200.0, currency="EUR").to_dict()["layer"])
    3

    """
    rows = frame(what_ifs, ["name", "value", "low", "high"], "what-if comparison")
    rows = rows.assign(label=rows["name"].astype(str))
    layers: list[Chart] = _interval_layers(rows, currency, "Outcome", WIN)
    subtitle = "The bar is the interval of each outcome."
    if baseline is not None:
        today = alt.Chart(alt.InlineData(values=[{"value": baseline}]))
        layers.insert(0, today.mark_rule(color=INK, strokeDash=[4, 3]).encode(x="value:Q"))
        subtitle += " The dashed line is today."
    return finish(
        layered(*layers), title="What would happen if …", subtitle=subtitle, width=width, height=_height(rows)
    )


def channels(channels: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw what a new customer costs (diamond) against what one is worth (dot, with interval), per channel.

    Args:
        channels: a table with the columns channel, cac, ltv, ltv_low and ltv_high (money; any but channel may be
            empty, and what is empty is not drawn).
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"channel": ["google_ads"], "cac": [21.0], "ltv": [60.0], "ltv_low": [45.0], "ltv_high": [75.0]}
    >>> len(channels(pd.DataFrame(rows), currency="EUR").to_dict()["layer"])
    2

    """
    rows = frame(channels, ["channel", "cac", "ltv", "ltv_low", "ltv_high"], "channels")
    rows = rows.assign(label=rows["channel"].astype(str))
    worth = rows.rename(columns={"ltv": "value", "ltv_low": "low", "ltv_high": "high"}).assign(what="Worth (LTV)")
    cost = rows.rename(columns={"cac": "value"}).assign(what="Cost (CAC)", low=None, high=None)
    columns = ["label", "what", "value", "low", "high"]
    both = pd.DataFrame([*worth[columns].to_dict("records"), *cost[columns].to_dict("records")])
    scale = alt.Scale(domain=["Worth (LTV)", "Cost (CAC)"], range=[KEEP, WIN])
    layers = _interval_layers(both, currency, "Money per new customer", KEEP)
    layers[1] = layers[1].encode(
        color=alt.Color("what:N", scale=scale), shape=alt.Shape("what:N", scale=alt.Scale(range=["circle", "diamond"]))
    )
    return finish(
        layered(*layers),
        title="What a new customer costs and is worth, by channel",
        subtitle="The bar is the 95 % interval of the worth. A channel pays where the dot lies right of the diamond.",
        width=width,
        height=_height(rows) + 30,
    )


def _interval_layers(rows: pd.DataFrame, currency: str | None, title: str, colour: str) -> list[Chart]:
    order = list(dict.fromkeys(rows["label"]))
    base = alt.Chart(inline(rows, title)).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=True, labelColor=INK)),
        tooltip=[
            alt.Tooltip("label:N", title="For"),
            *(alt.Tooltip(f"{name}:Q", format=",.2f") for name in ("value", "low", "high")),
            *([alt.Tooltip("customers:Q", format=",")] if "customers" in rows.columns else []),
        ],
    )
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    bars = known.mark_rule(color=colour, strokeWidth=6, opacity=0.3, strokeCap="round").encode(x="low:Q", x2="high:Q")
    x = alt.X("value:Q", axis=money_axis(currency, title), scale=alt.Scale(zero=True, nice=True))
    dots = base.transform_filter("isValid(datum.value)").mark_point(filled=True, size=70, opacity=1, color=colour)
    return [bars, dots.encode(x=x)]


def _height(rows: pd.DataFrame) -> int:
    return 110 + ROW_HEIGHT * int(rows["label"].nunique())
