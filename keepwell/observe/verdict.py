"""Which rows of a batch are refused, and why: every row has at most one reason, the first that was found."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.observe.importer import REFUSED_SCHEMA
from keepwell.vocabulary.refusal import Refusal

Mask = npt.NDArray[np.bool_]
RAW_LENGTH = 4000  # characters of a refused row that are kept for people to look at


class Verdict:
    """Collects refusals over the rows of one batch without making an object per row.

    >>> verdict = Verdict(2)
    >>> verdict.refuse(np.array([True, False]), Refusal.ZERO_PRICE, "Price", pa.array(["0", "1"]))
    >>> verdict.kept.tolist()
    [False, True]
    >>> verdict.refused(np.array([7, 8]), pa.table({"Price": ["0", "1"]})).to_pylist()
    [{'row': 7, 'reason': 'zero_price', 'detail': "Price is '0'", 'raw': '0'}]

    """

    def __init__(self, length: int) -> None:
        self._entry = np.full(length, -1, np.int16)
        self._entries: list[tuple[Refusal, str, pa.Array | None]] = []

    @property
    def kept(self) -> Mask:
        """True for rows that nothing has refused so far."""
        return np.asarray(self._entry < 0)

    def refuse(self, mask: Mask, reason: Refusal, detail: str, values: pa.Array | None = None) -> None:
        """Refuse the rows of ``mask`` that are not refused yet.

        Args:
            mask: true where the reason holds.
            reason: its name.
            detail: the column at fault when ``values`` is given, a phrase otherwise.
            values: the column's values, one per row of the batch.

        """
        new = mask & self.kept
        if new.any():
            self._entry[new] = len(self._entries)
            self._entries.append((reason, detail, values))

    def refused(self, rows: npt.NDArray[np.int64], original: pa.Table) -> pa.Table:
        """Return the refused rows in ``REFUSED_SCHEMA``, in the order of the file."""
        parts = []
        for number, (reason, detail, values) in enumerate(self._entries):
            at = np.flatnonzero(self._entry == number)
            parts.append(_part(rows[at], reason, _details(detail, values, at), as_csv(original.take(pa.array(at)))))
        if not parts:
            return REFUSED_SCHEMA.empty_table()
        return pa.concat_tables(parts).sort_by("row")


def unreadable(rows: list[int], details: list[str], raw: list[str]) -> pa.Table:
    """Return refusals of rows that could not even be split into fields."""
    reasons = [Refusal.UNREADABLE_ROW.value] * len(rows)
    columns = [pa.array(rows, pa.int64()), pa.array(reasons, pa.string()), pa.array(details, pa.string())]
    return pa.table([*columns, pa.array([text[:RAW_LENGTH] for text in raw], pa.string())], schema=REFUSED_SCHEMA)


def as_csv(table: pa.Table) -> pa.Array:
    """Return each row as a line of CSV text.

    >>> as_csv(pa.table({"a": ["x,y", "z"], "b": [1, None]})).to_pylist()
    ['"x,y",1', 'z,']
    """
    if not table.num_rows or not table.num_columns:
        return pa.array([""] * table.num_rows, pa.string())
    fields = []
    for column in table.columns:
        text = pc.fill_null(column.combine_chunks().cast(pa.string()), "")
        quoted = pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', "")
        fields.append(pc.if_else(pc.match_substring_regex(text, '[",\r\n]'), quoted, text))
    return pc.utf8_slice_codeunits(pc.binary_join_element_wise(*fields, ","), 0, RAW_LENGTH)


def _details(detail: str, values: pa.Array | None, at: npt.NDArray[np.int64]) -> pa.Array:
    if values is None:
        return pa.array([detail], pa.string()).take(pa.array(np.zeros(len(at), np.int64)))
    text = pc.utf8_slice_codeunits(values.take(pa.array(at)).cast(pa.string()), 0, 200)
    said = pc.binary_join_element_wise(f"{detail} is '", text, "'", "")
    return pc.fill_null(said, f"{detail} is empty")


def _part(rows: npt.NDArray[np.int64], reason: Refusal, details: pa.Array, raw: pa.Array) -> pa.Table:
    reasons = pa.repeat(pa.scalar(reason.value), len(rows))
    return pa.table([pa.array(rows, pa.int64()), reasons, details, raw], schema=REFUSED_SCHEMA)
