"""Records of a JSON file, one at a time, whatever its size.

Three shapes are read, gzip-compressed or not: one JSON object a line (JSONL), one array of objects (also several one
after another, as when pages of an API were appended), and an envelope such as ``{"object": "list", "data": [...]}``.
Records are numbered from 1; in JSONL the number is that of the line. Amounts stay exact: a number with a decimal
point becomes a ``Decimal``, never a float. A line that is not a JSON object is handed on with its problem, so that it
is refused by number; an array that breaks off cannot be read past the break and raises InputError.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from decimal import Decimal
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import IO, Any, NamedTuple, NoReturn, cast

import ijson

from keepwell.observe.json_guard import JsonGuard, UnsafeJsonError
from keepwell.observe.regular_file import check_regular, file_name
from keepwell.vocabulary.errors import InputError

HEAD_BYTES = 64 * 1024
LONGEST_LINE = 16 * 1024 * 1024  # a longer line is refused: one record must fit in memory many times over
ENVELOPES = ("data", "orders")  # keys of an object that holds the records as its array
GZIP_MAGIC = b"\x1f\x8b"
BOM = b"\xef\xbb\xbf"
_NO_NUMBER = re.compile(r"\b(NaN|Infinity)\b")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class JsonRecord(NamedTuple):
    """One record: its number, its object or what is wrong with it, and the bytes of its line where there is one."""

    row: int
    value: dict[str, Any] | None
    problem: str
    line: bytes | None

    @property
    def raw(self) -> str:
        """The record as JSON text, for the file of refused rows."""
        if self.line is not None:
            return self.line.decode("utf-8", "replace").rstrip("\r\n")
        return json.dumps(self.value, ensure_ascii=True, default=str)

    @property
    def size(self) -> int:
        """Rough size in bytes, by which batches are cut."""
        return len(self.line) if self.line is not None else 2000


class JsonFile:
    """A JSON file that is read as a stream of records; ``progress`` is the fraction of its bytes read so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.progress = 0.0
        head = read_head(path)
        if not head.strip():
            raise InputError("file.empty", "The file has no records.", where=file_name(path), advice="Export it again.")
        if b"\x00" in head[:4]:
            raise InputError(
                "file.encoding",
                "The file is not UTF-8.",
                where=file_name(path),
                advice="Save it as UTF-8 and import again.",
            )
        self.prefix = shape_of(head)

    def records(self) -> Iterator[JsonRecord]:
        """Yield the records in their order; raises InputError when the file breaks off."""
        try:
            with self.path.open("rb") as raw:
                size = max(self.path.stat().st_size, 1)
                source = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if _is_gzip(self.path) else raw
                produce = _lines(source) if self.prefix is None else _items(source, self.prefix)
                record = None
                for record in produce:
                    if record.row % 256 == 1:
                        self.progress = min(1.0, raw.tell() / size)
                    yield record
                self.progress = 1.0
                if record is None:
                    message, advice = "The file holds no records.", "Export it again."
                    raise InputError("file.no_rows", message, where=file_name(self.path), advice=advice)
        except (OSError, EOFError, zlib.error) as error:
            self._broken(error)
        except (ijson.JSONError, UnsafeJsonError) as error:
            self._broken(error)

    def _broken(self, error: Exception) -> NoReturn:
        reason, advice = _what_broke(error)
        message = f"The file cannot be read to its end ({reason})."
        raise InputError(
            "file.broken", message, where=file_name(self.path), advice=f"{advice} Nothing was imported."
        ) from error


def _what_broke(error: Exception) -> tuple[str, str]:
    """Return what is wrong with the file, and what to do about it."""
    text = str(error)
    reason = text.splitlines()[0].removesuffix(".") if text else type(error).__name__
    if isinstance(error, UnsafeJsonError):
        return reason, "No shop or platform writes such records: mend the file or export it again."
    if isinstance(error, (EOFError, zlib.error)) or "EOF" in text or "ncomplete" in text:
        return reason, "It was probably cut off while it was copied: export or copy it again."
    if isinstance(error, OSError):
        return reason, "Copy it again."
    if _NO_NUMBER.search(text):
        return "NaN or Infinity is no JSON number", "Write null in its place, or export it again."
    return f"it is not valid JSON: {reason}", "Something else than JSON stands there: mend it or export it again."


def read_head(path: Path, size: int = HEAD_BYTES) -> bytes:
    """Return the first bytes of a file, unpacked if it is gzip, without a byte order mark.

    Raises:
        InputError: the file is missing or cannot be opened.

    """
    check_regular(path)
    try:
        with path.open("rb") as file:
            return unpacked(file.read(size))
    except OSError as error:
        message = f"The file cannot be opened ({error.strerror or error})."
        raise InputError(
            "file.unreadable", message, where=file_name(path), advice="Check its name and rights."
        ) from error


