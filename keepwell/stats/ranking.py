"""How well a score ranks: the area under the ROC curve, and lift by tenths."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable, wilson

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LiftStep:
    """One tenth of the customers, the highest scores first.

    Args:
        step: from 1.
        customers: in the step.
        events: of them, those it happened to.
        rate, low, high: their share with its Wilson interval.
        lift: rate divided by the rate of everybody.
        captured: share of all events in this step and those above it.

    """

    step: int
    customers: int
    events: int
    rate: float
    low: float
    high: float
    lift: float
    captured: float


def binary(labels: npt.ArrayLike, scores: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return labels and scores as arrays of one shape (rows,), checked.

    Raises:
        InputError: other labels than 0 and 1, a score that is not finite, or lengths that differ.

    >>> binary([True, False], [0.9, 0.2])[0]
    array([1., 0.])

    """
    truth, score = np.asarray(labels, dtype=np.float64), np.asarray(scores, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != score.shape or not truth.size:
        raise InputError(
            "labels.shape",
            f"Labels of shape {truth.shape} and scores of shape {score.shape} do not belong together.",
            value=(truth.shape, score.shape),
            advice="Hand in one label and one score a row, and at least one row.",
        )
    for name, column, bad in (
        ("label", truth, (truth != 0) & (truth != 1)),
        ("score", score, ~np.isfinite(score)),
    ):
        rows = np.flatnonzero(bad)
        if rows.size:
            raise InputError(
                f"labels.{name}",
                f"{rows.size} of {truth.size} {name}s cannot be used.",
                where=f"row {int(rows[0]) + 1}",
                value=float(column[rows[0]]),
                advice="Labels are 0 or 1, scores are finite numbers.",
            )
    return truth, score


def area_under_curve(labels: npt.ArrayLike, scores: npt.ArrayLike) -> Estimate | NotAvailable:
    """Return the chance that an event scores higher than a non-event (ties count half), with its 95 % interval.

    The interval is normal on the log-odds of the area, with the variance of DeLong, DeLong & Clarke-Pearson (1988,
    eq. 5), by ranks (Sun & Xu 2014), so that it stays within 0 and 1.

    Args:
        labels: shape (rows,), 1 where it happened, else 0.
        scores: shape (rows,), higher where it is expected.

    Raises:
        InputError: see `binary`.

    >>> found = area_under_curve([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1])
    >>> found.value
    0.75

    """
    truth, score = binary(labels, scores)
    events, others = score[truth == 1], score[truth == 0]
    if not len(events) or not len(others):
        return NotAvailable("all labels are the same, so there is nothing to tell apart")
    ranks = rankdata(np.concatenate([events, others]))
    beaten = (ranks[: len(events)] - rankdata(events)) / len(others)
    beating = 1 - (ranks[len(events) :] - rankdata(others)) / len(events)
    area = float(beaten.mean())
    if not 0 < area < 1 or min(len(events), len(others)) < 2:
        return Estimate(area, note="every event is on one side of every other: no interval")
    variance = beaten.var(ddof=1) / len(events) + beating.var(ddof=1) / len(others)
    centre, half = math.log(area / (1 - area)), Z_95 * math.sqrt(variance) / (area * (1 - area))
    return Estimate(area, 1 / (1 + math.exp(half - centre)), 1 / (1 + math.exp(-half - centre)))


def lift(labels: npt.ArrayLike, scores: npt.ArrayLike, steps: int = 10) -> tuple[LiftStep, ...]:
    """Return how often it happened in each tenth of the scores, the highest first.

    Args:
        labels: shape (rows,), 0 or 1.
        scores: shape (rows,). Rows of equal scores keep their order.
        steps: number of groups of equal size, at least 1; never more than there are rows.

    Raises:
        InputError: see `binary`.

    >>> [step.events for step in lift([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], steps=2)]
    [2, 0]

    """
    truth, score = binary(labels, scores)
    order = np.argsort(-score, kind="stable")
    total, found, so_far = float(truth.sum()), [], 0.0
    for number, rows in enumerate(np.array_split(order, min(steps, len(order))), 1):
        events = float(truth[rows].sum())
        so_far += events
        low, high = wilson(int(events), len(rows))
        rate = events / len(rows)
        relative = rate / (total / len(truth)) if total else 0.0
        captured = so_far / total if total else 0.0
        found.append(LiftStep(number, len(rows), int(events), rate, low, high, relative, captured))
    return tuple(found)
