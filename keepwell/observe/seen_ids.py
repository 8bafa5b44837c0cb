"""Ids that a file has brought already, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import blake2b

WINDOW = 200_000  # about 25 MB


class SeenIds:
    """The last ids of a file. A repetition further apart is left to the lake, which knows every id for ever.

    >>> seen = SeenIds()
    >>> seen.again("m-1"), seen.again("m-1")
    (False, True)
    """

    def __init__(self, window: int = WINDOW) -> None:
        self._window = window
        self._ids: OrderedDict[int, None] = OrderedDict()

    def again(self, identifier: str) -> bool:
        """Say whether the id was seen before, and remember it."""
        digest = int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
        if digest in self._ids:
            return True
        self._ids[digest] = None
        if len(self._ids) > self._window:
            self._ids.popitem(last=False)
        return False
