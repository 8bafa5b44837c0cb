"""What a text file is made of: its encoding and its delimiter, found out from the bytes and said."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from keepwell.observe.regular_file import file_name
from keepwell.vocabulary.errors import InputError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
PROFILE = """a file my_shop.toml with the lines: name = "my_shop" / [read] / delimiter = "^" (each on its own)."""
_CHUNK = 8 << 20
_SAMPLE = 1 << 20
_UNDEFINED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_CENTRAL = set("ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžČĎĚŇŘŠŤŮŽőűŐŰășțăâîäöüßáéíúýÁÉÍÚÝÄÖÜ")
_WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜœŒ")


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by its Python name, the length of the byte order mark, and the sentence that says so."""

    name: str
    bom: int
    finding: str


def detect_encoding(path: Path, wanted: str | None = None) -> Encoding:
    """Return the encoding of a text file, which then decodes without an error to its last byte.

    A byte order mark decides; then UTF-8, if the whole file is valid; then Korean (cp949) if nearly all pairs are
    common Hangul; then windows-1250 or windows-1252 by which gives letters where words have them; then latin-1.

    Raises:
        InputError: the file is empty, holds NUL bytes, or is not in the ``wanted`` encoding.

    """
    if not path.stat().st_size:
        raise InputError("file.empty", "The file is empty.", where=file_name(path), advice="Export it again.")
    if wanted:
        return _wanted(path, wanted)
    with path.open("rb") as file:
        head = file.read(4)
    for bom, name in _BOMS:
        if head.startswith(bom):
            _decodes(path, name, len(bom), report=True)
            said = f"Encoding: {'UTF-8' if name == 'utf-8' else 'UTF-16'} with a byte order mark."
            return Encoding(name, len(bom), said)
    failed_at = _decodes(path, "utf-8", 0)
    if failed_at is None:
        return Encoding("utf-8", 0, "Encoding: UTF-8.")
    return _legacy(path, failed_at)


def _wanted(path: Path, wanted: str) -> Encoding:
    try:
        name = codecs.lookup(wanted).name
    except LookupError as error:
        advice = "Try utf-8, windows-1252, windows-1250 or cp949."
        message = f"There is no encoding {wanted!r}."
        raise InputError("file.encoding", message, where=file_name(path), value=wanted, advice=advice) from error
    with path.open("rb") as file:
        head = file.read(4)
    boms = {"utf-16": _BOMS[1:], "utf-8": _BOMS[:1], "utf-8-sig": _BOMS[:1]}.get(name, ())
    found = next(((bom, exact) for bom, exact in boms if head.startswith(bom)), None)
    bom_length, name = (len(found[0]), found[1]) if found else (0, name)
    _decodes(path, name, bom_length, report=True)
    return Encoding(name, bom_length, f"Encoding: {wanted}, as you said.")


def _decodes(path: Path, name: str, skip: int, report: bool = False) -> int | None:
    """Decode the whole file; ``None`` when that works, else the byte at which it fails (raised if ``report``)."""
    decoder = codecs.getincrementaldecoder(name)()
    done, text = skip, ""
    with path.open("rb") as file:
        file.seek(skip)
        while chunk := file.read(_CHUNK):
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return _undecodable(path, name, done + error.start) if report else done + error.start
            if "\0" in text:
                raise _nul(path, done + chunk.find(b"\0"))
            done += len(chunk)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return _undecodable(path, name, done) if report else max(done - 1, 0)
    return None


def _undecodable(path: Path, name: str, at: int) -> int:
    message = f"The byte at position {at:,} is not {name}."
    advice = "Export the file as UTF-8, or say its encoding in a profile ([read] encoding) and import with --profile."
    raise InputError("file.encoding", message, where=file_name(path), value=at, advice=advice)


def _nul(path: Path, at: int) -> InputError:
    message = f"The file holds a NUL byte at position {at:,}, so it is not a text file or it is damaged."
    return InputError("file.nul", message, where=file_name(path), value=at, advice="Export it again as CSV in UTF-8.")


