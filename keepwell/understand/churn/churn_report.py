"""How far a churn model can be trusted, and what it says: judged on customers it has not seen."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.stats.calibration import ReliabilityRow, brier_score, expected_calibration_error, reliability
from keepwell.stats.folds import folds
from keepwell.stats.logistic import RidgeLogistic
from keepwell.stats.ranking import LiftStep, area_under_curve, lift
from keepwell.understand.churn.label import LEAST_OF_EACH
from keepwell.understand.churn.reasons import BaseReason, base_reasons
from keepwell.understand.churn.with_features import ChurnModel, labelled
from keepwell.vocabulary.errors import NotIdentifiedError
from keepwell.vocabulary.estimate import Z_95, Estimate, NotAvailable

Floats = npt.NDArray[np.float64]

CAVEAT = (
    "The model says who is likely to leave, not whom a message would keep: whom to treat is decided by uplift, "
    "measured against a control group."
)


@dataclass(frozen=True, slots=True)
class Score:
    """What one way of predicting is worth.

    Args:
        name: of the way.
        area: area under the ROC curve; not available where everybody gets the same probability.
        brier: mean squared error of the probabilities; lower is better.
        calibration_error: mean distance between probability and frequency.

    """

    name: str
    area: Estimate | NotAvailable
    brier: Estimate
    calibration_error: Estimate


@dataclass(frozen=True, slots=True)
class ChurnReport:
    """A churn model's honest record.

    Args:
        how: what it was judged on.
        customers: rows it was judged on.
        churned: of them, those who left.
        model: its scores, with 95 % intervals.
        baselines: the same for everybody at the average, and for a logistic regression.
        reliability: how many left by class of probability.
        lift: how many left by tenth, the riskiest first.
        reasons: what goes with leaving, the weightiest first.
        verdict: one sentence on whether to use it.
        notes: what was done to the table.
        alarms: features that know the outcome.
        caveat: what the probabilities do not say.

    """

    how: str
    customers: int
    churned: int
    model: Score
    baselines: tuple[Score, ...]
    reliability: tuple[ReliabilityRow, ...]
    lift: tuple[LiftStep, ...]
    reasons: tuple[BaseReason, ...]
    verdict: str
    notes: tuple[str, ...]
    alarms: tuple[str, ...]
    caveat: str = CAVEAT


def cross_validated(model: ChurnModel, table: Any, *, fold_count: int = 5, seed: int = 0) -> ChurnReport:
    """Return the record of a model on customers left out in turn; for one snapshot, or a plain table.

    Args:
        model: fitted to this table; models of the same kind are fitted to the folds, its own words give the reasons.
        table: as handed to ``fit``.
        fold_count: number of folds.
        seed: of the folds.

    Raises:
        InputError: the model is not fitted, or the table lacks its label.
        NotIdentifiedError: too few who left in a fold's training rows.

    >>> random = np.random.default_rng(1)
    >>> plan = random.choice(["monthly", "yearly"], 400)
    >>> rows = {"plan": plan, "left": random.random(400) < np.where(plan == "monthly", 0.5, 0.1)}
    >>> report = cross_validated(ChurnModel().fit(rows, label="left"), rows)
    >>> report.customers, report.reasons[0].reason
    (400, 'monthly plan')

    """
    arguments = model.arguments()
    arrow, labels, _ = labelled(table, arguments["label"], arguments["positive"])
    groups = None if arguments["group"] is None else np.asarray(arrow[arguments["group"]].to_pylist(), dtype=str)
    place = folds(labels, fold_count, seed=seed, groups=groups)
    found, line, average = np.empty(len(labels)), np.empty(len(labels)), np.empty(len(labels))
    for fold in range(fold_count):
        out = place == fold
        train, test = arrow.filter(pa.array(~out)), arrow.filter(pa.array(out))
        found[out] = ChurnModel(seed=model.seed, threads=model.threads).fit(train, **arguments).predict(test)
        line[out] = _logistic(model, train, labels[~out], test)
        average[out] = labels[~out].mean()
    return _report(
        f"{fold_count}-fold cross-validation", model, arrow, labels, found, {"logistic": line, "average": average}
    )


def held_out(model: ChurnModel, train: Any, test: Any) -> ChurnReport:
    """Return the record of a model on later snapshots than those it was fitted to.

    Args:
        model: fitted to ``train``.
        train: the earlier snapshots.
        test: the later ones, with the same columns.

    Raises:
        InputError: the model is not fitted, or a table lacks its label or a column.
        NotIdentifiedError: too few in ``test`` left or stayed.

    """
    arguments = model.arguments()
    earlier, known, _ = labelled(train, arguments["label"], arguments["positive"])
    later, labels, _ = labelled(test, arguments["label"], arguments["positive"])
    left = int(labels.sum())
    if min(left, len(labels) - left) < LEAST_OF_EACH:
        raise NotIdentifiedError(
            "churn.too_few_to_judge",
            f"Not enough customers to judge by: {left} of {len(labels):,} left; {LEAST_OF_EACH} who left and "
            f"{LEAST_OF_EACH} who stayed are needed.",
            value=left,
            advice="Add a later snapshot or use a longer window, or judge by cross-validation.",
        )
    others = {
        "logistic": _logistic(model, earlier, known, later),
        "average": np.full(len(labels), known.mean()),
    }
    how = f"{len(labels):,} rows of later snapshots than the {len(known):,} it was fitted to"
    found = _report(how, model, later, labels, model.predict(later), others)
    return replace(found, notes=(*found.notes, *_moved(known, labels)))


def _moved(known: Floats, labels: Floats) -> list[str]:
    before, after = float(known.mean()), float(labels.mean())
    spread = math.sqrt(before * (1 - before) / len(known) + after * (1 - after) / len(labels))
    if abs(after - before) <= 4 * spread:
        return []
    return [
        f"{after:.0%} left in the window that is judged and {before:.0%} in those before (a season, a campaign, a "
        "change): the ranking may hold, but the probabilities are off by about as much."
    ]


def score(name: str, labels: Floats, chance: Floats) -> Score:
    """Return the scores of probabilities of shape (rows,) against labels of shape (rows,), 0 or 1."""
    area: Estimate | NotAvailable = NotAvailable("everybody has the same probability")
    if name != AVERAGE:
        area = area_under_curve(labels, chance)
    return Score(name, area, brier_score(labels, chance), expected_calibration_error(labels, chance))


AVERAGE = "everybody at the average"
LOGISTIC = "logistic regression"


def _logistic(model: ChurnModel, train: pa.Table, labels: Floats, test: pa.Table) -> Floats:
    columns = model.features_
    line = RidgeLogistic().fit(columns.dummies(columns.matrix(train)), labels)
    return line.probability(columns.dummies(columns.matrix(test)))


def _report(
    how: str, model: ChurnModel, table: pa.Table, labels: Floats, found: Floats, others: dict[str, Floats]
) -> ChurnReport:
    own = score("boosted trees", labels, found)
    logistic = score(LOGISTIC, labels, others["logistic"])
    average = score(AVERAGE, labels, others["average"])
    return ChurnReport(
        how=how,
        customers=len(labels),
        churned=int(labels.sum()),
        model=own,
        baselines=(average, logistic),
        reliability=reliability(labels, found),
        lift=lift(labels, found),
        reasons=base_reasons(model, table),
        verdict=_verdict(labels, found, others["average"], own, logistic),
        notes=model.notes_,
        alarms=model.alarms_,
    )


def _verdict(labels: Floats, found: Floats, average: Floats, own: Score, logistic: Score) -> str:
    gain = (labels - average) ** 2 - (labels - found) ** 2
    sure = float(gain.mean()) - Z_95 * float(gain.std(ddof=1)) / math.sqrt(len(gain))
    if sure <= 0:
        return (
            "No better than giving everybody the average: these features do not tell who leaves. Do not rank customers "
            "with it."
        )
    share = float(gain.mean() / ((labels - average) ** 2).mean())
    said = f"Its squared error is {share:.0%} below that of giving everybody the average"
    if isinstance(own.area, Estimate) and isinstance(logistic.area, Estimate):
        difference = own.area.value - logistic.area.value
        said += f"; AUC {own.area.value:.3f}, {abs(difference):.3f} {'above' if difference >= 0 else 'below'}"
        said += " that of a logistic regression"
    return f"{said}."
