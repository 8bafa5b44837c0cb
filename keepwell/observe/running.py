"""Running numbers within a key over a stream of batches: the first line of an order is 1, the next 2, and so on."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_RECENT = 200_000  # keys held in a dictionary before they move to the packed arrays


class RunningNumber:
    """Counts how often each key was seen, across batches.

    Memory: 12 bytes a distinct key (a 64-bit hash and a count) and up to 200,000 recent keys in a dictionary, so ten
    million orders take about 150 MB. Two keys with the same hash, one chance in a million at that size, share a
    count; their numbers then have gaps but stay unique within each key.

    >>> running = RunningNumber()
    >>> running.next(pa.array(["a", "b", "a"])).tolist(), running.next(pa.array(["a", "c"])).tolist()
    ([1, 1, 2], [3, 1])

    """

    def __init__(self) -> None:
        self._recent: dict[int, int] = {}
        self._keys = np.empty(0, np.int64)
        self._counts = np.empty(0, np.int32)

    def next(self, keys: pa.Array) -> npt.NDArray[np.int32]:
        """Return the number of each key among all keys equal to it so far, from 1, in order; keys may not be null."""
        if not len(keys):
            return np.empty(0, np.int32)
        distinct, codes, lengths, within = _grouped(keys)
        hashes = np.array([hash(key) for key in distinct], np.int64)
        before = self._add(hashes, lengths)
        return np.asarray(before[codes] + within + 1, np.int32)

    def _add(self, hashes: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the counts before this batch and add its own."""
        before = np.zeros(len(hashes), np.int64)
        packed = np.zeros(len(hashes), bool)
        if len(self._keys):
            at = np.minimum(np.searchsorted(self._keys, hashes), len(self._keys) - 1)
            packed = self._keys[at] == hashes
            before[packed] = self._counts[at[packed]]
            np.add.at(self._counts, at[packed], lengths[packed].astype(np.int32))
        for position in np.flatnonzero(~packed).tolist():
            key = int(hashes[position])
            seen = self._recent.get(key, 0)
            before[position] = seen
            self._recent[key] = seen + int(lengths[position])
        if len(self._recent) > _RECENT:
            self._pack()
        return before

    def _pack(self) -> None:
        keys = np.concatenate([self._keys, np.fromiter(self._recent, np.int64, len(self._recent))])
        counts = np.concatenate([self._counts, np.fromiter(self._recent.values(), np.int32, len(self._recent))])
        order = np.argsort(keys)
        self._keys, self._counts, self._recent = keys[order], counts[order], {}


class LineNumber:
    """Numbers the lines of each order with bounded memory, however many orders there are.

    The lines of an order that stand near each other, as in any export that is sorted by order or time, are 1, 2, 3 …
    An order that comes back after ``window`` others goes on from the number of rows read so far: its lines stay
    unique and in order, but their numbers have a gap. What has left the window is remembered in a Bloom filter of
    32 MiB (two bits a key, so of twenty million orders about one in fifty begins with a gap that it need not have).

    >>> lines = LineNumber(window=2)
    >>> lines.next(pa.array(["a", "a", "b"])).tolist(), lines.next(pa.array(["b", "c", "d", "e"])).tolist()
    ([1, 2, 1], [2, 1, 1, 1])
    >>> lines.next(pa.array(["f", "g", "h"])).tolist(), lines.next(pa.array(["a"])).tolist()
    ([1, 1, 1], [11])

    """

    def __init__(self, window: int = 100_000) -> None:
        self._window = window
        self._newer: dict[str, int] = {}
        self._older: dict[str, int] = {}
        self._gone: npt.NDArray[np.uint8] | None = None
        self._rows = 0

    def next(self, keys: pa.Array) -> npt.NDArray[np.int32]:
        """Return a number for each key that no earlier row of the same key has, growing; keys may not be null."""
        if not len(keys):
            return np.empty(0, np.int32)
        distinct, codes, lengths, within = _grouped(keys)
        before = np.fromiter((self._before(key) for key in distinct), np.int64, len(distinct))
        for key, count in zip(distinct, (before + lengths).tolist(), strict=True):
            self._newer[key] = count
        self._rows += len(keys)
        if len(self._newer) > self._window:
            self._forget(self._older)
            self._older, self._newer = self._newer, {}
        return np.asarray(before[codes] + within + 1, np.int32)

    def _before(self, key: str) -> int:
        known = self._newer.get(key)
        if known is None:
            known = self._older.get(key)
        if known is None:
            known = self._rows if self._is_gone(key) else 0
        return known

    def _is_gone(self, key: str) -> bool:
        if self._gone is None:
            return False
        return all(self._gone[bit >> 3] & (1 << (bit & 7)) for bit in _bits(key))

    def _forget(self, keys: Iterable[str]) -> None:
        bits = np.array([bit for key in keys for bit in _bits(key)], np.int64)
        if not len(bits):
            return
        if self._gone is None:
            self._gone = np.zeros(_BLOOM_BITS >> 3, np.uint8)
        np.bitwise_or.at(self._gone, bits >> 3, (1 << (bits & 7)).astype(np.uint8))


_BLOOM_BITS = 1 << 28


def _bits(key: str) -> tuple[int, int]:
    # crc32, unlike hash(), is the same in every process: the same file always gets the same numbers
    text = key.encode()
    first = zlib.crc32(text)
    return first % _BLOOM_BITS, zlib.crc32(text, first ^ 0x9E3779B9) % _BLOOM_BITS


def _grouped(
    keys: pa.Array,
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the distinct keys, each row's code among them, each key's count, and each row's place within its key."""
    encoded = pc.dictionary_encode(keys)
    codes = encoded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    lengths = np.bincount(codes, minlength=len(encoded.dictionary))
    starts = np.cumsum(lengths) - lengths
    within = np.empty(len(codes), np.int64)
    within[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
    return encoded.dictionary.to_pylist(), codes, lengths, within
