"""Who was given what: the arms of a campaign, one of them the control group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.decide.margin_curve import Floats
from keepwell.decide.uplift.person_features import column_of
from keepwell.vocabulary.errors import InputError, NotIdentifiedError

FEWEST_PER_ARM = 50
CONTROL = 0
MOST_NAMED = 10
# what a yes or no looks like where a file was read as text
WORDS = {"no": 0, "yes": 1, "false": 0, "true": 1, "0": 0, "1": 1}


@dataclass(frozen=True, eq=False)
class Arms:
    """Names of the arms, the control group first, and the place of each person's arm, shape (rows,)."""

    names: tuple[str, ...]
    place: npt.NDArray[np.int64]

    @property
    def counts(self) -> tuple[int, ...]:
        """People per arm."""
        return tuple(np.bincount(self.place, minlength=len(self.names)).tolist())

    def share(self, arm: int, strata: npt.NDArray[np.int64]) -> Floats:
        """Return, within each person's stratum, the arm's share of its own and the control group's people."""
        is_arm, is_control = self.place == arm, self.place == CONTROL
        size = int(strata.max()) + 1
        treated = np.bincount(strata[is_arm], minlength=size).astype(np.float64)
        control = np.bincount(strata[is_control], minlength=size).astype(np.float64)
        share = np.divide(treated, treated + control, out=np.zeros(size), where=treated + control > 0)
        return share[strata]


def read_arms(table: pa.Table, treatment: str, control: object | None) -> Arms:
    """Return the arms of a table.

    Args:
        table: one row a person.
        treatment: column of a yes or no (1 or 0), or of arms' names.
        control: value of it that means left alone; ``None`` for no, 0.

    Raises:
        InputError: the column is missing, has gaps, or its control value is not told.
        NotIdentifiedError: nobody, or too few, were left alone or treated.

    >>> read_arms(pa.table({"mail": [True, False] * 60}), "mail", None).names
    ('control', 'treated')

    """
    column = column_of(table, treatment, "treatment")
    values = column.to_pylist()
    empty = next((row for row, value in enumerate(values, 1) if value is None), None)
    if empty is not None:
        raise InputError(
            "uplift.treatment_empty",
            f"The treatment {treatment} is empty.",
            where=f"{treatment}, row {empty}",
            value=None,
            advice="Say for everybody which arm they were in.",
        )
    kinds = sorted({str(value) for value in values})
    flags = _flags(values) if control is None else None
    if flags is not None:
        return _enough(Arms(("control", "treated"), np.array(flags, dtype=np.int64)), treatment)
    if control is None:
        raise _which(treatment, kinds)
    # 0 and False are the same arm, whichever way it is written
    alone = next((str(value) for value in values if value == control), str(control))
    if alone not in kinds:
        raise _no_control(treatment, alone, kinds)
    names = (alone, *(kind for kind in kinds if kind != alone))
    places = {name: place for place, name in enumerate(names)}
    return _enough(Arms(names, np.array([places[str(value)] for value in values], dtype=np.int64)), treatment)


def _flags(values: Sequence[object]) -> list[int] | None:
    """Return 0 and 1 where all values are yes or no, as numbers or in words; ``None`` otherwise."""
    if all(value in (0, 1) for value in values):
        return [int(value == 1) for value in values]
    words = [WORDS.get(value.strip().lower()) if isinstance(value, str) else None for value in values]
    return None if None in words else [int(word == 1) for word in words]


def _which(treatment: str, kinds: Sequence[str]) -> InputError:
    if len(kinds) > MOST_NAMED:
        return InputError(
            "uplift.arms",
            f"The treatment {treatment} holds {len(kinds):,} different values: those are no arms.",
            where=treatment,
            value=list(kinds[:MOST_NAMED]),
            advice="Name the column that says who was addressed.",
        )
    return InputError(
        "uplift.control",
        f"Which of {', '.join(kinds)} is the control group?",
        where=treatment,
        value=list(kinds),
        advice="Name it: control=…",
    )


def _enough(arms: Arms, treatment: str) -> Arms:
    alone, treated = arms.counts[CONTROL], arms.counts[CONTROL + 1 :]
    if not alone or not sum(treated):
        raise _no_control(
            treatment, arms.names[CONTROL], [n for n, c in zip(arms.names, arms.counts, strict=True) if c]
        )
    if min(arms.counts) < FEWEST_PER_ARM:
        few = int(np.argmin(arms.counts))
        raise NotIdentifiedError(
            "uplift.too_few",
            f"The arm {arms.names[few]} holds {arms.counts[few]} people: too few to measure any effect.",
            where=treatment,
            value=arms.counts[few],
            advice=f"Repeat the campaign until each arm holds at least {FEWEST_PER_ARM}, better several thousand.",
        )
    return arms


def _no_control(treatment: str, alone: str, kinds: Sequence[str]) -> NotIdentifiedError:
    return NotIdentifiedError(
        "uplift.one_arm",
        f"Everybody was {', '.join(kinds) or 'left out'}: nobody shows what happens otherwise ({alone}).",
        where=treatment,
        value=list(kinds),
        advice="Next time leave people out by lot (a tenth will do for a large base), and record what they do; "
        "or hand in people who were not addressed, as a comparison without a lot.",
    )
