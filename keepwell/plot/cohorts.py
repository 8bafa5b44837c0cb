"""Cohorts: who came together, who stayed, what they brought."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from keepwell.plot.axes import SHORT, money_axis, rate_axis, sign
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import (
    DARK_FROM,
    DESKTOP,
    INK,
    KEEP,
    OLD_TO_NEW,
    SEQUENCE,
    Chart,
    finish,
    is_narrow,
    layered,
    readable_over,
)
from keepwell.vocabulary.estimate import wilson

COHORT = alt.Tooltip("cohort:T", title="First order in", format="%b %Y")
AGE = alt.Tooltip("age:Q", title="Steps since")
SIZE = alt.Tooltip("size:Q", title="Customers at first", format=",")
ACTIVE = alt.Tooltip("active:Q")
SMALLEST_CELL_WITH_TEXT = 25


def cohort_heat_map(cohorts: Any, *, width: int = DESKTOP) -> Chart:
    """Draw the share of each cohort that orders again at each age, a row a cohort.

    Args:
        cohorts: a table with the columns cohort (date), age (whole steps, 0 or more), size (customers at first),
            active (customers who ordered) and retention (active / size); a cell not yet fully observed is absent
            or empty and stays blank.
        width: whole width in pixels; cells carry their figure where there is room.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"cohort": ["2011-01-01"] * 2, "age": [0, 1], "size": 50, "active": [50, 19]})
    >>> chart = cohort_heat_map(rows.assign(retention=rows.active / rows["size"]))
    >>> chart.to_dict()["title"]["text"]
    ['Share of each cohort that orders again']

    """
    rows = _observed(cohorts, ["cohort", "age", "size", "active", "retention"], "cohort heat map")
    label = rows["cohort"].dt.strftime("%b %Y")
    rows = rows.assign(label=label, shown=(rows["retention"] * 100).round().map("{:.0f}".format))
    later = rows.loc[rows["age"] > 0, "retention"]
    highest = float(later.max()) if len(later) and later.max() > 0 else 1.0
    base = alt.Chart(inline(rows, "cohort heat map")).encode(
        x=alt.X("age:O", title="Steps since the first order", axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("label:O", title=None, sort=list(label.unique())),
    )
    # Age 0 is 100 % by definition; letting it set the scale would wash out every other cell.
    scale = alt.Scale(range=list(SEQUENCE), domain=[0, highest], clamp=True)
    legend = alt.Legend(title="Share who ordered", format="~%", orient="bottom", gradientLength=min(220, width // 2))
    cells = base.mark_rect(stroke="#fff", strokeWidth=1).encode(
        color=alt.Color("retention:Q", scale=scale, legend=legend),
        tooltip=[COHORT, AGE, SIZE, ACTIVE, alt.Tooltip("retention:Q", format=".1%")],
    )
    text = base.mark_text(fontSize=10.5).encode(
        text=alt.Text("shown:N"), color=readable_over(f"datum.retention > {highest * DARK_FROM}")
    )
    roomy = (width - 80) / rows["age"].nunique() >= SMALLEST_CELL_WITH_TEXT or is_narrow(width) is False
    chart = layered(cells, text) if roomy and rows["age"].nunique() <= width // 22 else layered(cells)
    height = 90 + rows["label"].nunique() * (18 if is_narrow(width) else 23)
    subtitle = "A row is the customers of one month or week of first orders; blank cells are not yet observed. Percent."
    return finish(chart, title="Share of each cohort that orders again", subtitle=subtitle, width=width, height=height)


def retention_curves(cohorts: Any, *, width: int = DESKTOP) -> Chart:
    """Draw retention by age: a thin line a cohort, and all of them pooled with a 95 % interval.

    Args:
        cohorts: the table that :func:`cohort_heat_map` takes; a column ``group`` gives one pooled
            line a group.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"cohort": ["2011-01-01"] * 2, "age": [0, 1], "size": 50, "active": [50, 19]})
    >>> "layer" in retention_curves(rows.assign(retention=rows.active / rows["size"])).to_dict()
    True

    """
    rows = _observed(cohorts, ["cohort", "age", "size", "active", "retention"], "retention curves")
    grouped = "group" in rows.columns
    later = rows[rows["age"] > 0] if (rows["age"] > 0).any() else rows
    pooled = (
        (later if grouped else _reached_by_half(later))
        .groupby((["group"] if grouped else []) + ["age"], as_index=False)[["active", "size"]]
        .sum()
    )
    bounds = [wilson(int(a), int(n)) for a, n in zip(pooled["active"], pooled["size"], strict=True)]
    pooled = pooled.assign(
        retention=pooled["active"] / pooled["size"], low=[b[0] for b in bounds], high=[b[1] for b in bounds]
    )
    base = alt.Chart(inline(pooled, "retention curves")).encode(x=_age_axis(later))
    colour = alt.Color("group:N") if grouped else alt.ColorValue(INK)
    share = alt.Y("retention:Q", axis=rate_axis("Share who ordered"), scale=alt.Scale(zero=True))
    band = base.mark_area(opacity=0.18, color=KEEP).encode(
        y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), **({"color": colour} if grouped else {})
    )
    line = base.mark_line(strokeWidth=3, point={"size": 28, "filled": True}).encode(
        y=share,
        color=colour,
        tooltip=[AGE, *(_percent(name) for name in ("retention", "low", "high")), ACTIVE, SIZE],
    )
    thin = [] if grouped else [_cohort_lines(later, "retention", share, _percent("retention"), width)]
    who = (
        "one line a group"
        if grouped
        else "thin lines are single cohorts, the dark line all of them, as far as half have come"
    )
    return finish(
        layered(*thin, band, line),
        title="How many customers of a cohort keep ordering",
        subtitle=f"{who[0].upper()}{who[1:]}, with its 95 % interval. The first order itself, 100 %, is left out.",
        width=width,
        height=300,
    )


def ltv_by_cohort(cohorts: Any, *, currency: str | None = None, width: int = DESKTOP) -> Chart:
    """Draw revenue so far per customer of the original cohort, by age; the inactive stay in the denominator.

    Args:
        cohorts: a table with the columns cohort, age, size, cumulative_revenue and ltv.
        currency: ISO 4217 code of the amounts.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> rows = pd.DataFrame({"cohort": ["2011-01-01"] * 2, "age": [0, 1], "size": 50})
    >>> rows = rows.assign(cumulative_revenue=[900.0, 1200.0], ltv=[18.0, 24.0])
    >>> ltv_by_cohort(rows, currency="GBP").to_dict()["title"]["text"]
    ['Revenue so far per customer, by age of the cohort']

    """
    rows = _observed(cohorts, ["cohort", "age", "size", "cumulative_revenue", "ltv"], "lifetime value by cohort")
    pooled = _pooled_value(rows)
    money = alt.Y("ltv:Q", axis=money_axis(currency, "Revenue per customer so far"))
    amount = alt.Tooltip("ltv:Q", title=f"Per customer ({sign(currency).strip() or 'amount'})", format=",.2f")
    line = (
        alt.Chart(inline(pooled, "lifetime value by cohort"))
        .mark_line(strokeWidth=3, color=INK, point={"size": 28, "color": INK})
        .encode(x=_age_axis(rows), y=money, tooltip=[AGE, amount, SIZE])
    )
    return finish(
        layered(_cohort_lines(rows, "ltv", money, amount, width), line),
        title="Revenue so far per customer, by age of the cohort",
        subtitle="Thin lines are single cohorts. The dark line adds up what each age brought per customer over all "
        "cohorts that reached it, as far as half of the customers have. Those who stopped stay in the denominator.",
        width=width,
        height=300,
    )


def _observed(cohorts: Any, columns: list[str], chart: str) -> pd.DataFrame:
    rows = frame(cohorts, columns, chart)
    if "is_observed" in rows.columns:
        rows = rows[rows["is_observed"].fillna(value=False).astype(bool)]
    rows = rows.dropna(subset=[columns[-1]])
    rows = frame(rows, columns, chart)
    return rows.assign(cohort=pd.to_datetime(rows["cohort"])).sort_values(["cohort", "age"])


def _reached_by_half(rows: pd.DataFrame) -> pd.DataFrame:
    """Drop the ages that only a minority has reached: there the pooled line would show who is old, not who stays."""
    reached = rows.groupby("age")["size"].sum()
    kept: pd.DataFrame = rows[rows["age"].map(reached) * 2 >= reached.max()]
    return kept


def _pooled_value(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up revenue per customer age by age, each over the cohorts observed at it (a chain ladder)."""
    before = rows.groupby("cohort")["cumulative_revenue"].shift(fill_value=0.0)
    rows = _reached_by_half(rows.assign(revenue=rows["cumulative_revenue"] - before))
    pooled = rows.groupby("age", as_index=False)[["revenue", "size"]].sum()
    return pooled.assign(ltv=(pooled["revenue"] / pooled["size"]).cumsum())


def _age_axis(rows: pd.DataFrame) -> alt.X:
    ticks = alt.Axis(tickMinStep=1, format="d", tickCount=int(min(12, max(1, rows["age"].max()))), **SHORT)
    return alt.X("age:Q", title="Steps since the first order", axis=ticks, scale=alt.Scale(nice=False))


def _cohort_lines(rows: pd.DataFrame, column: str, y: alt.Y, value: alt.Tooltip, width: int) -> alt.Chart:
    legend = alt.Legend(
        title="First order in", format="%b %Y", orient="bottom", gradientLength=min(240, width // 2), tickCount=3
    )
    colour = alt.Color("cohort:T", scale=alt.Scale(range=list(OLD_TO_NEW)), legend=legend)
    marks = alt.Chart(inline(rows[["cohort", "age", "size", column]], column)).mark_line(strokeWidth=1, opacity=0.75)
    lines: alt.Chart = marks.encode(
        x=_age_axis(rows), y=y, color=colour, detail=alt.Detail("cohort:T"), tooltip=[COHORT, AGE, value, SIZE]
    )
    return lines


def _percent(name: str) -> alt.Tooltip:
    return alt.Tooltip(f"{name}:Q", format=".1%")
