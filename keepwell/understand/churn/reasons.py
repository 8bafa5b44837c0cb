"""Why a customer is thought to leave: what goes with it, in words, never what causes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from keepwell.stats.arrow_table import arrow_of
from keepwell.understand.churn.reason_words import exactly, in_general
from keepwell.understand.churn.with_features import ChurnModel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST = 0.05  # log-odds below which a reason is not worth a word
MOST_ROWS = 50_000  # of the base; more change no mean that anybody would see


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is associated with one customer's risk.

    Args:
        words: e.g. "month-to-month contract".
        contribution: to the log-odds of leaving, against the mean of all; above 0 goes with leaving.
        features: the columns it stands for; those that say the same are one reason.

    """

    words: str
    contribution: float
    features: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BaseReason:
    """One thing that is associated with leaving (or with staying, below 0) among those who have it.

    Args:
        reason: words that hold for all of them.
        contribution: mean log-odds among these customers.
        customers: for how many it is what this reason says.
        features: the columns it stands for.

    """

    reason: str
    contribution: float
    customers: int
    features: tuple[str, ...]


@dataclass
class _Said:
    """What was said in the same words: log-odds by row, of whom, and by which features."""

    log_odds: Floats
    who: npt.NDArray[np.bool_]
    places: set[int]


def customer_reasons(model: ChurnModel, table: Any, most: int = 3) -> list[list[Reason]]:
    """Return for each row what raises its risk, the most telling first; an empty list where nothing does.

    Args:
        model: fitted.
        table: with the columns the model was fitted to.
        most: reasons a customer.

    Raises:
        InputError: not fitted, or a column is missing.

    >>> random = np.random.default_rng(1)
    >>> plan = random.choice(["monthly", "yearly"], 400)
    >>> left = random.random(400) < np.where(plan == "monthly", 0.5, 0.1)
    >>> model = ChurnModel().fit({"plan": plan, "left": left}, label="left")
    >>> [[reason.words for reason in reasons] for reasons in customer_reasons(model, {"plan": ["monthly", "yearly"]})]
    [['monthly plan'], []]

    """
    groups, sums, leads, matrix = _grouped(model, table)
    names = model.features_.names
    return [
        _of_one(model, groups, sums[row], leads[row], dict(zip(names, matrix[row].tolist(), strict=True)))[:most]
        for row in range(len(matrix))
    ]


def base_reasons(model: ChurnModel, table: Any, most: int = 12) -> tuple[BaseReason, ...]:
    """Return what goes with leaving and with staying in the whole base, the weightiest first.

    A reason weighs its mean log-odds times the customers who have it.

    Args:
        model: fitted.
        table: with the columns the model was fitted to; at most 50,000 rows are looked at.
        most: number of reasons.

    Raises:
        InputError: not fitted, or a column is missing.

    """
    arrow = arrow_of(table)
    if arrow.num_rows > MOST_ROWS:
        arrow = arrow.take(np.sort(np.random.default_rng(model.seed).choice(arrow.num_rows, MOST_ROWS, replace=False)))
    groups, sums, leads, matrix = _grouped(model, arrow)
    rows = len(matrix)
    found: dict[str, _Said] = {}
    for place, group in enumerate(groups):
        for lead in group:
            members = np.flatnonzero(leads[:, place] == lead)
            for words, some in _by_words(model, lead, matrix[members, lead]):
                # Several features may say the same of a customer ("no internet service"): one reason, one head.
                said = found.setdefault(words, _Said(np.zeros(rows), np.zeros(rows, dtype=bool), set()))
                said.log_odds[members[some]] += sums[members[some], place]
                said.who[members[some]] = True
                said.places.update(group)
    names = model.features_.names
    weighty = sorted(found.items(), key=lambda item: -abs(float(item[1].log_odds.sum())))
    reasons = [
        BaseReason(
            words,
            float(said.log_odds[said.who].mean()),
            int(said.who.sum()),
            tuple(names[index] for index in sorted(said.places)),
        )
        for words, said in weighty
    ]
    return tuple(reason for reason in reasons if abs(reason.contribution) >= LEAST)[:most]


def sentence(reasons: Sequence[Reason]) -> str:
    """Return a customer's reasons as one sentence.

    >>> sentence([Reason("month-to-month contract", 0.9, ("Contract",)), Reason("a short tenure", 0.4, ("tenure",))])
    'A higher risk of leaving is associated with month-to-month contract and a short tenure.'

    """
    if not reasons:
        return "Nothing that is known of this customer goes with a higher risk than the average."
    words = [reason.words for reason in reasons]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    return f"A higher risk of leaving is associated with {listed}."


def _grouped(model: ChurnModel, table: Any) -> tuple[tuple[tuple[int, ...], ...], Floats, Ints, Floats]:
    """Return the groups, each row's log-odds by group, the feature of each group that says most, and the matrix."""
    each = model.contributions(table)[:, :-1]
    groups = model.merged_
    sums = np.column_stack([each[:, list(group)].sum(axis=1) for group in groups])
    leads = np.empty(sums.shape, dtype=np.int64)
    for place, group in enumerate(groups):
        # the member that pulls most to the side to which the whole group pulls
        towards = each[:, list(group)] * np.where(sums[:, [place]] < 0, -1.0, 1.0)
        leads[:, place] = np.asarray(group)[towards.argmax(axis=1)]
    return groups, sums, leads, model.features_.matrix(table)


def _of_one(
    model: ChurnModel,
    groups: tuple[tuple[int, ...], ...],
    sums: Floats,
    leads: Ints,
    customer: dict[str, float],
) -> list[Reason]:
    names = model.features_.names
    found: dict[str, Reason] = {}
    for place in np.flatnonzero(sums >= LEAST).tolist():
        lead = int(leads[place])
        words = exactly(model.features_.features[lead], customer[names[lead]], customer)
        known = found.get(words, Reason(words, 0.0, ()))
        stands_for = tuple(names[index] for index in groups[place])
        found[words] = Reason(words, known.contribution + float(sums[place]), (*known.features, *stands_for))
    return sorted(found.values(), key=lambda reason: -reason.contribution)


def _by_words(model: ChurnModel, lead: int, values: Floats) -> list[tuple[str, Ints]]:
    feature = model.features_.features[lead]
    kinds = values if feature.is_category or feature.is_flag else np.sign(values - feature.median) > 0
    keys = np.where(np.isnan(values), np.inf, kinds)
    found = []
    for key in np.unique(keys):
        some = np.flatnonzero(keys == key)
        found.append((in_general(feature, float(values[some[0]])), some))
    return found
