"""The page that compares with published tables says what the models find, digit by digit."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from docs.pages import DOCS

pytestmark = pytest.mark.soak

NUMBER = re.compile(r"[−+]?\d+(?:\.\d+)?")
NAMES = (
    "cdnow-fits",
    "cdnow-customers",
    "cdnow-holdout",
    "cdnow-spend",
    "contracts",
    "donations",
    "without-a-paper",
)


@pytest.fixture(scope="module")
def comparison() -> Iterator[ModuleType]:
    """Return docs/compare.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_compare", DOCS / "compare.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclasses look up their own annotations
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_the_page_holds_every_table_once(comparison: ModuleType) -> None:
    found = comparison.TABLE.findall(comparison.PAGE.read_text(encoding="utf-8"))
    assert [name for _, name, _, _ in found] == list(comparison.TABLES) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_of_the_page_is_what_the_models_find(comparison: ModuleType, shared_data: Path, name: str) -> None:
    text = comparison.PAGE.read_text(encoding="utf-8")
    shown = next(found[2] for found in comparison.TABLE.findall(text) if found[1] == name).strip()
    worked_out = comparison.table(name, shared_data)
    assert NUMBER.sub("#", shown) == NUMBER.sub("#", worked_out), "run: python docs/compare.py FOLDER"
    for one, other in zip(NUMBER.findall(shown), NUMBER.findall(worked_out), strict=True):
        assert _value(one) == pytest.approx(_value(other), abs=1.5 * _last_place(one)), f"{one} is {other} by now"


@pytest.mark.parametrize("name", NAMES)
def test_every_difference_has_a_cause(comparison: ModuleType, shared_data: Path, name: str) -> None:
    rows = comparison.rows(name, shared_data)
    assert [row.what for row in rows if any(row.differences) and not row.why] == []


def _value(number: str) -> float:
    return float(number.replace("−", "-"))


def _last_place(number: str) -> float:
    """Return 1 in the last digit: another machine's arithmetic may round it the other way."""
    return 10.0 ** -len(number.partition(".")[2])
