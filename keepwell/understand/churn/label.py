"""Who left: the label column of a table, however it is written."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.understand.churn.feature_table import as_texts
from keepwell.vocabulary.errors import InputError, NotIdentifiedError

Floats = npt.NDArray[np.float64]

YES = frozenset({"1", "1.0", "yes", "y", "true", "t", "churn", "churned", "left", "cancelled", "canceled", "lost"})
NO = frozenset({"0", "0.0", "no", "n", "false", "f", "stayed", "kept", "active", "retained", "not churned"})
LEAST_OF_EACH = 50  # below, three folds of small trees know less than the mean does


def read_label(table: pa.Table, label: str, positive: Any = None) -> Floats:
    """Return 1 where a customer left, 0 where not, NaN where the cell is empty; shape (rows,).

    Args:
        table: one row a customer.
        label: name of the column: true and false, 1 and 0, or two words of which one plainly means leaving.
        positive: the value that means leaving, where the words are others.

    Raises:
        InputError: no such column, or values that do not plainly say who left.

    >>> read_label(pa.table({"Churn": ["Yes", "No"]}), "Churn").tolist()
    [1.0, 0.0]

    """
    if label not in table.column_names:
        raise InputError(
            "churn.no_label",
            f"There is no column {label}.",
            value=table.column_names,
            advice='Name the column that says who left: label="…".',
        )
    if pa.types.is_temporal(table[label].type) or pa.types.is_nested(table[label].type):
        raise _unclear(label, str(table[label].type))
    texts = [None if text is None else text.lower() for text in as_texts(table[label]).to_pylist()]
    found = {text for text in texts if text is not None}
    if positive is not None:
        yes = {str(positive).strip().lower()}
        if not yes <= found or len(found) > 2:
            raise _unclear(label, sorted(found)[:5])
    else:
        yes = found & YES
        if not found or found - YES - NO or len(found) > 2 or len(yes) > 1:
            raise _unclear(label, sorted(found)[:5])
    return np.array([np.nan if text is None else float(text in yes) for text in texts], dtype=np.float64)


def enough(labels: Floats, what: str = "customers") -> None:
    """Refuse labels that no model with features can learn from.

    Raises:
        NotIdentifiedError: fewer than 50 who left, or fewer than 50 who stayed.

    >>> enough(np.repeat([0.0, 1.0], 50))

    """
    left = int(labels.sum())
    for count, said in ((left, "left"), (len(labels) - left, "stayed")):
        if count < LEAST_OF_EACH:
            raise NotIdentifiedError(
                "churn.too_few",
                f"Not enough {what} who {said}: {count} of {len(labels):,}; a model with features needs at least "
                f"{LEAST_OF_EACH} who left and {LEAST_OF_EACH} who stayed.",
                value=count,
                advice="Use a longer history or a longer window; a model by cohort needs no features and fewer people.",
            )


def _unclear(label: str, value: object) -> InputError:
    return InputError(
        "churn.label",
        "The column does not plainly say who left.",
        where=label,
        value=value,
        advice='Use true and false, 1 and 0 or Yes and No, or name the value that means leaving: positive="…".',
    )
