"""A scratch folder in which the commands of a page run as a reader would run them, and the generator of pages."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result
from docs.pages import BEGINS_WITH, DOCS, keepwell


@pytest.fixture(scope="session")
def generator() -> ModuleType:
    """Return docs/generate.py as a module."""
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Result]]:
    """Return a function that gives the folder after ``keepwell demo`` or an import of an example; each runs once."""
    done: dict[str, tuple[Path, Result]] = {}

    def begin(name: str) -> tuple[Path, Result]:
        if name not in done:
            folder = tmp_path_factory.mktemp("begun")
            shutil.copytree(DOCS / "examples", folder, dirs_exist_ok=True)
            command = "keepwell demo"
            if name != "demo":
                command = f"keepwell import {name} --currency GBP --time-zone Europe/London --margin 0.4"
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                patch.delenv("KEEPWELL_DATA", raising=False)
                done[name] = folder, keepwell(command)
        return done[name]

    return begin


@pytest.fixture
def scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: Callable[[str], tuple[Path, Result]]
) -> Callable[[Path], Path]:
    """Return a function that makes the folder in which a page's commands run, and moves there."""

    def make(page: Path) -> Path:
        found = BEGINS_WITH.search(page.read_text(encoding="utf-8"))
        source = begun(found[1])[0] if found else DOCS / "examples"
        shutil.copytree(source, tmp_path, dirs_exist_ok=True)
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("KEEPWELL_DATA", raising=False)
        return tmp_path

    return make
