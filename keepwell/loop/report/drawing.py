"""Charts as static SVG inside the page.

A script would need two megabytes of JavaScript in every report, would not print before it has run, and would have to be
let through the page's content policy. SVG drawn now opens anywhere, prints sharp, and is a tenth of the size; what a
tooltip would say stands in the table under each chart. Since text in a scaled drawing shrinks with it, every chart is
drawn twice, for a desk and for a phone, and the style sheet shows the one that fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import vl_convert
from altair.utils.schemapi import debug_mode
from markupsafe import Markup, escape

from keepwell.loop.report.blocks import Figure, Table
from keepwell.plot.theme import Chart, without_heading

WIDE = 800
HALF = 392
PHONE = 335

TAG = re.compile(r"<[^>]*>")
# Vega describes every mark to screen readers; one drawing with a name and a table beside it reads better.
NOISE = re.compile(r'\s(?:role|aria-[a-z]+|class|font-family|version|xmlns:xlink|xmlns)="[^"]*"')
LONG_FRACTION = re.compile(r"(\.\d\d)\d+")


def figure(
    key: str, draw: Callable[[int], Chart], tables: Sequence[Table], *, finding: str = "", is_half: bool = False
) -> Figure:
    """Return the figure of a chart.

    Args:
        key: unique within the page; it keeps the ids inside the drawings apart.
        draw: returns the chart for a whole width in pixels.
        tables: the numbers behind the chart.
        finding: what the chart shows, in one sentence, for those who cannot see it.
        is_half: whether two of its kind stand side by side at a desk.

    Raises:
        InputError: the table lacks a column or has no rows.

    """
    # Altair checks every part of a chart against its schema again and again: a third of the time, for charts whose
    # making is tested with the checks on.
    with debug_mode(False):
        title, note, wide = without_heading(draw(HALF if is_half else WIDE))
        _, _, narrow = without_heading(draw(PHONE))
    name = " ".join(part for part in (f"Chart: {title}.", finding, "The table below holds its numbers.") if part)
    return Figure(title, note, _svg(wide, f"{key}-w", name), _svg(narrow, f"{key}-n", name), tables)


def _svg(chart: Chart, key: str, name: str) -> Markup:
    spec = chart.to_dict(validate=False)
    spec["config"]["aria"] = False  # the whole drawing has one name; a name for every mark is noise
    drawing = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    # Two drawings on one page may not share an id, or one would be filled with the other's gradient.
    drawing = TAG.sub(lambda tag: _slim(tag[0]), drawing)
    # They are numbered anew, for Vega goes on counting and the same content shall give the same file.
    for place, name_in_drawing in enumerate(re.findall(r'<[^>]* id="([^"]*)"', drawing)):
        drawing = drawing.replace(f'id="{name_in_drawing}"', f'id="{key}-{place}"')
        drawing = drawing.replace(f"url(#{name_in_drawing})", f"url(#{key}-{place})")
    return Markup(drawing.replace("<svg", f'<svg role="img" aria-label="{escape(name)}" focusable="false"', 1))  # noqa: S704


def _slim(tag: str) -> str:
    return LONG_FRACTION.sub(r"\1", NOISE.sub("", tag))
