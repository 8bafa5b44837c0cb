"""Typed readers of the environment; a value that cannot be read stops the start with the variable's name."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from keepwell.vocabulary.errors import InputError

FALSE = frozenset({"0", "false", "no", "off"})
TRUE = frozenset({"1", "true", "yes", "on"})


def text(name: str, default: str = "") -> str:
    """Return a text; a secret may stand in a file instead, whose path is in ``NAME_FILE``."""
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return os.environ.get(name, default)
    if name in os.environ:
        message = f"Both {name} and {name}_FILE are set."
        raise InputError("setting.twice", message, where=name, advice="Unset one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        message = f"The file of {name} cannot be read: {error}."
        raise InputError("setting.file", message, where=f"{name}_FILE", value=path, advice="Mend the path.") from error


def whole_number(name: str, default: int, *, least: int = 0) -> int:
    """Return a whole number of at least ``least``."""
    written = text(name)
    if not written:
        return default
    try:
        number = int(written)
    except ValueError:
        number = least - 1
    if number < least:
        message = f"{name} cannot be {written!r}."
        raise InputError("setting.number", message, where=name, value=written, advice=f"Give {least} or more.")
    return number


def switch(name: str, *, default: bool) -> bool:
    """Return yes or no."""
    written = text(name).strip().lower()
    if not written:
        return default
    if written not in TRUE | FALSE:
        message = f"{name} cannot be {written!r}."
        raise InputError("setting.switch", message, where=name, value=written, advice="Give yes or no.")
    return written in TRUE


def address(name: str) -> SplitResult | None:
    """Return a web address such as ``https://keepwell.example.com``; ``None`` when it is not set."""
    written = text(name).strip()
    if not written:
        return None
    parts = urlsplit(written)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        message = f"{name} cannot be {written!r}."
        advice = "Give the address of the site alone, such as https://keepwell.example.com."
        raise InputError("setting.address", message, where=name, value=written, advice=advice)
    return parts
