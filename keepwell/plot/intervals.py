"""Values with their intervals, one row each: allowable CAC, what-ifs, channels."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import money_axis, sign
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import DESKTOP, INK, KEEP, WIN, Chart, finish, is_narrow, layered

MOST_GROUPS = 40
ROW_HEIGHT = 26
BOTH = ("Worth (LTV)", "Cost (CAC)")
# A value beyond this multiple of what three quarters of the rows stay under is drawn at the edge, as a figure.
FAR = 4.0
FEWEST_FOR_AN_EDGE = 6
# Names longer than this stand above their row on a phone, where beside it they would leave no room.
LONGEST_BESIDE = 20


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
    rows = rows.assign(label=_wrapped(rows["group"], width))
    return finish(
        layered(*_interval_layers(_within_sight(rows, currency), currency, "Margin per new customer", KEEP, width)),
        title="The most a new customer may cost",
        subtitle=f"Margin that a customer brings within the horizon; the bar is the 95 % interval.{note}",
        width=width,
        height=_height(rows, width),
    )


def what_if_comparison(
    what_ifs: Any,
    *,
    baseline: float | None = None,
    currency: str | None = None,
    measure: str = "Outcome",
    width: int = DESKTOP,
) -> Chart:
    """Draw the outcome of each what-if with its interval, and today's value as a line across.

    Args:
        what_ifs: a table with the columns name, value, low and high (money; low and high may be empty).
        baseline: the outcome if nothing changes, in the same unit.
        currency: ISO 4217 code of the amounts.
        measure: what the outcome is, for the axis.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"name": ["A quarter leaves"], "value": [900.0], "low": [700.0], "high": [1000.0]})
    >>> len(what_if_comparison(rows, baseline=1200.0, currency="EUR").to_dict()["layer"])
    3

    """
    rows = frame(what_ifs, ["name", "value", "low", "high"], "what-if comparison")
    rows = rows.assign(label=_wrapped(rows["name"], width))
    layers: list[Chart] = _interval_layers(_at_their_values(rows), currency, measure, WIN, width)
    subtitle = "The bar is the interval of each outcome."
    if baseline is not None:
        today = alt.Chart(alt.InlineData(values=[{"shown": baseline}]))
        layers.insert(0, today.mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.X("shown:Q")))
        subtitle += " The dashed line is today."
    return finish(
        layered(*layers), title="What would happen if …", subtitle=subtitle, width=width, height=_height(rows, width)
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
    rows = rows.assign(label=_wrapped(rows["channel"], width))
    worth = rows.rename(columns={"ltv": "value", "ltv_low": "low", "ltv_high": "high"}).assign(what=BOTH[0])
    cost = rows.rename(columns={"cac": "value"}).assign(what=BOTH[1], low=None, high=None)
    columns = ["label", "what", "value", "low", "high"]
    both = pd.DataFrame([*worth[columns].to_dict("records"), *cost[columns].to_dict("records")])
    scale = alt.Scale(domain=list(BOTH), range=[KEEP, WIN])
    layers = _interval_layers(_at_their_values(both), currency, "Money per new customer", KEEP, width)
    layers[1] = layers[1].encode(
        color=alt.Color("what:N", scale=scale),
        shape=alt.Shape("what:N", scale=alt.Scale(domain=list(BOTH), range=["circle", "diamond"])),
    )
    return finish(
        layered(*layers),
        title="What a new customer costs and is worth, by channel",
        subtitle="The bar is the 95 % interval of the worth. A channel pays where the dot lies right of the diamond.",
        width=width,
        height=_height(rows, width) + 30,
    )


def _interval_layers(rows: pd.DataFrame, currency: str | None, title: str, colour: str, width: int) -> list[Chart]:
    """Return the bars, the dots and, for what lies beyond the edge, its figure there."""
    order = list(dict.fromkeys(rows["label"]))
    above = _are_above(rows["label"], width)
    names = alt.Axis(grid=True, labelColor=INK, labels=not above, labelExpr="split(datum.label, '\\n')")
    base = alt.Chart(inline(rows, title)).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=names),
        tooltip=[
            alt.Tooltip("label:N", title="For"),
            *(alt.Tooltip(f"{name}:Q", format=",.2f") for name in ("value", "low", "high")),
            *([alt.Tooltip("customers:Q", format=",")] if "customers" in rows.columns else []),
        ],
    )
    known = base.transform_filter("isValid(datum.shown_low) && isValid(datum.shown_high)")
    bars = known.mark_rule(color=colour, strokeWidth=6, opacity=0.3, strokeCap="round")
    x = alt.X("shown:Q", axis=money_axis(currency, title, width), scale=alt.Scale(zero=True, nice=True, padding=8))
    inside = base.transform_filter("isValid(datum.value) && !datum.is_beyond")
    dots = inside.mark_point(filled=True, size=70, opacity=1, color=colour).encode(x=x)
    layers: list[Chart] = [bars.encode(x=alt.X("shown_low:Q"), x2=alt.X2("shown_high:Q")), dots]
    for breaks in sorted(rows["label"].str.count("\n").unique()) if above else ():
        # Vega hangs further lines below the first, so a longer name starts higher.
        text = base.transform_filter(f"length(split(datum.label, '\\n')) == {breaks + 1}")
        text = text.mark_text(align="left", baseline="bottom", dy=-8 - 14 * int(breaks), lineBreak="\n", fontSize=12)
        layers.append(text.encode(x=alt.value(0), text=alt.Text("label:N")))
    if rows["is_beyond"].any():
        beyond = base.transform_filter("datum.is_beyond").mark_text(align="right", fontWeight=600, dy=-9)
        layers.append(beyond.encode(x=alt.X("shown:Q"), text=alt.Text("said:N")))
    return layers


def _at_their_values(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(shown=rows["value"], shown_low=rows["low"], shown_high=rows["high"], is_beyond=False, said="")


def _within_sight(rows: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """Cut what lies far to the right at an edge, so that one outlier does not press all others into a point."""
    values = rows[["value", "low", "high"]].apply(pd.to_numeric, errors="coerce")
    edge = FAR * float(values["high"].fillna(values["value"]).quantile(0.75))
    if len(rows) < FEWEST_FOR_AN_EDGE or not 0 < edge < float(values.max(axis=None)):
        return _at_their_values(rows)
    return rows.assign(
        shown=values["value"].clip(upper=edge),
        shown_low=values["low"].clip(lower=-edge, upper=edge),
        shown_high=values["high"].clip(upper=edge),
        is_beyond=values["value"] > edge,
        said=[f"{sign(currency)}{value:,.0f} →" if pd.notna(value) else "" for value in values["value"]],
    )


def _wrapped(names: pd.Series[Any], width: int) -> pd.Series[Any]:
    above = _are_above(names.astype(str), width)
    letters = width // 7 if above else max(LONGEST_BESIDE, width // 17)
    return names.map(lambda name: "\n".join(textwrap.wrap(str(name), letters)) or "—")


def _are_above(names: pd.Series[Any], width: int) -> bool:
    return is_narrow(width) and int(names.str.len().max()) > LONGEST_BESIDE


def _height(rows: pd.DataFrame, width: int) -> int:
    lines = int(rows["label"].str.count("\n").max()) + 1
    above = 16 if _are_above(rows["label"], width) else 0
    return 60 + max(ROW_HEIGHT, 14 * lines + 10 + above) * int(rows["label"].nunique())
