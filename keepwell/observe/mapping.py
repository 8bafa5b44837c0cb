"""Which column of a file is what: chosen, shown, saved and used again."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from keepwell.observe.fields import ALL_FIELDS, FIELDS, FileKind
from keepwell.observe.times import DateOrder
from keepwell.vocabulary.business import CURRENCY_CODE
from keepwell.vocabulary.errors import InputError

MOST_TOML = 1024 * 1024  # bytes; a device or a wrong file would otherwise be read until the memory is full
CONSTANTS = ("currency", "channel", "country", "campaign", "kind", "name")


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How the text of a file is to be read; ``None`` means: find out and say so.

    Args:
        encoding: e.g. ``"windows-1252"``.
        delimiter: one character.
        decimal: ``"."`` or ``","``.
        dates: a ``DateOrder`` such as ``"day-first"``.
        time_zone: IANA name of the zone whose wall clock the times show; the business zone when ``None``.

    """

    encoding: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    dates: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True)
class Mapping:
    """Target field → column of the file, with everything else that one has to know to read it.

    Args:
        columns: target field (see ``fields.FIELDS``) to column name.
        kind: what a row of the file is; ``None`` means: find out.
        read: how the text is to be read.
        constants: target field to one value for every row, e.g. ``{"currency": "GBP"}``.

    >>> Mapping.parse("ordered_at=Created", "amount=Net total").columns
    {'ordered_at': 'Created', 'amount': 'Net total'}

    """

    columns: AnyMapping[str, str] = field(default_factory=dict)
    kind: FileKind | None = None
    read: ReadOptions = ReadOptions()
    constants: AnyMapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, *texts: str) -> Self:
        """Return the mapping that ``field=column`` texts give; the column's name may itself hold ``=``."""
        columns: dict[str, str] = {}
        for text in texts:
            name, sign, column = text.partition("=")
            if not sign or not column:
                raise InputError(
                    "mapping.form", f"{text!r} is not of the form field=column.", value=text,
                    advice='Write, for example, --map ordered_at="Created".',
                )  # fmt: skip
            columns[name.strip()] = column.strip()
        return cls(columns=_known_fields(columns, None, "--map"))

    @staticmethod
    def fingerprint(header: Sequence[str]) -> str:
        """Return what tells one header from another: the same columns in the same order have the same fingerprint.

        >>> Mapping.fingerprint(["a", "b"]) == Mapping.fingerprint(["a", "b"]) != Mapping.fingerprint(["ab"])
        True
        """
        return hashlib.sha256(json.dumps(list(header)).encode()).hexdigest()[:16]

    def over(self, other: Mapping) -> Mapping:
        """Return this mapping laid over another: what this one says wins."""
        return Mapping(
            columns=_over(self.columns, other.columns),
            kind=self.kind or other.kind,
            read=replace(other.read, **{k: v for k, v in asdict(self.read).items() if v is not None}),
            constants={**other.constants, **self.constants},
        )

    def check(self, header: Sequence[str], where: str) -> None:
        """Raise InputError when a column is not in the header or a field does not exist for the kind."""
        _known_fields(self.columns, self.kind, where)
        for name, column in self.columns.items():
            if column not in header:
                raise InputError(
                    "mapping.column", f"There is no column {column!r} for {name}.", where=where, value=column,
                    advice=f"The columns are: {', '.join(header)}.",
                )  # fmt: skip

    def save(self, folder: Path, header: Sequence[str]) -> Path:
        """Write the mapping where ``find`` finds it for the next file with this header; returns the path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.fingerprint(header)}.toml"
        path.write_text(self.as_toml(), encoding="utf-8")
        return path

    @classmethod
    def find(cls, folder: Path, header: Sequence[str]) -> Mapping | None:
        """Return the mapping saved in ``folder`` for exactly this header, if there is one."""
        path = folder / f"{cls.fingerprint(header)}.toml"
        return cls.load(path) if path.exists() else None

    @classmethod
    def load(cls, path: Path) -> Mapping:
        """Read a mapping from TOML; raises InputError naming the key that is wrong."""
        return mapping_from(read_toml(path), str(path))

    def as_toml(self) -> str:
        """Return the mapping as TOML text, as ``load`` reads it.

        >>> print(Mapping(columns={"amount": "Net"}, kind=FileKind.ORDERS).as_toml())
        kind = "orders"
        <BLANKLINE>
        [columns]
        amount = "Net"
        <BLANKLINE>
        """
        read = {name: value for name, value in asdict(self.read).items() if value is not None}
        sections = [("read", read), ("columns", self.columns), ("constants", self.constants)]
        text = f"kind = {_quoted(self.kind)}\n" if self.kind else ""
        for title, values in sections:
            if values:
                text += f"\n[{title}]\n" + "".join(f"{k} = {_quoted(v)}\n" for k, v in values.items())
        return text


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file; raises InputError naming the line that is wrong."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_TOML + 1)
        if len(content) > MOST_TOML:
            raise InputError(
                "mapping.toml", f"The file is larger than {MOST_TOML // 1024} KB.", where=str(path),
                advice="Give a TOML file that a person wrote.",
            )  # fmt: skip
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except OSError as error:
        raise InputError("mapping.file", f"The file cannot be read: {error.strerror}.", where=str(path)) from error
    except RecursionError as error:
        raise InputError("mapping.toml", "Not valid TOML: brackets within brackets.", where=str(path)) from error
    except ValueError as error:  # besides what TOML forbids, bytes that are no text and numbers of thousands of digits
        raise InputError("mapping.toml", f"Not valid TOML: {error}.", where=str(path)) from error


def mapping_from(content: AnyMapping[str, Any], where: str) -> Mapping:
    """Build a mapping from the keys kind, read, columns and constants; raises InputError for anything else."""
    only(content, ("kind", "read", "columns", "constants"), where)
    kind = _kind(content.get("kind"), where)
    read = table(content, "read", where)
    only(read, tuple(asdict(ReadOptions())), f"{where}, [read]")
    options = ReadOptions(**texts(read, f"{where}, [read]"))
    _check_options(options, f"{where}, [read]")
    columns = texts(table(content, "columns", where), f"{where}, [columns]")
    constants = texts(table(content, "constants", where), f"{where}, [constants]")
    only(constants, CONSTANTS, f"{where}, [constants]")
    currency = constants.get("currency")
    if currency is not None and not CURRENCY_CODE.fullmatch(currency):
        raise _wrong(f"{where}, [constants]", "currency", currency, "a three-letter code such as EUR")
    return Mapping(_known_fields(columns, kind, f"{where}, [columns]"), kind, options, constants)


def only(content: AnyMapping[str, Any], allowed: Sequence[str], where: str) -> None:
    """Raise InputError for a key that is not allowed, naming the ones that are."""
    for key in content:
        if key not in allowed:
            raise InputError(
                "mapping.key", f"The key {key!r} is not known.", where=where, value=key,
                advice=f"Known are: {', '.join(allowed)}.",
            )  # fmt: skip


def table(content: AnyMapping[str, Any], key: str, where: str) -> dict[str, Any]:
    """Return a TOML table, empty when absent."""
    value = content.get(key, {})
    if not isinstance(value, dict):
        raise _wrong(where, key, value, f"a table: [{key}] and lines of name = value below it")
    return value


def texts(content: AnyMapping[str, Any], where: str) -> dict[str, str]:
    """Return a TOML table all of whose values are text."""
    for key, value in content.items():
        if not isinstance(value, str):
            raise _wrong(where, key, value, "text in quotes")
    return dict(content)


def _kind(value: object, where: str) -> FileKind | None:
    if value is None:
        return None
    try:
        return FileKind(str(value))
    except ValueError as error:
        raise _wrong(where, "kind", value, f"one of {', '.join(FileKind)}") from error


def _check_options(read: ReadOptions, where: str) -> None:
    if read.decimal not in (None, ".", ","):
        raise _wrong(where, "decimal", read.decimal, 'a "." or a ","')
    if read.delimiter is not None and len(read.delimiter) != 1:
        raise _wrong(where, "delimiter", read.delimiter, "one character")
    if read.dates is not None and read.dates not in tuple(DateOrder):
        raise _wrong(where, "dates", read.dates, f"one of {', '.join(DateOrder)}")
    if read.time_zone is not None:
        try:
            ZoneInfo(read.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise _wrong(where, "time_zone", read.time_zone, "an IANA name such as Europe/Warsaw") from error


def _known_fields(columns: AnyMapping[str, str], kind: FileKind | None, where: str) -> dict[str, str]:
    allowed = FIELDS[kind] if kind else ALL_FIELDS
    for name in columns:
        if name not in allowed:
            of_kind = f" of a file of {kind}" if kind else ""
            raise InputError(
                "mapping.field", f"There is no field {name!r}{of_kind}.", where=where, value=name,
                advice=f"The fields are: {', '.join(sorted(allowed))}.",
            )  # fmt: skip
    return dict(columns)


def _over(first: AnyMapping[str, str], second: AnyMapping[str, str]) -> dict[str, str]:
    """Lay one choice of columns over another; a column chosen by the first is not used twice."""
    taken = set(first.values())
    return {**{k: v for k, v in second.items() if v not in taken}, **first}


def _wrong(where: str, key: str, value: object, expected: str) -> InputError:
    message = f"The value of {key} cannot be {value!r}."
    return InputError("mapping.value", message, where=where, value=value, advice=f"Give {expected}.")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
