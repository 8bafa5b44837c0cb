"""A kept plan as one file: arrays beside a text of plain values, whole or not there."""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.next_year import Year
from keepwell.lake.durable import publish
from keepwell.loop.kept_plan import KeptPlan
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

ARRAYS = ("margin", "kept_margin", "orders", "recency")  # of a year
VERSION = 1
WORDS = "words"


def write_kept(path: Path, kept: KeptPlan, made_from: str) -> None:
    """Write a kept plan.

    Args:
        path: of the file, which is replaced.
        kept: the plan; there is no name or id of anybody in it.
        made_from: names the facts and settings it was made from.

    """
    arrays: dict[str, Any] = {f"year.{name}": getattr(kept.year, name) for name in ARRAYS}
    for place, curve in enumerate(kept.curves):
        arrays |= {f"curve.{place}.spend": curve.spend, f"curve.{place}.margin": curve.margin}
    words = {
        "version": VERSION,
        "made_from": made_from,
        "stated": kept.stated,
        "budget": kept.budget,
        "is_budget_assumed": kept.is_budget_assumed,
        "shown": kept.shown,
        "answered": kept.answered,
        "now": kept.now,
        "goal": kept.goal,
        "year": {
            field.name: str(value) if isinstance(value := getattr(kept.year, field.name), Evidence) else value
            for field in fields(Year)
            if field.name not in ARRAYS
        },
        "curves": [_words_of(curve) for curve in kept.curves],
    }
    arrays[WORDS] = np.frombuffer(json.dumps(words, ensure_ascii=False).encode(), dtype=np.uint8)
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    with staged.open("wb") as file:
        np.savez(file, **arrays)
    publish(staged, path)


def read_kept(path: Path) -> tuple[KeptPlan, str]:
    """Return a kept plan and what it was made from.

    Raises:
        InputError: there is none, or it was written by another version; it is made anew then.

    """
    try:
        with np.load(path, allow_pickle=False) as found:
            words = json.loads(found[WORDS].tobytes().decode())
            if words["version"] != VERSION:
                raise KeyError("version")
            year = {**words["year"], "evidence": Evidence(words["year"]["evidence"])}
            kept = KeptPlan(
                stated=words["stated"],
                budget=words["budget"],
                is_budget_assumed=words["is_budget_assumed"],
                shown=words["shown"],
                answered=words["answered"],
                curves=tuple(_curve(part, found, place) for place, part in enumerate(words["curves"])),
                now=words["now"],
                year=Year(**{name: found[f"year.{name}"] for name in ARRAYS}, **year),
                goal=words["goal"],
            )
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        message = "No plan is kept ready yet."
        raise InputError("plan.missing", message, where=str(path), advice="Have it made.") from error
    return kept, words["made_from"]


def _words_of(curve: MarginCurve) -> dict[str, Any]:
    return {
        "item": curve.item,
        "side": curve.side.value,
        "evidence": curve.evidence.value,
        "floor": curve.floor,
        "cap": curve.cap,
        "uses": dict(curve.uses),
        "note": curve.note,
        "per_person": curve.per_person,
    }


def _curve(words: dict[str, Any], arrays: Any, place: int) -> MarginCurve:
    return MarginCurve(
        **{
            **words,
            "side": Side(words["side"]),
            "evidence": Evidence(words["evidence"]),
            "spend": arrays[f"curve.{place}.spend"],
            "margin": arrays[f"curve.{place}.margin"],
        }
    )
