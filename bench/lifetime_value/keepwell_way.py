"""The library's own model."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.benchmark import Task
from bench.lifetime_value.answer import (
    HORIZON_DAYS,
    MONTH_DAYS,
    MONTHLY_RATE,
    MONTHS,
    WARM,
    Scores,
    timed,
    write_fit,
    write_scores,
)
from bench.lifetime_value.customers import ALPHA, A, B, R, read
from keepwell.stats.btyd.beta_geo import BetaGeo
from keepwell.stats.btyd.customer_base import CustomerBase


def fit(task: Task) -> dict[str, float]:
    base = read(task)
    BetaGeo().fit(base.head(WARM))
    model, seconds = timed(lambda: BetaGeo().fit(base))
    write_fit(task, model.parameters())
    return seconds


def score(task: Task) -> dict[str, float]:
    base = read(task)
    model = BetaGeo().fit(base.head(WARM)).at(np.array([R, ALPHA, A, B]))
    _scores(model, base.head(WARM))
    scores, seconds = timed(lambda: _scores(model, base))
    write_scores(task, scores)
    return seconds


def _scores(model: BetaGeo, customers: pd.DataFrame) -> Scores:
    base = CustomerBase.of(customers)
    alive, expected, _ = model.scores(base, f"{HORIZON_DAYS}d", 0.1)
    value, before = np.zeros(base.rows), np.zeros(base.rows)
    for month in range(1, MONTHS + 1):
        until = model.expected_purchases(base, f"{month * MONTH_DAYS}d")
        value += (until - before) * (1 + MONTHLY_RATE) ** -month
        before = until
    return alive, expected, value * customers["spend"].to_numpy()
