"""The pages on models name every model, and the files that they name are there."""

from __future__ import annotations

import re

from docs.pages import DOCS, ROOT

import keepwell as kw
from keepwell.stats.fitted_model import FittedModel


def text(name: str) -> str:
    return (DOCS / "concepts" / name).read_text(encoding="utf-8")


def test_files_that_hold_a_formula_are_where_the_page_says() -> None:
    page, folder, absent = text("formulas.md"), "", []
    named = re.findall(r"`([\w/]+\.py)`", page)
    for path in named:
        folder = path.rpartition("/")[0] or folder  # a bare name stands beside the one before
        if not (ROOT / "keepwell" / folder / path.rpartition("/")[2]).exists():
            absent.append(path)
    assert len(named) > 20
    assert absent == []


def test_every_model_has_its_place_in_which_model_when() -> None:
    models = [name for name in kw.clv.__all__ if isinstance(getattr(kw.clv, name), type)]
    models = [name for name in models if issubclass(getattr(kw.clv, name), FittedModel)]
    models += ["ChurnModel", "SurvivalModel"]
    page = text("which-model-when.md")
    assert len(models) == 10
    assert [name for name in models if f"`{name}`" not in page and f".{name}`" not in page] == []
