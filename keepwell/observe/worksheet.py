"""The rows of one worksheet's XML as texts, parsed as it is unpacked, so that a sheet of any length fits in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import IO
from xml.parsers import expat

from keepwell.observe.serial_date import CellKind, serial_text

CHUNK = 1 << 18  # bytes unpacked and parsed at a time
MOST_COLUMNS = 16_384  # Excel's own limit
MOST_PIECES = 4_096  # of at most 8 kB each: a cell of Excel holds 32,767 characters
KEPT_TEXTS = 1 << 16  # distinct numbers and moments whose text is remembered; most repeat
SEPARATOR = " "  # stands between the namespace and the name of an element
DIGITS = "0123456789"

Text = Callable[[str | None, str | None, str], str]


class MalformedError(ValueError):
    """A part of the workbook breaks the format; the text says how."""


def sheet_rows(
    stream: IO[bytes], text: Text, width: int = MOST_COLUMNS, uncalculated: Counter[int] | None = None
) -> Iterator[list[str]]:
    """Yield every row that holds something as texts, short rows as short lists; cells beyond ``width`` are left out.

    A formula gives the value that was stored with it, an error its code such as ``#N/A``.

    Args:
        stream: the XML of the sheet.
        text: turns a cell's type, style and stored text into its text; see `cell_text`.
        width: columns to read, at least 1.
        uncalculated: counts, by column from 0, formulas that have no stored value.

    Raises:
        MalformedError: it is no worksheet, or a cell says that it stands where none can.
        xml.parsers.expat.ExpatError: it is not XML.

    """
    sheet = _Sheet(text, width, uncalculated)
    parser = guarded_parser()
    parser.StartElementHandler, parser.EndElementHandler = sheet.start, sheet.end
    parser.CharacterDataHandler = sheet.characters
    while chunk := stream.read(CHUNK):
        parser.Parse(chunk)
        yield from sheet.rows
        sheet.rows.clear()
    parser.Parse(b"", True)
    yield from sheet.rows


def guarded_parser() -> expat.XMLParserType:
    """Return a parser that refuses entities, which no workbook needs and which can unfold without end."""
    parser = expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True

    def refuse(*_: object) -> None:
        raise MalformedError("it declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def local_name(element: str) -> str:
    """Return an element's name without its namespace.

    >>> local_name("http://schemas.openxmlformats.org/spreadsheetml/2006/main row"), local_name("row")
    ('row', 'row')
    """
    return element.rpartition(SEPARATOR)[2]


def cell_text(shared: Sequence[str], kinds: Sequence[CellKind], is_1904: bool) -> Text:
    """Return the function that turns a cell's type, style and stored text into its text.

    Args:
        shared: the workbook's table of texts.
        kinds: of each style, how its numbers are to be read.
        is_1904: whether days are counted from 1904.

    """

    @lru_cache(KEPT_TEXTS)
    def number(style: str | None, stored: str) -> str:
        kind = kinds[int(style)] if style and int(style) < len(kinds) else CellKind.NUMBER
        # Digits stay as they are: an order id of twenty of them would lose its last ones as a float.
        if kind is CellKind.NUMBER and stored.isascii() and stored.isdigit():
            return stored
        return serial_text(float(stored), kind, is_1904)

    def text(form: str | None, style: str | None, stored: str) -> str:
        if form == "s":
            return shared[int(stored)] if stored else ""
        if form is None or form == "n":
            return number(style, stored.strip()) if stored else ""
        if form == "b":
            return "True" if stored.strip() in ("1", "true") else "False"
        return stored.strip().replace("T", " ", 1).removesuffix("Z") if form == "d" else stored

    return text


class _Sheet:
    """What the parser has seen of the sheet so far."""

    def __init__(self, text: Text, width: int, uncalculated: Counter[int] | None) -> None:
        self.rows: list[list[str]] = []
        self._text, self._width = text, width
        self._uncalculated: Counter[int] = Counter() if uncalculated is None else uncalculated
        self._is_formula = False  # seen in this cell
        self._space: str | None = None
        self._row = self._cell = self._value = self._inline = self._phonetic = self._formula = ""
        self._values: list[str] = []
        self._pieces: list[str] = []
        self._is_inside = False  # within a stored value, so that characters count
        self._is_phonetic = False
        self._form: str | None = None
        self._style: str | None = None
        self._column = -1
        self._columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._cell:
            get = attributes.get
            self._form, self._style = get("t"), get("s")
            reference = get("r")
            # A cell that does not say where it stands follows the one before.
            letters = "" if reference is None else reference.rstrip(DIGITS)
            self._column = self._columns[letters] if letters in self._columns else self._column_of(letters)
        elif name == self._value or (name == self._inline and not self._is_phonetic):
            self._is_inside = True
        elif name == self._row:
            self._column = -1
        elif name == self._phonetic:
            self._is_phonetic = True
        elif name == self._formula:
            self._is_formula = True
        elif self._space is None:
            self._begin(name)

    def end(self, name: str) -> None:
        if name == self._cell:
            pieces = self._pieces
            if pieces:
                if self._column < self._width:
                    self._put(pieces[0] if len(pieces) == 1 else "".join(pieces))
                pieces.clear()
            elif self._is_formula and self._form in (None, "n"):  # a number without digits; empty text is a value
                self._uncalculated[self._column] += 1
            self._is_formula = False
        elif name == self._value or name == self._inline:
            self._is_inside = False
        elif name == self._row:
            if any(self._values):
                self.rows.append(self._values)
            self._values = []
        elif name == self._phonetic:
            self._is_phonetic = False

    def characters(self, text: str) -> None:
        if self._is_inside:
            self._pieces.append(text)
            if len(self._pieces) > MOST_PIECES:
                raise MalformedError("a cell holds more text than any spreadsheet lets it")

    def _begin(self, name: str) -> None:
        """Learn the namespace: transitional and strict workbooks have different ones."""
        if local_name(name) != "worksheet":
            raise MalformedError(f"a sheet begins with {local_name(name)!r}")
        self._space = name.removesuffix("worksheet")
        self._row, self._cell, self._value, self._inline, self._phonetic, self._formula = (
            self._space + each for each in ("row", "c", "v", "t", "rPh", "f")
        )

    def _put(self, stored: str) -> None:
        try:
            text = self._text(self._form, self._style, stored)
        except (ValueError, IndexError, OverflowError) as error:
            raise MalformedError(f"a cell of type {self._form or 'n'} holds {stored[:40]!r}") from error
        missing = self._column - len(self._values)
        if missing:
            if missing < 0:
                raise MalformedError("the cells of a row are out of order")
            self._values += [""] * missing
        self._values.append(text)

    def _column_of(self, letters: str) -> int:
        if not letters:
            return self._column + 1
        column = self._columns[letters] = _index(letters)
        return column


def _index(letters: str) -> int:
    if not (letters.isascii() and letters.isupper() and len(letters) <= 3):
        raise MalformedError(f"there is no column {letters[:10]!r}")
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    if index > MOST_COLUMNS:
        raise MalformedError(f"there is no column {letters!r}")
    return index - 1
