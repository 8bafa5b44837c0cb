"""Any table of people as a matrix without gaps: numbers as they are, texts as marks, what is missing marked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.decide.margin_curve import Floats
from keepwell.stats.arrow_table import arrow_of
from keepwell.vocabulary.errors import InputError

MOST_LEVELS = 20  # of a text column; rarer ones count as the others
MOST = 1e100  # a number whose square is still one; nothing that was measured is larger
ID_SHARE = 0.5  # of the rows with a text of their own, above which a text column names people
CUSTOMER = "customer_id"


@dataclass(frozen=True, slots=True)
class PersonFeature:
    """A column that was learned: its most frequent texts, or, for a number, the median that stands for a gap."""

    name: str
    levels: tuple[str, ...] = ()
    median: float = 0.0
    has_gaps: bool = False


@dataclass(frozen=True)
class PersonFeatures:
    """What was learned about a table of people, so that another is read the same way."""

    features: tuple[PersonFeature, ...]
    notes: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Name of each column of the matrix."""
        names: list[str] = []
        for feature in self.features:
            if feature.levels:
                names += [f"{feature.name} = {level}" for level in feature.levels]
            else:
                names += [feature.name] + ([f"{feature.name} is missing"] if feature.has_gaps else [])
        return names

    def matrix(self, table: Any) -> Floats:
        """Return shape (rows, columns), finite.

        Raises:
            InputError: a column is missing, or holds texts where numbers were learned.

        """
        arrow = arrow_of(table)
        lacking = [feature.name for feature in self.features if feature.name not in arrow.column_names]
        if lacking:
            raise InputError(
                "uplift.missing_column",
                f"The model was fitted with {', '.join(lacking)}, which this table does not have.",
                value=lacking,
                advice="Add the column, or fit without it.",
            )
        found: list[Floats] = []
        for feature in self.features:
            column = arrow[feature.name]
            if feature.levels:
                texts = np.array(_texts(column), dtype=object)
                found += [(texts == level).astype(np.float64) for level in feature.levels]
                continue
            values = numbers_of(column, feature.name)
            gaps = np.isnan(values)
            found.append(np.where(gaps, feature.median, values))
            if feature.has_gaps:
                found.append(gaps.astype(np.float64))
        return np.column_stack(found) if found else np.empty((arrow.num_rows, 0))


def learn_features(table: pa.Table, left_out: Collection[str]) -> PersonFeatures:
    """Return what the columns of a table are; dates, ids and columns without differences are left out, with a note.

    Args:
        table: one row a person.
        left_out: columns that are no features (treatment, outcomes); ``customer_id`` never is.

    >>> found = learn_features(pa.table({"customer_id": ["a", "b"], "city": ["X", "Y"], "age": [1, None]}), [])
    >>> found.columns, found.matrix({"city": ["Y"], "age": [None]}).tolist()
    (['city = X', 'city = Y', 'age', 'age is missing'], [[0.0, 1.0, 1.0, 1.0]])

    """
    features, notes = [], []
    for name in table.column_names:
        if name in left_out or name == CUSTOMER:
            continue
        feature, why = _learn(name, table[name])
        if feature is not None:
            features.append(feature)
        else:
            notes.append(f"{name} {why}: left out.")
    return PersonFeatures(tuple(features), tuple(notes))


def _learn(name: str, column: pa.ChunkedArray) -> tuple[PersonFeature | None, str]:
    if pa.types.is_temporal(column.type):
        return None, "is a date"
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return None, f"holds {column.type}"
    if is_number(column.type):
        values = numbers_of(column, name)
        known = values[~np.isnan(values)]
        if not known.size or (np.ptp(known) == 0 and known.size == values.size):
            return None, "is the same in every row"
        return PersonFeature(name, median=float(np.median(known)), has_gaps=known.size < values.size), ""
    texts = np.array(_texts(column), dtype=str)
    levels, counts = np.unique(texts, return_counts=True)
    if levels.size == 1:
        return None, "is the same in every row"
    if levels.size > MOST_LEVELS and levels.size > ID_SHARE * texts.size:
        return None, "names people"
    kept = levels[np.argsort(-counts, kind="stable")[:MOST_LEVELS]]
    return PersonFeature(name, levels=tuple(sorted(str(level) for level in kept))), ""


def is_number(kind: pa.DataType) -> bool:
    """Say whether an Arrow type is a number or a yes or no."""
    test = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_null)
    return any(check(kind) for check in test)


def numbers_of(column: pa.ChunkedArray, name: str) -> Floats:
    """Return a column as floats, NaN where it is empty.

    Raises:
        InputError: it holds something else than numbers, or one that nothing can be calculated with.

    """
    if not is_number(column.type):
        raise InputError(
            "uplift.not_numbers",
            f"The column {name} holds {column.type}, not numbers.",
            where=name,
            value=str(column.type),
            advice="Convert it to numbers.",
        )
    values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    known = np.where(np.isfinite(values), values, np.nan)
    large = np.flatnonzero(np.abs(known) > MOST)
    if large.size:
        raise InputError(
            "uplift.too_large",
            f"The column {name} holds {known[large[0]]:.3g}, which nothing can be calculated with.",
            where=f"{name}, row {int(large[0]) + 1}",
            value=float(known[large[0]]),
            advice="Correct the value, or leave the row out.",
        )
    return known


def _texts(column: pa.ChunkedArray) -> list[str]:
    return [str(text) for text in pc.fill_null(column.cast(pa.string()), "(missing)").to_pylist()]


def column_of(table: pa.Table, name: str, what: str) -> pa.ChunkedArray:
    """Return a column; InputError naming what it was to be used for where there is none."""
    if name not in table.column_names:
        raise InputError(
            "uplift.missing_column",
            f"There is no column {name}, named as the {what}.",
            value=table.column_names,
            advice=f"Choose from {', '.join(table.column_names)}.",
        )
    return table[name]


def known_numbers(table: pa.Table, name: str, what: str) -> npt.NDArray[np.float64]:
    """Return a column of finite numbers; InputError naming the first row where there is none."""
    values = numbers_of(column_of(table, name, what), name)
    empty = np.flatnonzero(np.isnan(values))
    if empty.size:
        raise InputError(
            "uplift.empty_cell",
            f"The {what} {name} is empty or infinite in {empty.size} of {values.size} rows.",
            where=f"{name}, row {int(empty[0]) + 1}",
            value=None,
            advice="Leave people out whose outcome window has not closed; write 0 for those who bought nothing.",
        )
    return values
