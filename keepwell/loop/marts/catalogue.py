"""Every mart by name, and the set that pages open with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from keepwell.loop.facts import open_facts
from keepwell.loop.marts import figures
from keepwell.loop.marts.ground import Ground
from keepwell.loop.marts.names import STANDARD
from keepwell.loop.marts.periods import usual_periods
from keepwell.vocabulary.errors import InputError

Builder = Callable[[Ground, Mapping[str, Any]], dict[str, Any]]
Progress = Callable[[str, float], None]
Built = tuple[str, Mapping[str, Any], dict[str, Any]]

# cheap ones first, so that most pages need not wait for the answer
BUILDERS: dict[str, Builder] = {
    "log": figures.log,
    "kpis": figures.kpi_values,
    "segments": figures.segment_tables,
    "growth": figures.growth_accounting,
    "cohorts": figures.cohort_tables,
    "answer": figures.answer,
    "channels": figures.channel_tables,
    "kpi_trends": figures.kpi_trends,
    "kpi_groups": figures.kpi_groups,
}


def build(root: Path, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return one mart.

    Args:
        root: the data folder.
        name: a key of ``BUILDERS``.
        arguments: what the builder reads, as JSON.

    Raises:
        InputError: there is no such mart.

    """
    if name not in BUILDERS:
        raise InputError("mart.unknown", f"There is no mart {name}.", value=name, advice=f"Use {', '.join(BUILDERS)}.")
    built = list(_built(root, [(name, arguments)], lambda _stage, _fraction: None))  # to the end: it closes the facts
    return built[0][2]


def build_standard(root: Path, progress: Progress) -> Iterator[Built]:
    """Yield name, arguments and payload of each mart that pages open with, as soon as it is there.

    What these facts do not allow has ``{"refused": {"message", "advice"}}`` in its place; without any facts there is
    ``{"is_empty": true}``.
    """
    yield from _built(root, [(name, {}) for name in STANDARD], progress, with_periods=True)


def _built(
    root: Path, wanted: list[tuple[str, Mapping[str, Any]]], progress: Progress, *, with_periods: bool = False
) -> Iterator[Built]:
    try:
        with open_facts(root) as opened:
            ground = Ground(opened)
            if with_periods and opened.has_orders:
                wanted = wanted[:2] + [("kpis", {"period": p}) for p in usual_periods(ground.log)] + wanted[2:]
            for place, (name, arguments) in enumerate(wanted):
                progress(name, place / len(wanted))
                yield name, arguments, _one(ground, name, arguments)
    except InputError as error:
        if error.code not in {"lake.empty", "lake.missing"}:
            raise
        for name, arguments in wanted:
            yield name, arguments, {"is_empty": True}


def _one(ground: Ground, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"time_zone": ground.opened.business.time_zone, **BUILDERS[name](ground, arguments)}
    except InputError as error:
        return {"refused": {"code": error.code, "message": error.message, "advice": error.advice}}
