"""Plans kept under a name in the data folder, so that they can be put side by side later."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from keepwell.lake.durable import write_text
from keepwell.loop.allocation import Allocation
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

NAME = re.compile(r"\w[\w .-]{0,79}")
SHOWN = ("currency", "period", "plan")
PLAN = ("budget", "spent", "keeping_share", "gain", "worst_fifth", "lean", "items")


@dataclass(frozen=True)
class Scenario:
    """A saved plan: its name, when it was saved, and everything that was shown of it."""

    name: str
    saved_at: datetime
    shown: Mapping[str, Any]

    @property
    def plan(self) -> Mapping[str, Any]:
        """The plan as plain values."""
        found: Mapping[str, Any] = self.shown["plan"]
        return found

    @property
    def currency(self) -> str:
        """Currency of its amounts."""
        return str(self.shown["currency"])


def save(root: Path, name: str, made: Allocation, at: datetime) -> Path:
    """Write a plan as JSON, whole or not at all; one of the same name is replaced.

    Args:
        root: the data folder.
        name: letters, digits, spaces, dots, hyphens and underscores, at most 80.
        made: the plan.
        at: the moment, aware.

    Raises:
        InputError: the name cannot be used, or there is no plan to save.

    """
    if isinstance(made.plan, NotAvailable):
        raise InputError("scenario.no_plan", f"There is no plan to save: {made.plan.reason}.", value=name)
    return save_shown(root, name, made.as_dict(), at)


def save_shown(root: Path, name: str, shown: Mapping[str, Any], at: datetime) -> Path:
    """Write what was shown of a plan; see `save`."""
    path = _path(root, name)
    content = {"name": name, "saved_at": at.isoformat(), "shown": dict(shown)}
    write_text(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    return path


def load(root: Path, name: str) -> Scenario:
    """Return a saved plan.

    Raises:
        InputError: there is none of this name, or its file cannot be read.

    """
    path = _path(root, name)
    if not path.exists():
        known = ", ".join(one.name for one in scenarios(root)) or "none is saved yet"
        raise InputError("scenario.unknown", f"There is no scenario {name!r}.", value=name, advice=f"Saved: {known}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = Scenario(content["name"], datetime.fromisoformat(content["saved_at"]), content["shown"])
        lacking = [key for key in SHOWN if key not in found.shown] or [key for key in PLAN if key not in found.plan]
        if lacking or found.saved_at.tzinfo is None:
            raise ValueError(f"{', '.join(lacking) or 'the time zone of saved_at'} is missing")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            "scenario.file", f"The scenario cannot be read: {error}.", where=str(path),
            advice=f"Save it again, or remove it: keepwell decide --remove {name!r}.",
        ) from error  # fmt: skip
    return found


def scenarios(root: Path) -> list[Scenario]:
    """Return all saved plans, the latest first."""
    folder = root / "scenarios"
    names = [path.stem for path in folder.glob("*.json") if path.is_file()] if folder.is_dir() else []
    return sorted((load(root, name) for name in names), key=lambda one: one.saved_at, reverse=True)


def remove(root: Path, name: str) -> None:
    """Remove a saved plan.

    Raises:
        InputError: there is none of this name.

    """
    path = _path(root, name)
    if not path.is_file():
        load(root, name)  # says what there is instead
    path.unlink(missing_ok=True)


def check_name(name: str) -> None:
    """Refuse a name that no scenario can have.

    Raises:
        InputError: it holds what a file's name may not.

    """
    if not NAME.fullmatch(name):
        raise InputError(
            "scenario.name",
            f"A scenario cannot be called {name!r}.",
            value=name,
            advice="Use letters, digits, spaces, dots, hyphens and underscores, at most 80.",
        )


def _path(root: Path, name: str) -> Path:
    check_name(name)
    return root / "scenarios" / f"{name}.json"
