"""What can go wrong, said so that the reader can act on it."""

from __future__ import annotations

from typing import Any


class KeepwellError(Exception):
    """A refusal or failure with a stable code, the place, the offending value, and what to do.

    Args:
        code: a stable dotted name such as ``"file.empty"``; programs match on it, never on the message.
        message: one plain sentence saying what is wrong.
        where: the file, row or column, when there is one.
        value: the offending value.
        advice: what to do about it.

    >>> print(KeepwellError("file.empty", "The file has no rows.", where="orders.csv", advice="Export again."))
    orders.csv: The file has no rows. Export again.

    """

    def __init__(self, code: str, message: str, *, where: str = "", value: object = None, advice: str = "") -> None:
        self.code = code
        self.message = message
        self.where = where
        self.value = value
        self.advice = advice
        super().__init__(str(self))

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return " ".join(part for part in (f"{place}{self.message}", self.advice) if part)

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross between processes by pickle, which would hand the whole sentence to __init__ as the code.
        fields = {name: getattr(self, name) for name in ("where", "value", "advice")}
        return _raised_again, (type(self), self.code, self.message, fields)

    def as_dict(self) -> dict[str, str]:
        """Return the error as the JSON object that commands print under ``--json``."""
        fields = {"code": self.code, "message": self.message, "where": self.where, "advice": self.advice}
        if self.value is not None:
            fields["value"] = str(self.value)
        return fields


def _raised_again(kind: type[KeepwellError], code: str, message: str, fields: dict[str, Any]) -> KeepwellError:
    return kind(code, message, **fields)


class InputError(KeepwellError, ValueError):
    """What was handed in cannot be used: a file, a column, an option, a table."""


class LakeError(KeepwellError):
    """The lake could not be read or written; nothing was half-done."""


class NotIdentifiedError(KeepwellError):
    """The question cannot be answered from these facts; the message says what would make it so."""
