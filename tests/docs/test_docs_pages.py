"""Links lead somewhere, the README shows the two commands, and pages stay short enough to read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs.pages import DOCS, ROOT, named, pages

LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """Return the fragments that headings of a page can be linked by."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_of_the_page_lead_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"https?://|mailto:", link):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (fragment and fragment not in anchors(target)):
            broken.append(link)
    assert not broken, f"links to nowhere: {broken}"


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set(), [DOCS / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = LINK.findall(page.read_text(encoding="utf-8"))
        local = [link.partition("#")[0] for link in links if not link.startswith("http")]
        waiting += [(page.parent / link).resolve() for link in local if link]
    lost = [named(page) for page in DOCS.rglob("*.md") if page not in reached]
    assert not lost, f"pages that nothing leads to: {lost}"


def test_readme_names_commands_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert re.search(r"^demo:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "pip install ." in readme
    assert 'keepwell = "keepwell.cli:main"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_screenshot_is_small_enough_to_load_quickly() -> None:
    assert 20_000 < (DOCS / "images" / "report.png").stat().st_size < 300_000
