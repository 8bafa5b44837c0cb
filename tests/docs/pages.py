"""Pages of the documentation, their blocks, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from keepwell.cli import output
from keepwell.cli.main import main

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
WIDTH = 100
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WIDE = re.compile(r"^<!-- as wide as: (\d+) -->$", re.MULTILINE)
BEGINS_WITH = re.compile(r"^<!-- begins with: (\S+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page: its language, its text, and the line of the page it begins at."""

    language: str
    text: str
    line: int

    def commands(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each command of a console block with the lines that the page says it prints."""
        expected: list[str] = []
        command = ""
        for line in self.text.splitlines():
            if line.startswith("$ "):
                if command:
                    yield command, expected
                command, expected = line[2:], []
            elif line.strip() not in ("", "…"):
                expected.append(line)
        if command:
            yield command, expected


def pages() -> list[Path]:
    """Return the README, the changelog and every page of the documentation."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def named(page: Path) -> str:
    """Return a page's path as test ids and messages give it."""
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [Block(m[1], m[2], text.count("\n", 0, m.start()) + 1) for m in BLOCK.finditer(text)]


def width(page: Path) -> int:
    """Return the characters of the terminal in which a page shows its commands."""
    found = WIDE.search(page.read_text(encoding="utf-8"))
    return int(found[1]) if found else WIDTH


def keepwell(command: str, wide: int = WIDTH) -> Result:
    """Run ``keepwell …`` in this process, in the current folder, as wide as the pages show it."""
    output.console.width = output.errors.width = wide
    return CliRunner().invoke(main, shlex.split(command)[1:])
