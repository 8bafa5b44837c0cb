"""Every text on a page is there in every language, with the same placeholders, and as compiled."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

WEB = Path(__file__).parents[2] / "keepwell" / "web"
LANGUAGES = ("ko", "pl")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd%]|\{[a-z_]*\}")


def catalog(language: str, root: Path = WEB) -> Catalog:
    with (root / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def texts(found: Catalog) -> set[object]:
    return {message.id if isinstance(message.id, str) else tuple(message.id) for message in found if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    missing = [m.id for m in catalog(language) if m.id and (m.fuzzy or not all([m.string, *_plurals(m.string)]))]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_text(language: str) -> None:
    wrong = []
    for message in catalog(language):
        wanted = set(PLACEHOLDER.findall(_plurals(message.id)[-1])) if message.id else set()
        found = [set(PLACEHOLDER.findall(text)) for text in _plurals(message.string)]
        if message.id and (found[-1] != wanted or not all(one <= wanted for one in found)):
            wrong.append((message.id, message.string))
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_served_is_what_was_written(language: str) -> None:
    with (WEB / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = {_plurals(m.id)[0]: _plurals(m.string) for m in read_mo(file) if m.id}
    assert compiled == {_plurals(m.id)[0]: _plurals(m.string) for m in catalog(language) if m.id}


def test_no_text_of_a_page_is_missing_from_the_catalogues(tmp_path: Path) -> None:
    copy = tmp_path / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("static", "__pycache__", "*.mo"))
    command = [sys.executable, "-m", "django", "makemessages", "-l", "ko", "--no-obsolete", "-v0"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    fresh = texts(catalog("ko", copy))
    for language in LANGUAGES:
        assert fresh - texts(catalog(language)) == set()


def _plurals(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text or ""),)


def test_placeholders_are_found() -> None:
    """Guards the pattern that the other tests rely on."""
    assert PLACEHOLDER.findall("%(n)s of {total} at 5 %") == ["%(n)s", "{total}"]
