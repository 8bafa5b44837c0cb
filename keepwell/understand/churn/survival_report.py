"""How well a survival model ranks and foretells customers that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from keepwell.stats.concordance import concordance
from keepwell.stats.folds import folds
from keepwell.stats.kaplan_meier import kaplan_meier
from keepwell.understand.churn.survival_with_features import SurvivalModel, watched
from keepwell.vocabulary.estimate import Estimate, NotAvailable

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SurvivalRow:
    """A tenth of the customers by risk: the share foretold to have left by the horizon, and the share counted."""

    foretold: float
    counted: Estimate | NotAvailable
    customers: int


@dataclass(frozen=True, slots=True)
class SurvivalReport:
    """A survival model's honest record on customers left out in turn.

    Args:
        customers, left: how many, and how many of them had left.
        concordance: of two customers, how often the one who left first had the higher risk.
        horizon: after which the shares of ``calibration`` are taken.
        calibration: by tenth of risk, the lowest first; counted by Kaplan–Meier.
        calibration_error: mean distance between both, where it could be counted.
        notes: what was done to the table.

    """

    customers: int
    left: int
    concordance: Estimate | NotAvailable
    horizon: float
    calibration: tuple[SurvivalRow, ...]
    calibration_error: float | NotAvailable
    notes: tuple[str, ...]


def survival_report(
    model: SurvivalModel, table: Any, horizon: float, *, fold_count: int = 5, seed: int = 0
) -> SurvivalReport:
    """Return how well models of the same kind rank and foretell customers that they have not seen.

    Args:
        model: fitted to this table.
        table: as handed to ``fit``.
        horizon: in units of the duration, above 0.
        fold_count: number of folds.
        seed: of the folds.

    Raises:
        InputError: the model is not fitted, or the table lacks a column.
        NotIdentifiedError: too few who left in a fold's training rows.

    """
    arguments = model.arguments()
    arrow, times, labels, _ = watched(table, arguments["duration"], arguments["label"], arguments["positive"])
    place = folds(labels, fold_count, seed=seed)
    risk, gone = np.empty(len(labels)), np.empty(len(labels))
    for fold in range(fold_count):
        out = place == fold
        test = arrow.filter(pa.array(out))
        other = SurvivalModel(seed=model.seed, threads=model.threads).fit(arrow.filter(pa.array(~out)), **arguments)
        risk[out], gone[out] = other.risk(test), 1 - other.curve(test, [horizon])[:, 0]
    rows = tuple(
        SurvivalRow(float(gone[tenth].mean()), _gone_by(times[tenth], labels[tenth], horizon), len(tenth))
        for tenth in np.array_split(np.argsort(gone, kind="stable"), 10)
    )
    known = [abs(row.foretold - row.counted.value) for row in rows if isinstance(row.counted, Estimate)]
    return SurvivalReport(
        customers=len(labels),
        left=int(labels.sum()),
        concordance=concordance(times, labels > 0, risk),
        horizon=horizon,
        calibration=rows,
        calibration_error=float(np.mean(known)) if known else NotAvailable("nobody was watched that long"),
        notes=model.notes_,
    )


def _gone_by(times: Floats, labels: Floats, horizon: float) -> Estimate | NotAvailable:
    stays = kaplan_meier(times, labels > 0, horizon)
    if isinstance(stays, NotAvailable) or stays.low is None or stays.high is None:
        return stays if isinstance(stays, NotAvailable) else Estimate(1 - stays.value, note=stays.note)
    return Estimate(1 - stays.value, 1 - stays.high, 1 - stays.low)
