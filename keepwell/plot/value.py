"""What customers are worth and how well that was foretold: tracking, calibration, surfaces, distribution."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import SHORT, count_axis, date_axis, money_axis, rate_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import (
    CATEGORIES,
    DARK_FROM,
    DESKTOP,
    INK,
    KEEP,
    MUTED,
    SEQUENCE,
    WIN,
    Chart,
    finish,
    is_narrow,
    layered,
    readable_over,
)

ACTUAL = "Counted"
MOST_COLUMNS_WITH_TEXT = 14


def tracking(table: Any, *, split: Any = None, cumulative: bool = True, width: int = DESKTOP) -> Chart:
    """Draw repeat purchases counted against those foretold, before and after the day the models were fitted on.

    Args:
        table: a row a period and series: period (date; its first day), series (a model's name, or "Counted"),
            purchases (repeat purchases of the period) and cumulative (of all periods so far).
        split: the day up to which the models saw the orders (date); drawn as a line.
        cumulative: draw the running total, else each period by itself, where errors cannot hide.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"period": ["2011-01-03"] * 2, "series": ["Counted", "BG/NBD"], "purchases": [5.0, 4.6]})
    >>> chart = tracking(rows.assign(cumulative=rows.purchases), split="2011-06-01")
    >>> len(chart.to_dict()["layer"])
    3

    """
    rows = frame(table, ["period", "series", "purchases", "cumulative"], "tracking")
    column = "cumulative" if cumulative else "purchases"
    rows = rows.assign(period=pd.to_datetime(rows["period"]), shown=rows[column]).sort_values("period", kind="stable")
    models = [name for name in dict.fromkeys(rows["series"]) if name != ACTUAL]
    scale = alt.Scale(domain=[ACTUAL, *models], range=[INK, *CATEGORIES][: len(models) + 1])
    days = (rows["period"].max() - rows["period"].min()).days
    base = alt.Chart(inline(rows[["period", "series", "purchases", "cumulative", "shown"]], "tracking")).encode(
        x=alt.X("period:T", axis=date_axis(days, width)),
        y=alt.Y("shown:Q", axis=count_axis("Repeat purchases so far" if cumulative else "Repeat purchases")),
        color=alt.Color("series:N", scale=scale),
        tooltip=[
            alt.Tooltip("period:T", title="From"),
            alt.Tooltip("series:N"),
            *(alt.Tooltip(f"{name}:Q", format=",.1f") for name in ("purchases", "cumulative")),
        ],
    )
    counted = base.transform_filter(f"datum.series == '{ACTUAL}'").mark_line(strokeWidth=2.5)
    foretold = base.transform_filter(f"datum.series != '{ACTUAL}'").mark_line(strokeWidth=2, strokeDash=[5, 3])
    layers: list[Chart] = [counted, foretold]
    if split is not None:
        day = alt.Chart(alt.InlineData(values=[{"period": pd.Timestamp(split).isoformat()}]))
        layers.append(day.mark_rule(color=MUTED, strokeDash=[2, 2]).encode(x=alt.X("period:T")))
    after = " Right of the dotted line the models had not seen the orders." if split is not None else ""
    return finish(
        layered(*layers),
        title=f"Repeat purchases {'so far' if cumulative else 'period by period'}: counted and foretold",
        subtitle=f"Solid: counted. Dashed: what each model expects.{after}",
        width=width,
        height=280,
    )


def calibration_by_frequency(table: Any, *, width: int = DESKTOP) -> Chart:
    """Draw, for customers who had bought equally often, the mean later purchases counted against those foretold.

    Args:
        table: a row a bin and series: frequency (text such as "0" or "7+", in the order to be drawn), series (a
            model's name, or "Counted"), mean (purchases per customer in the holdout) and customers (of the bin).
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"frequency": ["0", "0"], "series": ["Counted", "BG/NBD"], "mean": [0.24, 0.23]})
    >>> calibration_by_frequency(rows.assign(customers=1411)).to_dict()["title"]["text"]
    ['Do the models foretell each kind of customer?']

    """
    rows = frame(table, ["frequency", "series", "mean", "customers"], "calibration")
    models = [name for name in dict.fromkeys(rows["series"]) if name != ACTUAL]
    scale = alt.Scale(domain=[ACTUAL, *models], range=[INK, *CATEGORIES][: len(models) + 1])
    order = list(dict.fromkeys(rows["frequency"].astype(str)))
    base = alt.Chart(inline(rows.assign(frequency=rows["frequency"].astype(str)), "calibration")).encode(
        x=alt.X("frequency:O", sort=order, title="Repeat purchases before", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("mean:Q", axis=alt.Axis(title="Purchases after, per customer", tickCount=5, **SHORT)),
        color=alt.Color("series:N", scale=scale),
        tooltip=[
            alt.Tooltip("frequency:O", title="Repeat purchases before"),
            alt.Tooltip("series:N"),
            alt.Tooltip("mean:Q", format=",.3f"),
            alt.Tooltip("customers:Q", format=","),
        ],
    )
    return finish(
        layered(base.mark_line(strokeWidth=1.5), base.mark_point(filled=True, size=50, opacity=1)),
        title="Do the models foretell each kind of customer?",
        subtitle="Customers by how often they had bought before the split. Above the dark line, too much was promised.",
        width=width,
        height=280,
    )


def probability_alive_surface(table: Any, *, width: int = DESKTOP) -> Chart:
    """Draw how likely a customer is still there, by repeat purchases and days since the last one.

    Args:
        table: frequency (repeat purchases), recency_days (days from the last purchase to today) and
            probability_alive (fraction); a cell each, on a regular grid.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"frequency": [1, 2], "recency_days": [30, 30], "probability_alive": [0.7, 0.9]})
    >>> len(probability_alive_surface(rows).to_dict()["layer"])
    2

    """
    return _surface(
        table,
        "probability_alive",
        title="How likely a customer is still there",
        subtitle="A frequent buyer who falls silent is gone sooner than a rare one: read down a column.",
        shown=lambda value: f"{value:.0%}",
        legend=alt.Legend(title="Probability", format="~%", orient="bottom", gradientLength=min(220, width // 2)),
        width=width,
    )


def expected_orders_surface(table: Any, *, horizon_days: int = 365, width: int = DESKTOP) -> Chart:
    """Draw how many orders to expect of a customer, by repeat purchases and days since the last one.

    Args:
        table: frequency, recency_days (days from the last purchase to today) and expected_orders.
        horizon_days: days ahead that the figures are for.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"frequency": [1, 2], "recency_days": [30, 30], "expected_orders": [0.7, 2.9]})
    >>> expected_orders_surface(rows).to_dict()["title"]["text"]
    ['Orders to expect of a customer']

    """
    return _surface(
        table,
        "expected_orders",
        title="Orders to expect of a customer",
        subtitle=f"Within the next {horizon_days} days.",
        shown=lambda value: f"{value:.1f}",
        legend=alt.Legend(title="Orders", format="~s", orient="bottom", gradientLength=min(220, width // 2)),
        width=width,
    )


def value_distribution(table: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw how many customers are worth how much: a bar a class of value.

    Args:
        table: value_from, value_to (money; empty in the last, open class), customers (count) and value (their sum).
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = {"value_from": [0.0, 50.0], "value_to": [50.0, None], "customers": [70, 30], "value": [900.0, 9000.0]}
    >>> value_distribution(pd.DataFrame(rows), currency="GBP").to_dict()["title"]["text"]
    ['What customers are expected to bring']

    """
    rows = frame(table, ["value_from", "value_to", "customers", "value"], "value distribution")
    rows = rows.sort_values("value_from")
    ends = zip(rows["value_from"], rows["value_to"], strict=True)
    whole = float(rows["value"].sum()) or 1.0
    rows = rows.assign(
        label=[f"{low:,.0f}+" if high is None or pd.isna(high) else f"{low:,.0f}–{high:,.0f}" for low, high in ends],
        customer_share=rows["customers"] / rows["customers"].sum(),
        value_share=rows["value"] / whole,
    )
    both = rows.melt(
        id_vars=["label", "customers", "value"], value_vars=["customer_share", "value_share"], value_name="share"
    ).assign(of=lambda part: part["variable"].map({"customer_share": "Customers", "value_share": "Their value"}))
    bars = (
        alt.Chart(inline(both, "value distribution"))
        .mark_bar()
        .encode(
            x=alt.X(
                "label:N",
                sort=list(rows["label"]),
                title=f"Expected value per customer ({currency or 'amount'})",
                axis=alt.Axis(labelAngle=-40 if is_narrow(width) else 0, labelOverlap=False),
            ),
            xOffset=alt.XOffset("of:N", sort=["Customers", "Their value"]),
            y=alt.Y("share:Q", axis=rate_axis("Share of all"), scale=alt.Scale(zero=True)),
            color=alt.Color("of:N", scale=alt.Scale(domain=["Customers", "Their value"], range=[KEEP, WIN])),
            tooltip=[
                alt.Tooltip("label:N", title="Value"),
                alt.Tooltip("of:N"),
                alt.Tooltip("share:Q", format=".1%"),
                alt.Tooltip("customers:Q", format=","),
                alt.Tooltip("value:Q", format=",.0f"),
            ],
        )
    )
    return finish(
        bars,
        title="What customers are expected to bring",
        subtitle="Share of customers and of the base's value, by what one customer is expected to bring.",
        width=width,
        height=280,
    )