def unpacked(head: bytes) -> bytes:
    """Return a file's first bytes as text bytes: gzip is unpacked as far as it goes and the byte order mark taken off.

    >>> unpacked(gzip.compress(b'{"a": 1}'))
    b'{"a": 1}'
    """
    if head.startswith(GZIP_MAGIC):
        try:
            head = zlib.decompressobj(31).decompress(head, HEAD_BYTES)
        except zlib.error:
            return b""
    return head.removeprefix(BOM)


def shape_of(head: bytes) -> str | None:
    """Return the ijson prefix of the records, or ``None`` when the file has one record a line.

    >>> shape_of(b'[{"id": 1}]'), shape_of(b'{"object": "list", "data": [{"id": 1}]}'), shape_of(b'{"id": 1}')
    ('item', 'data.item', None)
    """
    text = head.lstrip()
    if text.startswith(b"["):
        return "item"
    envelope = _envelope(text)
    if envelope:
        return f"{envelope}.item"
    lines = text.split(b"\n", 2)
    spread_over_lines = len(lines) > 1 and (lines[0].strip() == b"{" or lines[1][:1] in (b" ", b"\t", b'"'))
    return "" if spread_over_lines else None


def glimpse(head: bytes) -> dict[str, Any]:
    """Return the paths of the first record, as far as the head reaches, each with its first plain value.

    >>> glimpse(b'[{"id": 1, "billing": {"email": "a@b.c"}}]')
    {'id': 1, 'billing': None, 'billing.email': 'a@b.c'}
    """
    head = unpacked(head)
    if not head.strip():
        return {}
    start = shape_of(head) or ""
    inside = f"{start}." if start else ""
    found: dict[str, Any] = {}
    try:
        for prefix, event, value in ijson.parse(JsonGuard(BytesIO(head)), multiple_values=True):
            if prefix == start and event == "end_map":
                break
            if prefix.startswith(inside) and prefix != start and event not in ("map_key", "end_map", "end_array"):
                found.setdefault(prefix[len(inside) :], value)
    except (ijson.JSONError, UnicodeDecodeError, UnsafeJsonError):
        return found  # the head ends in the middle of a record, or this is no JSON: what was seen is the answer
    return found


def _envelope(text: bytes) -> str | None:
    try:
        for prefix, event, _ in ijson.parse(JsonGuard(BytesIO(text)), multiple_values=True):
            if event == "start_array" and prefix in ENVELOPES:
                return str(prefix)
            if prefix == "" and event == "end_map":
                return None
    except (ijson.JSONError, UnicodeDecodeError, UnsafeJsonError):
        return None
    return None


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def _items(source: IO[bytes], prefix: str) -> Iterator[JsonRecord]:
    if source.read(3) != BOM:
        source.seek(0)
    for row, value in enumerate(ijson.items(JsonGuard(source), prefix, multiple_values=True), start=1):
        if isinstance(value, dict):
            yield JsonRecord(row, value, "", None)
        else:
            yield JsonRecord(row, None, "not a JSON object", json.dumps(value, default=str).encode())


def _lines(source: IO[bytes]) -> Iterator[JsonRecord]:
    row = 0
    while line := source.readline(LONGEST_LINE):
        row += 1
        if row == 1:
            line = line.removeprefix(BOM)
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            _skip_line(source)
            yield JsonRecord(row, None, f"longer than {LONGEST_LINE // 2**20} MiB", line[:1000])
        elif line.strip():
            value, problem = parse_record(line)
            yield JsonRecord(row, value, problem, line)


def _skip_line(source: IO[bytes]) -> None:
    while (rest := source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        continue


def parse_record(line: bytes) -> tuple[dict[str, Any] | None, str]:
    """Return the JSON object of a line and an empty text, or ``None`` and what is wrong with it.

    >>> parse_record(b'{"amount": 1.10}'), parse_record(b'[1]'), parse_record(b'{"a":')[0]
    (({'amount': Decimal('1.10')}, ''), (None, 'not a JSON object'), None)
    """
    try:
        value = json.loads(line.decode("utf-8"), parse_float=Decimal, parse_constant=_no_constant)
        if _SURROGATE.search(line):
            json.dumps(value, ensure_ascii=False, default=str).encode("utf-8")  # half of a surrogate pair is no text
    except UnicodeError:
        return None, "not UTF-8 text"
    except RecursionError:
        return None, "nested too deeply"
    except (ValueError, ArithmeticError) as error:
        return None, f"not valid JSON: {error}"
    return (value, "") if isinstance(value, dict) else (None, "not a JSON object")


def json_text(value: Any) -> str:
    """Return a value as JSON text for people and queries; facts take their amounts elsewhere, exactly.

    >>> json_text({"price": Decimal("71.14"), "name": "호랑이"})
    '{"price": 71.14, "name": "호랑이"}'
    """
    return json.dumps(value, ensure_ascii=False, default=_plain_number)


def _plain_number(number: Decimal) -> float | str:
    near = float(number)  # its shortest text is the number as written, up to 15 digits
    return near if isfinite(near) else str(number)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
