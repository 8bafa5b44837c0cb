"""Charts as plain specifications, once for a desk and once for a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from altair.utils.schemapi import debug_mode

from keepwell.plot.theme import INK, KEEP, OLD_TO_NEW, Chart, without_heading

WIDE, PHONE = 800, 335
# Colours of lines and bars that are seen on the light page and on the dark one alike (3.5 : 1 and more).
SEEN_ON_BOTH = {INK: "#72808c", KEEP: "#2f8f9e"}
OLD_TO_NEW_ON_BOTH = ["#9fc8ce", "#2f7f8c"]
COLOURS_OF_THE_PAGE = ("background", "font", "title")


def chart(draw: Callable[[int], Chart]) -> dict[str, Any]:
    """Return ``{"title", "note", "wide", "narrow"}``: the heading as text and two Vega-Lite specifications.

    The page's own colours and font take the place of those of a printed chart.

    Args:
        draw: returns the chart for a whole width in pixels.

    """
    with debug_mode(False):  # their making is tested with Altair's slow checks on
        title, note, wide = without_heading(draw(WIDE))
        _, _, narrow = without_heading(draw(PHONE))
        return {"title": title, "note": note, "wide": _spec(wide), "narrow": _spec(narrow)}


def _spec(drawn: Chart) -> dict[str, Any]:
    spec: dict[str, Any] = drawn.to_dict(validate=False)
    spec["config"] = {
        part: _without_colours(value) if isinstance(value, dict) else value
        for part, value in spec.get("config", {}).items()
        if part not in COLOURS_OF_THE_PAGE
    }
    spec.pop("$schema", None)
    seen: dict[str, Any] = _seen_on_both(spec)
    return seen


def _without_colours(part: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if not name.endswith(("Color", "color"))}


def _seen_on_both(part: Any) -> Any:
    """Change colours that would vanish on a dark page; words stay, for they stand on cells that keep their colour."""
    if isinstance(part, list):
        return OLD_TO_NEW_ON_BOTH if part == list(OLD_TO_NEW) else [_seen_on_both(inner) for inner in part]
    if isinstance(part, dict):
        mark = part.get("mark")
        if isinstance(mark, dict) and mark.get("type") == "text":
            return part
        return {name: value if name == "values" else _seen_on_both(value) for name, value in part.items()}
    return SEEN_ON_BOTH.get(part, part) if isinstance(part, str) else part