def value_by_group(table: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw the expected value per customer of each group with its interval; see ``plot.allowable_cac``.

    Args:
        table: group, value, low, high (money) and, if known, customers.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"group": ["Champions"], "value": [900.0], "low": [850.0], "high": [960.0]})
    >>> value_by_group(rows, currency="GBP").to_dict()["title"]["text"]
    ['Expected value per customer']

    """
    rows = frame(table, ["group", "value", "low", "high"], "value by group")
    base = alt.Chart(inline(rows, "value by group")).encode(
        y=alt.Y("group:N", sort=list(rows["group"]), title=None),
        tooltip=[alt.Tooltip("group:N"), *(alt.Tooltip(f"{n}:Q", format=",.2f") for n in ("value", "low", "high"))],
    )
    bars = base.transform_filter("isValid(datum.low) && isValid(datum.high)").mark_rule(
        color=KEEP, strokeWidth=6, opacity=0.3, strokeCap="round"
    )
    axis = money_axis(currency, "Expected value per customer", width)
    dots = base.mark_point(filled=True, size=70, opacity=1, color=KEEP).encode(x=alt.X("value:Q", axis=axis))
    return finish(
        layered(bars.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")), dots),
        title="Expected value per customer",
        subtitle="The bar is the 95 % interval of the mean.",
        width=width,
        height=60 + 26 * rows["group"].nunique(),
    )


def _surface(
    table: Any, column: str, *, title: str, subtitle: str, shown: Any, legend: alt.Legend, width: int
) -> Chart:
    rows = frame(table, ["frequency", "recency_days", column], title)
    highest = float(rows[column].max()) or 1.0
    rows = rows.assign(said=[shown(value) for value in rows[column]])
    base = alt.Chart(inline(rows, title)).encode(
        x=alt.X("frequency:O", title="Repeat purchases", axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("recency_days:O", title="Days since the last purchase"),
    )
    cells = base.mark_rect(stroke="#fff", strokeWidth=1).encode(
        color=alt.Color(f"{column}:Q", scale=alt.Scale(range=list(SEQUENCE), domain=[0, highest]), legend=legend),
        tooltip=[
            alt.Tooltip("frequency:O", title="Repeat purchases"),
            alt.Tooltip("recency_days:O", title="Days since the last purchase"),
            alt.Tooltip(f"{column}:Q", format=".3f"),
        ],
    )
    text = base.mark_text(fontSize=10.5).encode(
        text=alt.Text("said:N"), color=readable_over(f"datum.{column} > {highest * DARK_FROM}")
    )
    columns = rows["frequency"].nunique()
    roomy = columns <= (MOST_COLUMNS_WITH_TEXT if not is_narrow(width) else MOST_COLUMNS_WITH_TEXT // 2)
    return finish(
        layered(cells, text) if roomy else layered(cells),
        title=title,
        subtitle=subtitle,
        width=width,
        height=90 + 23 * rows["recency_days"].nunique(),
    )
