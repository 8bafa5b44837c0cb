"""Any table of customers as numbers that a model takes: what each column is, and which columns are left out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keepwell.stats.arrow_table import arrow_of
from keepwell.vocabulary.errors import InputError

Floats = npt.NDArray[np.float64]

NUMERIC_SHARE = 0.95  # of the filled cells of a text column that must read as numbers for it to be one
MOST_LEVELS = 50  # of a category; rarer ones count as the others
ID_SHARE = 0.5  # of the rows with a text of their own, above which a text column names rows
OTHER = "(other)"
MISSING = "(missing)"
ID_NAME = re.compile(r"(^|[_\W])(id|ID|Id|key|uuid|number|no|email|phone)$|(?<=[a-z])(ID|Id|Key|Number|No)$")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the model.

    Args:
        name: of the column.
        levels: texts of a category in the order of their codes; empty for a number.
        median: of a number, over the rows the model was fitted to; 0 for a category.
        is_flag: a number that is 0 or 1.

    """

    name: str
    levels: tuple[str, ...] = ()
    median: float = 0.0
    is_flag: bool = False

    @property
    def is_category(self) -> bool:
        """Whether the column holds codes of ``levels``."""
        return bool(self.levels)


@dataclass(frozen=True)
class FeatureTable:
    """What was learned about a table's columns, to read another table the same way."""

    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [feature.name for feature in self.features]

    @property
    def categories(self) -> list[int]:
        """Places of the categories."""
        return [place for place, feature in enumerate(self.features) if feature.is_category]

    def matrix(self, table: Any) -> Floats:
        """Return shape (rows, features): numbers as they are, categories as codes, NaN where not known.

        Args:
            table: with every column of ``names``; others are not looked at.

        Raises:
            InputError: a column is missing, or holds text where the model was fitted to numbers.

        """
        arrow = arrow_of(table)
        lacking = [name for name in self.names if name not in arrow.column_names]
        if lacking:
            raise InputError(
                "churn.missing_column",
                f"The model was fitted with {', '.join(lacking)}, which this table does not have.",
                value=lacking,
                advice="Add the column, or fit without it.",
            )
        columns = [self._column(feature, arrow[feature.name]) for feature in self.features]
        return np.column_stack(columns) if columns else np.empty((arrow.num_rows, 0))

    def dummies(self, matrix: Floats) -> Floats:
        """Return the same for a model of sums: a 0/1 column a level, missing numbers at the median with a mark."""
        columns: list[Floats] = []
        for place, feature in enumerate(self.features):
            values = matrix[:, place]
            if feature.is_category:
                columns += [(values == code).astype(np.float64) for code in range(1, len(feature.levels))]
                continue
            unknown = np.isnan(values)
            columns += [np.where(unknown, feature.median, values), unknown.astype(np.float64)]
        return np.column_stack(columns) if columns else np.empty((len(matrix), 0))

    def _column(self, feature: Feature, column: pa.ChunkedArray) -> Floats:
        if not feature.is_category:
            return as_numbers(column, feature.name)
        texts = as_texts(column).to_pylist()
        codes = {level: float(code) for code, level in enumerate(feature.levels)}
        unseen = codes.get(OTHER, np.nan)
        return np.array([codes.get(MISSING, np.nan) if t is None else codes.get(t, unseen) for t in texts], dtype=float)


def learn(table: pa.Table, left_out: Collection[str]) -> tuple[FeatureTable, list[str]]:
    """Return what the columns of a table are, and notes on those that are not used.

    Args:
        table: one row a customer.
        left_out: columns that are no features (label, dropped ones).

    Raises:
        InputError: no column is left.

    >>> table = pa.table({"id": ["a", "b", "c"], "plan": ["S", "L", "S"], "seats": [1, 2, None], "same": [1, 1, 1]})
    >>> found, notes = learn(table, [])
    >>> found.names, notes
    (['plan', 'seats'], ['id names rows: left out.', 'same is the same in every row: left out.'])

    """
    features, notes = [], []
    empty = [name for name in table.column_names if name not in left_out and is_empty(table[name])]
    if empty:
        notes.append(f"Empty, so left out: {', '.join(empty)}.")
    for name in table.column_names:
        if name in left_out or name in empty:
            continue
        feature, note = _feature(name, table[name])
        if feature is not None:
            features.append(feature)
        if note:
            notes.append(note)
    if not features:
        raise InputError(
            "churn.no_features",
            "No column of the table can tell customers apart.",
            value=table.column_names,
            advice="Add what is known of each customer: plan, age of the contract, orders, contacts.",
        )
    return FeatureTable(tuple(features)), notes


