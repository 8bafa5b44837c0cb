"""Who stays, who may leave, and what goes with leaving."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt

from keepwell.plot.axes import SHORT, rate_axis
from keepwell.plot.frames import frame, inline
from keepwell.plot.theme import CATEGORIES, DESKTOP, INK, KEEP, LOSE, MUTED, WIN, Chart, finish, layered


def survival(table: Any, *, measure: str = "survival", width: int = DESKTOP) -> Chart:
    """Draw the share of customers still there, or who renew, by period: counted as dots, foretold as a line.

    Args:
        table: period (0, 1, …), foretold (fraction), low and high (its interval, may be empty), counted (fraction;
            empty where not observed), and optionally group.
        measure: ``"survival"`` (share of those who began) or ``"retention"`` (share of those of the period before).
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> import pandas as pd
    >>> rows = {"period": [0, 1], "foretold": [1.0, 0.63], "low": [1.0, 0.6], "high": [1.0, 0.66], "counted": [1, 0.63]}
    >>> survival(pd.DataFrame(rows)).to_dict()["title"]["text"]
    ['How many customers are still there']

    """
    rows = frame(table, ["period", "foretold", "low", "high", "counted"], "survival")
    is_grouped = "group" in rows.columns and rows["group"].nunique() > 1
    colour: Any = alt.Color("group:N", scale=alt.Scale(range=list(CATEGORIES))) if is_grouped else alt.ColorValue(KEEP)
    base = alt.Chart(inline(rows, "survival")).encode(
        x=alt.X(
            "period:Q",
            title="Periods since the start",
            axis=alt.Axis(tickMinStep=1, format="d", **SHORT),
            scale=alt.Scale(nice=False),
        ),
        color=colour,
        tooltip=[
            *([alt.Tooltip("group:N")] if is_grouped else []),
            alt.Tooltip("period:Q", format="d"),
            *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("counted", "foretold", "low", "high")),
        ],
    )
    axis = rate_axis("Share still there" if measure == "survival" else "Share who renew")
    y = alt.Y("foretold:Q", axis=axis, scale=alt.Scale(domain=[0, 1]))
    band = base.transform_filter("isValid(datum.low) && isValid(datum.high)").mark_area(opacity=0.16)
    dots = base.transform_filter("isValid(datum.counted)").mark_point(filled=True, size=42, opacity=1)
    titles = {"survival": "How many customers are still there", "retention": "How many renew, period by period"}
    return finish(
        layered(
            band.encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q")),
            base.mark_line(strokeWidth=2).encode(y=y),
            dots.encode(y=alt.Y("counted:Q")),
        ),
        title=titles.get(measure, measure),
        subtitle="Dots: counted. Line: the model, beyond the dots its forecast; the band is the 95 % interval.",
        width=width,
        height=280,
    )


def churn_reasons(table: Any, *, width: int = DESKTOP) -> Chart:
    """Draw what goes with leaving (to the right) and with staying (to the left), in log-odds.

    Args:
        table: reason (words) and contribution (mean log-odds; above 0 goes with leaving); optionally customers, whom
            it is named for. At most the twelve that weigh most are drawn.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> import pandas as pd
    >>> rows = pd.DataFrame({"reason": ["a month-to-month contract"], "contribution": [0.8]})
    >>> churn_reasons(rows).to_dict()["title"]["text"]
    ['What goes with leaving']

    """
    rows = frame(table, ["reason", "contribution"], "churn reasons")
    most = rows["contribution"].abs().nlargest(12).index
    rows = rows.loc[most].sort_values("contribution", ascending=False)
    rows = rows.assign(
        label=["\n".join(textwrap.wrap(str(reason), max(20, width // 17))) for reason in rows["reason"]],
        side=["goes with leaving" if value > 0 else "goes with staying" for value in rows["contribution"]],
    )
    scale = alt.Scale(domain=["goes with leaving", "goes with staying"], range=[LOSE, KEEP])
    bars = (
        alt.Chart(inline(rows, "churn reasons"))
        .mark_bar()
        .encode(
            x=alt.X("contribution:Q", title="Log-odds of leaving", axis=alt.Axis(tickCount=5, grid=True, **SHORT)),
            y=alt.Y(
                "label:N",
                sort=list(rows["label"]),
                title=None,
                axis=alt.Axis(labelColor=INK, labelExpr="split(datum.label, '\\n')"),
            ),
            color=alt.Color("side:N", scale=scale),
            tooltip=[alt.Tooltip("reason:N"), alt.Tooltip("contribution:Q", format="+.2f")],
        )
    )
    lines = int(rows["label"].str.count("\n").max()) + 1
    return finish(
        bars,
        title="What goes with leaving",
        subtitle="Associated with leaving, which does not say that changing it would keep anybody.",
        width=width,
        height=60 + max(26, 15 * lines + 8) * len(rows),
    )


def reliability(table: Any, *, width: int = DESKTOP) -> Chart:
    """Draw how many left of those given each probability of leaving; on the diagonal, the probabilities are true.

    Args:
        table: predicted (mean probability of the class), observed (fraction who left), low, high (its interval) and
            customers.
        width: whole width in pixels.

    Raises:
        InputError: a column is missing, or there are no rows.

    >>> import pandas as pd
    >>> rows = {"predicted": [0.1, 0.6], "observed": [0.09, 0.63], "low": [0.05, 0.5], "high": [0.14, 0.74]}
    >>> len(reliability(pd.DataFrame(rows).assign(customers=100)).to_dict()["layer"])
    3

    """
    rows = frame(table, ["predicted", "observed", "low", "high", "customers"], "reliability")
    base = alt.Chart(inline(rows, "reliability")).encode(
        x=alt.X("predicted:Q", axis=rate_axis("Probability of leaving, as foretold", grid=True)),
        tooltip=[
            *(alt.Tooltip(f"{name}:Q", format=".1%") for name in ("predicted", "observed", "low", "high")),
            alt.Tooltip("customers:Q", format=","),
        ],
    )
    even = alt.Chart(alt.InlineData(values=[{"at": 0, "y": 0}, {"at": 1, "y": 1}]))
    diagonal = even.mark_line(color=MUTED, strokeDash=[4, 3], strokeWidth=1).encode(x=alt.X("at:Q"), y=alt.Y("y:Q"))
    known = base.transform_filter("isValid(datum.low) && isValid(datum.high)")
    bars = known.mark_rule(color=WIN, strokeWidth=5, opacity=0.3, strokeCap="round")
    y = alt.Y("observed:Q", axis=rate_axis("Left"), scale=alt.Scale(domain=[0, 1]))
    return finish(
        layered(
            diagonal,
            bars.encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q")),
            base.mark_point(filled=True, size=60, opacity=1, color=WIN).encode(y=y),
        ),
        title="Are the probabilities of leaving true?",
        subtitle="Each dot is a tenth of the customers; on the dashed line, as many left as was foretold.",
        width=width,
        height=300,
    )
