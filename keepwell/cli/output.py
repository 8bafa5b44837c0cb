"""Printing: tables, progress and errors for people, JSON for programs."""

from __future__ import annotations

import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from keepwell.loop.refusals import visible
from keepwell.vocabulary.errors import KeepwellError
from keepwell.vocabulary.estimate import NotAvailable

if TYPE_CHECKING:
    import pandas as pd

WIDE = 160  # when nobody looks at a terminal, lines are not folded to 80 characters

console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
errors = Console(stderr=True, highlight=False)


def write_what_can_be_written() -> None:
    """Let a terminal that knows fewer characters show a question mark in place of the others."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_output() -> None:
    """Leave what could not be written, so that the end of the process does not try it again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def fail(error: KeepwellError, as_json: bool) -> NoReturn:
    """Print a refusal and end with exit code 1."""
    if as_json:
        print_json({"error": error.as_dict()})
    else:
        errors.print(Text.assemble(("✗ ", "bold red"), shown(str(error))), soft_wrap=True)
    sys.exit(1)


def print_json(value: object) -> None:
    """Print a value as JSON: decimals as text, dates in ISO form, what is not available as null with its reason."""
    is_unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    click_free = json.dumps(plain(value), ensure_ascii=not is_unicode, indent=2, allow_nan=False)
    sys.stdout.write(click_free + "\n")


def plain(value: Any) -> Any:
    """Turn a result into what JSON can hold."""
    if isinstance(value, NotAvailable):
        return {"not_available": value.reason}
    if hasattr(value, "as_dict"):
        return plain(value.as_dict())
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if hasattr(value, "item"):  # a NumPy scalar
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def frame_as_records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a frame's rows for JSON, with null where a cell is blank."""
    rows = frame.astype(object).to_dict("records")
    return [{str(key): None if _is_blank(item) else plain(item) for key, item in row.items()} for row in rows]


def _is_blank(item: object) -> bool:
    # NaN and NaT are the only values that differ from themselves
    return item is None or bool(item != item)


def print_table(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> None:
    """Print rows of text under a title; the columns in ``right`` are numbers."""
    table = Table(
        title=Text(shown(title), style="bold"),
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for index, name in enumerate(columns):
        is_number = index in right
        width = max((len(row[index]) for row in rows), default=0) if is_number else None
        table.add_column(Text(shown(name)), justify="right" if is_number else "left", overflow="fold", min_width=width)
    for row in rows:
        table.add_row(*(Text(shown(cell)) for cell in row))
    console.print(table)
    console.print()


def shown(text: str) -> str:
    """Return text from data as a terminal may show it: control characters are pictures, not orders."""
    return visible(text) or ""


@contextmanager
def progress_bar(description: str) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on the error stream when it is a terminal; yield what to call with a stage and a fraction."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )
    with bar:
        task = bar.add_task(description, total=1.0)
        yield lambda stage, fraction: bar.update(task, description=f"{description}: {stage}", completed=fraction)
