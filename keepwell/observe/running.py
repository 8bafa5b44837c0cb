"""Running numbers within a key over a stream of batches: the first line of an order is 1, the next 2, and so on."""

from __future__ import annotations

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
        encoded = pc.dictionary_encode(keys)
        codes = encoded.indices.to_numpy()
        order = np.argsort(codes, kind="stable")
        lengths = np.bincount(codes, minlength=len(encoded.dictionary))
        starts = np.cumsum(lengths) - lengths
        within = np.empty(len(codes), np.int64)
        within[order] = np.arange(len(codes)) - np.repeat(starts, lengths)
        hashes = np.array([hash(key) for key in encoded.dictionary.to_pylist()], np.int64)
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
