"""Values of a TOML table, each read as what it must be, or refused by name."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, overload

from keepwell.observe.mapping import only
from keepwell.vocabulary.errors import InputError

MOST = 1e15  # beyond it, cents are lost and amounts cannot be written out


@dataclass(frozen=True)
class Values:
    """A table and where it stands, for messages."""

    content: Mapping[str, Any]
    where: str

    def wrong(self, key: str, value: object, wanted: str) -> InputError:
        """Return the refusal of a value."""
        return InputError("plan.value", f"{key} cannot be {reprlib.repr(value)}.", where=self.where, value=value,
                          advice=f"Give {wanted}.")  # fmt: skip

    @overload
    def number(self, key: str) -> float | None: ...
    @overload
    def number(self, key: str, default: float) -> float: ...
    def number(self, key: str, default: float | None = None) -> float | None:
        """Return a number, or the default where there is none."""
        value = self.content.get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.wrong(key, value, "a number, without quotes")
        if not abs(value) <= MOST:  # not a number is not small either
            raise self.wrong(key, value, f"a number up to {MOST:,.0f}, without quotes")
        return float(value)

    def needed(self, key: str) -> float:
        """Return a number that must be there."""
        found = self.number(key)
        if found is None:
            raise InputError("plan.missing", f"{key} is missing.", where=self.where, advice=f"Give {key} = a number.")
        return found

    def text(self, key: str) -> str | None:
        """Return a text, or ``None``."""
        value = self.content.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, value, "text in quotes")
        return value

    def needed_text(self, key: str) -> str:
        """Return a text that must be there."""
        found = self.text(key)
        if not found:
            raise InputError("plan.missing", f"{key} is missing.", where=self.where, advice=f'Give {key} = "...".')
        return found

    def day(self, key: str) -> date:
        """Return a day that must be there."""
        value = self.content.get(key)
        if not isinstance(value, date):
            raise self.wrong(key, value, "a day such as 2011-06-01, without quotes")
        return date(value.year, value.month, value.day)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty where there is none."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, value, 'a list such as ["At risk", "Hibernating"]')
        return tuple(value)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a list of numbers, empty where there is none."""
        value = self.content.get(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, value, "a list of numbers")
        return tuple(Values({key: item}, self.where).needed(key) for item in value)

    def all_numbers(self) -> dict[str, float]:
        """Return the whole table as numbers by name."""
        return {key: self.needed(key) for key in self.content}

    def table(self, key: str, allowed: Sequence[str] | None = None) -> Values:
        """Return a table within this one, empty where there is none."""
        value, where = self.content.get(key, {}), f"{self.where}, [{key}]"
        if not isinstance(value, dict):
            raise self.wrong(key, value, f"a table: [{key}] and lines of name = value below it")
        if allowed is not None:
            only(value, allowed, where)
        return Values(value, where)

    def tables(self, key: str, allowed: Sequence[str]) -> Iterator[tuple[str, Values]]:
        """Yield the named tables below a key, such as ``[channels.radio]``."""
        whole = self.table(key)
        for name in whole.content:
            yield name, Values(whole.table(name, allowed).content, f"{self.where}, [{key}.{name}]")

    def many(self, key: str, allowed: Sequence[str]) -> Iterator[Values]:
        """Yield the tables of a list, such as ``[[experiments]]``."""
        value = self.content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(key, value, f"one table after the other, each under a line [[{key}]]")
        for number, item in enumerate(value, 1):
            where = f"{self.where}, [[{key}]] {number}"
            only(item, allowed, where)
            yield Values(item, where)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Let a refusal raised inside name this table, where it names no place itself."""
        try:
            yield
        except InputError as error:
            if error.where:
                raise
            raise InputError(
                error.code, error.message, where=self.where, value=error.value, advice=error.advice
            ) from error
