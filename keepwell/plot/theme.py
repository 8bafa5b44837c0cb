"""How every chart looks: one palette, one font, one way to finish a chart."""

from __future__ import annotations

import textwrap
from typing import Any, TypeAlias

import altair as alt

Chart: TypeAlias = alt.Chart | alt.LayerChart

INK = "#1f2a30"
MUTED = "#5b6870"
GRID = "#e6eaec"
# Keeping is always teal, winning always amber, losing always grey-plum: told apart under every common colour
# blindness and, being of different lightness, in a grey print.
KEEP = "#1b6f7d"
KEEP_LIGHT = "#8fc1c7"
WIN = "#d98a29"
LOSE = "#8a7f8d"
LOSE_LIGHT = "#c4bcc6"
CATEGORIES = (KEEP, WIN, "#6f5aa8", "#4b9cd3", "#a8443f", "#7d8b2f", MUTED, "#c77fa5")
SEQUENCE = ("#eef5f6", "#cfe3e6", "#9fc8ce", "#64a4ae", "#2f7f8c", "#155b68", "#0b3d47")
OLD_TO_NEW = ("#b5d3d8", "#0b3d47")
# White words are legible on the sequence from here upwards (4.5 : 1), dark words below.
DARK_FROM = 0.64

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
DESKTOP = 640
NARROW = 480

CONFIG: dict[str, Any] = {
    "background": "#ffffff",
    "font": FONT,
    "view": {"stroke": None},
    "title": {
        "anchor": "start",
        "frame": "bounds",
        "color": INK,
        "fontSize": 16,
        "fontWeight": 600,
        "subtitleColor": MUTED,
        "subtitleFontSize": 12.5,
        "subtitlePadding": 4,
        "offset": 14,
    },
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "titlePadding": 8,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
        "gridColor": GRID,
    },
    "axisX": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 8},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": 400,
        "symbolType": "square",
        "labelLimit": 260,
        "offset": 6,
    },
    "line": {"strokeWidth": 2},
    "bar": {"discreteBandSize": {"band": 0.8}},
    "text": {"color": INK, "fontSize": 11.5},
}


def is_narrow(width: int) -> bool:
    """Return whether a chart of this many pixels is meant for a phone.

    >>> is_narrow(343), is_narrow(640)
    (True, False)
    """
    return width < NARROW


def layered(*layers: Chart) -> alt.LayerChart:
    """Return the charts drawn over each other, the first one lowest.

    >>> point = alt.Chart(alt.InlineData(values=[{"a": 1}])).mark_point().encode(x="a:Q")
    >>> len(layered(point, point).to_dict()["layer"])
    2
    """
    return alt.LayerChart(layer=list(layers))


def readable_over(test: str) -> alt.ColorValue:
    """Return the colour of words: white where the test holds, which says that the cell below is dark.

    >>> readable_over("datum.share > 0.5").to_dict()["condition"]
    {'test': 'datum.share > 0.5', 'value': '#fff'}
    """
    return alt.ColorValue(INK, condition={"test": test, "value": "#fff"})


def finish(chart: Chart, *, title: str, subtitle: str, width: int, height: int) -> Chart:
    """Return the chart with its title, size in pixels and the house style.

    ``width`` is the whole width, axes included; ``height`` is the whole height but for the heading, which is added.
    The title and subtitle are broken into lines that fit, since Vega does not wrap text.

    >>> points = alt.Chart(alt.InlineData(values=[{"a": 1}])).mark_point().encode(x="a:Q")
    >>> finish(points, title="One", subtitle="point", width=300, height=100).to_dict()["width"]
    300

    """
    titles = textwrap.wrap(title, max(16, int(width / 8.8))) or [""]
    subtitles = textwrap.wrap(subtitle, max(20, int(width / 6.6)))
    # Altair's own `properties` and `configure` copy the whole chart each time, which takes longer than to draw it.
    styled: Chart = chart.copy(deep=False)
    styled.title = alt.TitleParams(text=titles, subtitle=subtitles)
    styled.width, styled.height = width, height + _heading_height(titles, subtitles)
    styled.autosize = alt.AutoSizeParams(type="fit", contains="padding")
    styled.padding = {"left": 4, "right": 12, "top": 4, "bottom": 4}
    styled.config = alt.Config(**CONFIG | {"axis": CONFIG["axis"] | {"labelLimit": min(260, int(width * 0.36))}})
    return styled


def without_heading(chart: Chart) -> tuple[str, str, Chart]:
    """Return the title, the subtitle, and the chart without them, for a page that sets headings as text.

    >>> points = alt.Chart(alt.InlineData(values=[{"a": 1}])).mark_point().encode(x="a:Q")
    >>> title, subtitle, bare = without_heading(finish(points, title="One", subtitle="point", width=300, height=100))
    >>> title, subtitle, bare.to_dict()["height"]
    ('One', 'point', 100)

    """
    heading = chart.title.to_dict()
    titles, subtitles = heading["text"], heading.get("subtitle", [])
    bare: Chart = chart.copy(deep=False)
    bare.title = alt.Undefined
    bare.height = chart.height - _heading_height(titles, subtitles)
    return " ".join(titles), " ".join(subtitles), bare


def _heading_height(titles: list[str], subtitles: list[str]) -> int:
    return 20 * len(titles) + 16 * len(subtitles) + 18
