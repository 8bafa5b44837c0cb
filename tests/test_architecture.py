"""The rules that keep the code simple, checked."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# a migration is written by Django, as long as the tables it makes
FILES = sorted(path for path in (ROOT / "keepwell").rglob("*.py") if "migrations" not in path.parts)
VAGUE = {"utils", "util", "helpers", "common", "manager", "misc"}


def test_imports_only_go_down() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(linter)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_named_for_what_it_is_and_its_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 350
    assert path.stem not in VAGUE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 80, f"{node.name} is {node.end_lineno - node.lineno} lines"


def test_importing_the_library_loads_neither_pandas_nor_the_engine() -> None:
    code = "import sys, keepwell; print(sorted({'pandas', 'duckdb', 'ibis', 'altair', 'django'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_the_library_promises_is_there() -> None:
    import keepwell as kw

    assert all(getattr(kw, name) is not None for name in kw.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    import keepwell as kw

    with pytest.raises(AttributeError, match="no attribute 'luck'"):
        _ = kw.luck  # type: ignore[attr-defined]


def test_there_is_no_leftover_in_product_code() -> None:
    words = ("TODO", "FIXME", "XXX", "HACK", "NotImplementedError")
    left = [f"{path.name}: {word}" for path in FILES for word in words if word in path.read_text(encoding="utf-8")]
    assert left == []


def test_only_channels_opens_connections_with_the_standard_library():
    """``urllib.parse`` and ``http.HTTPStatus`` are words; ``urllib.request`` and ``http.client`` are telephones."""
    callers = [
        path.relative_to(ROOT)
        for path in (ROOT / "keepwell").rglob("*.py")
        if "channels" not in path.parts and re.search(r"\b(urllib\.request|http\.client)\b", path.read_text("utf-8"))
    ]
    assert callers == []