def _legacy(path: Path, failed_at: int) -> Encoding:
    with path.open("rb") as file:
        whole_start = file.read(_SAMPLE)
        file.seek(max(0, failed_at - 1000))
        sample = file.read(_SAMPLE)
    if b"\0" in whole_start:
        raise _nul(path, whole_start.find(b"\0"))
    for name, good in (("cp949", _looks_korean(sample)), (_eight_bit(sample), True)):
        if good and _decodes(path, name, 0) is None:
            return Encoding(name, 0, f"Encoding: {_LABEL[name]}, guessed from the letters; say otherwise if wrong.")
    return Encoding("latin-1", 0, "Encoding: latin-1, because nothing else fits; say otherwise if letters look wrong.")


_LABEL = {
    "cp949": "cp949 (Korean)",
    "cp1250": "windows-1250 (Central European)",
    "cp1252": "windows-1252 (Western European)",
    "latin-1": "latin-1",
}


def _looks_korean(sample: bytes) -> bool:
    """Say whether bytes beyond ASCII come in pairs of the 2,350 common Hangul syllables (KS X 1001)."""
    high = re.findall(rb"[\x80-\xff]+", sample)
    total = sum(len(run) for run in high)
    hangul = sum(2 * len(re.findall(rb"[\xb0-\xc8][\xa1-\xfe]", run)) for run in high if len(run) % 2 == 0)
    return total > 0 and hangul > 0.8 * total


def _eight_bit(sample: bytes) -> str:
    scores = {
        "cp1250": _letters(sample.decode("cp1250", errors="replace"), _CENTRAL),
        "cp1252": _letters(sample.decode("cp1252", errors="replace"), _WESTERN),
    }
    if scores["cp1250"] > scores["cp1252"]:
        return "cp1250"
    return "latin-1" if _UNDEFINED_1252.search(sample) else "cp1252"


def _letters(text: str, expected: set[str]) -> int:
    """Count expected letters; a sign inside a word, such as ³ in Micha³, or a rare letter counts against."""
    good = sum(count for letter, count in Counter(text).items() if letter in expected)
    bad = len(re.findall(r"(?<=[^\W\d_])[^\x00-\x7f\w\s€£]|[^\x00-\x7f\w\s€£](?=[^\W\d_])|[¹²³ºª](?=[^\W\d_])", text))
    alone = len(re.findall(r"(?<![^\W\d_])[ŁłĽľĄąŞşŻż](?![^\W\d_])", text))  # £ and the like, read as letters
    return good - 2 * bad - 3 * alone


def detect_delimiter(text: str, where: str) -> tuple[str, str]:
    r"""Return the delimiter of CSV text and a sentence about it.

    The winner splits the first line and most other lines into the same number of fields, at least two.

    Raises:
        InputError: none does.

    >>> detect_delimiter("a;b\n1,5;2\n2,5;3\n", "orders.csv")
    (';', 'Delimiter: semicolon.')

    """
    best, score = "", 0.0
    for delimiter in DELIMITERS:
        counts = [len(record) for record in records(text, delimiter, 200)]
        if not counts or counts[0] < 2:
            continue
        agreement = sum(count == counts[0] for count in counts) / len(counts)
        if agreement + counts[0] / 1000 > score:
            best, score = delimiter, agreement + counts[0] / 1000
    if best:
        return best, f"Delimiter: {DELIMITERS[best]}."
    first = re.split(r"\r\n|\n|\r", text.lstrip("\r\n"), maxsplit=1)[0]
    raise InputError(
        "file.delimiter", f"Only one column was found in the first line, {first[:80]!r}.", where=where,
        advice="The columns must be divided by a comma, a semicolon, a tab or a vertical bar; if another sign "
        f"divides them, say it in a profile, and import with --profile: {PROFILE}",
    )  # fmt: skip


def records(text: str, delimiter: str, limit: int) -> list[list[str]]:
    """Return the first records of CSV text; the last one, which may be cut off, is left out if there are others."""
    found: list[list[str]] = []
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if record:
                found.append(record)
            if len(found) > limit:
                return found[:limit]
    except csv.Error:  # a field beyond the reader's limit: most likely a quote that is never closed
        return found
    return found
