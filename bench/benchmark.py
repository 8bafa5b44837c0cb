"""What a benchmark is: a question, who answers it, and how the answers are compared."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = "seconds"


@dataclass(frozen=True)
class Task:
    """What one contender is given: the input, an empty folder for its results, and the size.

    ``memory`` is the limit for engines that take one, e.g. ``"4GB"``; the others decide for themselves.
    """

    rows: int
    source: Path
    results: Path
    memory: str


@dataclass(frozen=True)
class Contender:
    """One way to do the work.

    ``run`` is ``"module:function"``, a function of a ``Task`` that leaves its answer in ``task.results`` and may
    return figures by name. It is timed from its call to its return, in a process of its own; its module's imports are
    not. ``most_rows`` is the largest size that it is asked to do. ``how`` says in a few words what it does.
    """

    name: str
    run: str
    how: str
    most_rows: int | None = None


@dataclass(frozen=True)
class Benchmark:
    """One benchmark; the first contender is Keepwell, and ratios are against it.

    ``prepare`` (``"module:function"`` of rows and folder) returns the input's path. ``compare`` (of a list of
    results folders, the first Keepwell's) returns sentences that say where answers differ; none when they are equal.
    ``figure`` is what contenders are compared by: seconds, or a name from the figures that they return.
    """

    name: str
    title: str
    work: str
    goal: str
    rows: tuple[int, ...]
    repeats: int
    contenders: tuple[Contender, ...]
    compare: str
    prepare: str | None = None
    figure: str = SECONDS
    unit: str = "s"
    has_rate: bool = False

    def contenders_at(self, rows: int) -> tuple[Contender, ...]:
        """Return who takes part at a size."""
        return tuple(c for c in self.contenders if c.most_rows is None or rows <= c.most_rows)


def load(name: str) -> Callable[..., Any]:
    """Return the function named ``"module:function"``."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
