"""The reference pages say what the code says, and nothing of the code is left out."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
import tomllib
from types import ModuleType

import pytest
from docs.pages import DOCS, ROOT

import keepwell as kw
from keepwell.cli.main import main
from keepwell.observe.registry import IMPORTERS
from keepwell.understand.definitions import ALL_DEFINITIONS
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.refusal import Refusal
from keepwell.vocabulary.tables import FACTS

REFERENCE = DOCS / "reference"
MADE_PAGES = ["cli.md", "fields.md", "kpis.md", "library.md", "refusals.md", "tables.md"]
WRITTEN_BY_THE_LAKE = {"margin_is_assumed"}  # follows from whether margin_rate was given


def text(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def headings(name: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", text(name), re.MULTILINE))


@pytest.mark.parametrize("name", MADE_PAGES)
def test_made_page_is_what_the_generator_writes(name: str, generator: ModuleType) -> None:
    assert text(name) == generator.PAGES[name](), "run: python docs/generate.py"


def test_every_made_page_is_compared(generator: ModuleType) -> None:
    assert sorted(generator.PAGES) == MADE_PAGES


def test_every_name_of_the_library_has_an_entry_with_words() -> None:
    page = text("library.md")
    absent = [name for name in kw.__all__ if f"| `kw.{name}" not in page]
    assert not absent, f"names without an entry: {absent}"
    assert not re.findall(r"^\| `[^`]+` \|\s*\|$", page, re.MULTILINE)


def test_a_folder_of_the_package_does_not_hide_the_function_of_its_name() -> None:
    code = "import keepwell as kw, keepwell.channels.webhook; print(kw.channels.__name__, callable(kw.channels))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["channels", "True"], done.stderr


def test_every_command_has_an_entry(generator: ModuleType) -> None:
    assert {path for path, _ in generator.commands()} <= headings("cli.md")


def test_every_option_has_an_entry_with_help(generator: ModuleType) -> None:
    silent = [
        f"{path} {names}"
        for path, command in generator.commands()
        for names, words in generator.options(path, command)
        if not words.split("[default")[0].strip()
    ]
    assert not silent, f"options without help: {silent}"


def test_every_command_has_a_how_to() -> None:
    written = "\n".join(page.read_text(encoding="utf-8") for page in (DOCS / "how-to").rglob("*.md"))
    absent = [name for name in main.list_commands(None) if f"keepwell {name}" not in written]
    assert not absent, f"commands without a how-to: {absent}"


def test_every_importer_has_a_how_to() -> None:
    pages = {importer.name: DOCS / "how-to" / f"import-{importer.name.replace('_', '-')}.md" for importer in IMPORTERS}
    absent = [name for name, page in pages.items() if not page.exists()]
    assert not absent, f"importers without a how-to: {absent}"


def test_every_setting_has_an_entry() -> None:
    settings = {field.name for field in dataclasses.fields(Business)} - WRITTEN_BY_THE_LAKE
    absent = sorted(name for name in settings if f"`{name}`" not in headings("settings.md"))
    assert not absent, f"settings without an entry: {absent}"


def server_variables() -> set[str]:
    """Return the variables that the server reads; ``environment`` is the only module that reads them."""
    reading = re.compile(r"\benvironment\.\w+\(\s*\"([A-Z_]+)\"")
    files = (ROOT / "keepwell" / "web").rglob("*.py")
    return {name for path in files for name in reading.findall(path.read_text(encoding="utf-8"))}


def test_every_environment_variable_has_an_entry() -> None:
    named = {
        name
        for path in (ROOT / "keepwell").rglob("*.py")
        for name in re.findall(r"\bKEEPWELL_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    known = headings("settings.md") | headings("server-settings.md")
    absent = sorted(name for name in named if f"`{name}`" not in known)
    assert named, "no environment variable was found: the search is wrong"
    assert not absent, f"environment variables without an entry: {absent}"


def test_every_variable_of_the_server_has_an_entry_and_no_entry_is_left_over() -> None:
    entries = {heading.strip("`") for heading in headings("server-settings.md") if heading.startswith("`")}
    assert "DATABASE_URL" in server_variables(), "the search is wrong"
    assert entries == server_variables()


def test_every_kpi_has_an_entry() -> None:
    absent = [d.key for d in ALL_DEFINITIONS if f"`{d.key}`" not in text("kpis.md")]
    assert not absent, f"KPIs without an entry: {absent}"


def test_every_refusal_has_an_entry() -> None:
    absent = [str(reason) for reason in Refusal if f"`{reason}`" not in text("refusals.md")]
    assert not absent, f"refusals without an entry: {absent}"


def test_every_table_and_column_has_an_entry() -> None:
    page = text("tables.md")
    absent = [name for name in FACTS if f"## {name}\n" not in page]
    absent += [f"{t.name}.{c.name}" for t in FACTS.values() for c in t.columns if f"`{c.name}`" not in page]
    assert not absent, f"not in tables.md: {absent}"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    names = {re.split(r"[\[<>=!~ ]", line)[0] for line in [*project["dependencies"], *extras]}
    page = (DOCS / "dependencies.md").read_text(encoding="utf-8")
    absent = sorted(name for name in names if f"**{name}**" not in page)
    assert not absent, f"dependencies without a reason: {absent}"