def _feature(name: str, column: pa.ChunkedArray) -> tuple[Feature | None, str]:
    if pa.types.is_temporal(column.type):
        return None, f"{name} is a date: left out; hand in the days from it to the snapshot instead."
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return None, f"{name} holds {column.type}: left out."
    if _is_number(column.type):
        return _number(name, as_numbers(column, name))
    texts = as_texts(column)
    filled = texts.drop_null()
    read = [_read(text) for text in filled.to_pylist()]
    share = sum(value is not None for value in read) / len(read)
    distinct = pc.count_distinct(filled).as_py()
    if share >= NUMERIC_SHARE and distinct > 2:
        feature, note = _number(name, as_numbers(column, name))
        return feature, note or f"{name} is text that reads as numbers: taken as a number."
    if distinct > ID_SHARE * len(texts) and (distinct > MOST_LEVELS or ID_NAME.search(name)):
        return None, f"{name} names rows: left out."
    return _category(name, texts)


def _number(name: str, values: Floats) -> tuple[Feature | None, str]:
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) == 1 and len(known) == len(values):
        return None, f"{name} is the same in every row: left out."
    whole = bool((distinct == np.rint(distinct)).all())
    is_unique = whole and len(distinct) == len(values) > 2
    if is_unique and (ID_NAME.search(name) or distinct[-1] - distinct[0] == len(values) - 1 > MOST_LEVELS):
        return None, f"{name} numbers the rows: left out."
    return Feature(name, median=float(np.median(known)), is_flag=set(distinct.tolist()) <= {0.0, 1.0}), ""


def _category(name: str, texts: pa.ChunkedArray) -> tuple[Feature | None, str]:
    counts = sorted(
        ((-entry["counts"], entry["values"]) for entry in texts.value_counts().to_pylist() if entry["values"]),
    )
    kept = sorted(text for _, text in counts[:MOST_LEVELS])
    levels: Sequence[str] = [*kept, *([OTHER] if len(counts) > MOST_LEVELS else [])]
    if texts.null_count:
        levels = [*levels, MISSING]
    if len(levels) == 1:
        return None, f"{name} is the same in every row: left out."
    note = f"{name} has {len(counts)} values: the {MOST_LEVELS} most frequent are told apart."
    return Feature(name, tuple(levels)), note if len(counts) > MOST_LEVELS else ""


def is_empty(column: pa.ChunkedArray) -> bool:
    """Return whether no cell holds anything: null, blank, or not a number."""
    if column.null_count == len(column):
        return True
    if pa.types.is_floating(column.type):
        return not bool(pc.any(pc.is_finite(column.drop_null())).as_py())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return bool(as_texts(column).null_count == len(column))
    return False


def as_numbers(column: pa.ChunkedArray, name: str) -> Floats:
    """Return a column as floats, NaN where empty or infinite; texts are read.

    Raises:
        InputError: a text that is no number, in a column where at least 95 % of the texts should be.

    """
    if _is_number(column.type):
        values = np.asarray(column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), dtype=np.float64)
    else:
        texts = as_texts(column).to_pylist()
        read = [None if text is None else _read(text) for text in texts]
        wrong = [text for text, value in zip(texts, read, strict=True) if text is not None and value is None]
        if len(wrong) > (1 - NUMERIC_SHARE) * len(texts):
            raise InputError(
                "churn.not_numbers",
                f"{len(wrong)} of {len(texts)} cells are no numbers.",
                where=name,
                value=wrong[0],
                advice="The model was fitted to numbers here.",
            )
        values = np.array([np.nan if value is None else value for value in read], dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def as_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as trimmed texts, null where blank."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _is_number(kind: pa.DataType) -> bool:
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return bool(number or pa.types.is_boolean(kind))


def _read(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
