"""The small parts of an Excel workbook: its sheets, its table of texts, and how its styles read numbers."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

from keepwell.observe.serial_date import CellKind, kind_of
from keepwell.observe.worksheet import CHUNK, MalformedError, guarded_parser, local_name

BOOK = "xl/workbook.xml"
ROOT_RELATIONS = "_rels/.rels"
STYLES = "/styles"
TEXTS = "/sharedStrings"
SHEET_PART = "/worksheet"
OFFICE_DOCUMENT = "/officeDocument"

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str], None]
Characters = Callable[[str], None]


@dataclass(frozen=True)
class Parts:
    """What has to be known before a sheet can be read; ``sheets`` maps each sheet's title to its part, in order."""

    sheets: dict[str, str]
    texts: list[str]
    kinds: list[CellKind]
    is_1904: bool
    hidden: frozenset[str] = frozenset()  # titles of sheets that a spreadsheet does not show


def read_parts(archive: zipfile.ZipFile) -> Parts:
    """Read a workbook's parts.

    Raises:
        MalformedError: a part breaks the format.
        KeyError: a part is missing from the archive.
        xml.parsers.expat.ExpatError: a part is not XML.

    """
    book = _book(archive)
    relations = _relations(archive, book)
    sheets: dict[str, str] = {}
    dates: list[str] = []
    hidden: set[str] = set()

    def start(name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "workbookPr":
            dates.append(attributes.get("date1904", "0"))
        elif local_name(name) == "sheet":
            key = next((value for key, value in attributes.items() if local_name(key) == "id"), "")
            kind, part = relations.get(key, ("", ""))
            if kind.endswith(SHEET_PART):  # charts have sheets of their own kind
                sheets[attributes.get("name", key)] = part
                if attributes.get("state", "visible") != "visible":
                    hidden.add(attributes.get("name", key))

    _read(archive, book, start)
    parts = {kind.rpartition("/")[2]: part for kind, part in relations.values()}
    texts, styles = parts.get(TEXTS[1:]), parts.get(STYLES[1:])
    return Parts(
        sheets,
        _texts(archive, texts) if texts in archive.NameToInfo else [],
        _kinds(archive, styles) if styles in archive.NameToInfo else [],
        bool(dates) and dates[0] in ("1", "true"),
        frozenset(hidden),
    )


def _book(archive: zipfile.ZipFile) -> str:
    """Return the workbook's own part, which need not bear its usual name."""
    named = _relations(archive, "") if ROOT_RELATIONS in archive.NameToInfo else {}
    return next((part for kind, part in named.values() if kind.endswith(OFFICE_DOCUMENT)), BOOK)


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return kind and part of each relation of a part, by its id."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local_name(name) == "Relationship":
            # A target counts from the part's folder, or from the archive's root when it begins with a slash.
            target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip("/")
            found[attributes.get("Id", "")] = (attributes.get("Type", ""), target)

    _read(archive, posixpath.join(folder, "_rels", f"{name}.rels"), start)
    return found


def _texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    """Return the table of texts; runs of one text are joined, readings of East Asian signs left out."""
    texts: list[str] = []
    pieces: list[str] = []
    inside = [False, False]  # a text's characters; the reading of a sign

    def start(name: str, attributes: dict[str, str]) -> None:
        match local_name(name):
            case "t":
                inside[0] = not inside[1]
            case "rPh":
                inside[1] = True

    def end(name: str) -> None:
        match local_name(name):
            case "t":
                inside[0] = False
            case "rPh":
                inside[1] = False
            case "si":
                texts.append("".join(pieces))
                pieces.clear()

    def characters(text: str) -> None:
        if inside[0]:
            pieces.append(text)

    _read(archive, part, start, end, characters)
    return texts


def _kinds(archive: zipfile.ZipFile, part: str) -> list[CellKind]:
    """Return how the numbers of each cell style are to be read."""
    codes: dict[int, str] = {}
    formats: list[int] = []
    within: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        within.append(local_name(name))
        if within[-1] == "numFmt":
            codes[_number(attributes, "numFmtId")] = attributes.get("formatCode", "")
        elif within[-2:] == ["cellXfs", "xf"]:
            formats.append(_number(attributes, "numFmtId"))

    _read(archive, part, start, lambda name: within.__delitem__(-1))
    return [kind_of(number, codes.get(number)) for number in formats]


def _number(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(name, "0")
    if not text.isdigit():
        raise MalformedError(f"a style's {name} is {text[:20]!r}")
    return int(text)


def _read(
    archive: zipfile.ZipFile, part: str, start: Start, end: End | None = None, characters: Characters | None = None
) -> None:
    parser = guarded_parser()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, characters
    stream: IO[bytes]
    with archive.open(part) as stream:
        while chunk := stream.read(CHUNK):
            parser.Parse(chunk)
        parser.Parse(b"", True)
