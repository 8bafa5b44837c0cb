"""A guard against JSON at which a parser written in C crashes the process: too deep, or numbers too long.

Seen with ijson 3.6 (yajl2_c): a number of more than 4,300 digits, which Python refuses to make, ends in a
segmentation fault; and deep nesting costs the square of its depth.
"""

from __future__ import annotations

import re
from typing import IO

import numpy as np

DEEPEST = 200  # no platform's record comes near

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONG_NUMBER = re.compile(rb"[0-9]{400}")
_STEP = np.zeros(256, np.int64)
_STEP[list(b"[{")] = 1
_STEP[list(b"]}")] = -1


class UnsafeJsonError(ValueError):
    """The JSON is nested more deeply than ``DEEPEST``, or holds a number of 400 digits."""


class JsonGuard:
    """Hands on the bytes of a file and raises UnsafeJsonError before a parser sees what it cannot stand.

    >>> guard = JsonGuard()
    >>> guard.check(b'[{"a": "[[[["}, '), guard.depth
    (b'[{"a": "[[[["}, ', 1)
    """

    def __init__(self, source: IO[bytes] | None = None) -> None:
        self._source = source
        self._open = b""  # what of a text the last chunk left open
        self._end = b""  # the last bytes, in which a number may have begun
        self.depth = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes of the file."""
        return b"" if self._source is None else self.check(self._source.read(size))

    def check(self, chunk: bytes) -> bytes:
        """Return the chunk if it is safe to parse."""
        bare = _STRING.sub(b"", self._open + chunk)
        at = bare.find(b'"')
        tail = bare[at:] if at >= 0 else b""
        is_escaped = (len(tail) - len(tail.rstrip(b"\\"))) % 2 == 1
        self._open = (b'"\\' if is_escaped else b'"') if tail else b""
        bare = bare[: len(bare) - len(tail)]
        if _LONG_NUMBER.search(self._end + bare):
            raise UnsafeJsonError("a number of 400 digits or more")
        self._end = (self._end + bare)[-400:] if not tail else b""
        steps = np.cumsum(_STEP[np.frombuffer(bare, np.uint8)])
        if len(steps):
            if self.depth + int(steps.max()) > DEEPEST:
                raise UnsafeJsonError(f"nested more than {DEEPEST} deep")
            self.depth += int(steps[-1])
        return chunk
