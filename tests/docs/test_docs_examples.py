"""Every command and every Python example of the documentation runs and prints what the page says."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from docs.pages import blocks, keepwell, named, pages, width

pytestmark = pytest.mark.soak

RUNNABLE = [page for page in pages() if any(b.language in ("console", "python") for b in blocks(page))]


@pytest.mark.parametrize("page", RUNNABLE, ids=named)
def test_examples_of_the_page_run(
    page: Path, scratch: Callable[[Path], Path], begun: Callable[[str], tuple[Path, Result]]
) -> None:
    folder = scratch(page)
    names: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.language == "console":
            for command, expected in block.commands():
                result = begun("demo")[1] if command == "keepwell demo" else keepwell(command, width(page))
                check(f"{named(page)}:{block.line}: {command}", result, expected, folder)
        elif block.language == "python":
            run(block.text, f"{named(page)}:{block.line}", names)


def check(where: str, result: Result, expected: list[str], folder: Path) -> None:
    """Compare loosely: every line of the page is printed, whatever the spaces between its words."""
    assert result.exit_code == 0, f"{where} ended with {result.exit_code}:\n{result.output}"
    printed = words(result.output.replace(str(folder), "."))
    absent = [line for line in expected if words(line) not in printed]
    assert not absent, f"{where} does not print:\n" + "\n".join(absent) + f"\nbut:\n{result.output}"


def words(text: str) -> str:
    return " ".join(text.split())


def run(source: str, where: str, names: dict[str, object]) -> None:
    """Run a block so that a failure shows its lines."""
    linecache.cache[where] = (len(source), None, source.splitlines(keepends=True), where)
    exec(compile(source, where, "exec"), names)  # noqa: S102 — the documentation's own examples
