"""The package ``lifetimes``, as its documentation uses it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from lifetimes import BetaGeoFitter
from lifetimes.utils import _customer_lifetime_value

from bench.benchmark import Task
from bench.lifetime_value.answer import HORIZON_DAYS, MONTHLY_RATE, MONTHS, WARM, Scores, timed, write_fit, write_scores
from bench.lifetime_value.customers import ALPHA, COLUMNS, A, B, R, read


def fit(task: Task) -> dict[str, float]:
    base = read(task)
    _fitted(base.head(WARM))
    model, seconds = timed(lambda: _fitted(base))
    write_fit(task, model.params_)
    return seconds


def score(task: Task) -> dict[str, float]:
    base = read(task)
    model = _fitted(base.head(WARM))
    model.params_ = pd.Series({"r": R, "alpha": ALPHA, "a": A, "b": B})
    _scores(model, base.head(WARM))
    scores, seconds = timed(lambda: _scores(model, base))
    write_scores(task, scores)
    return seconds


def _fitted(base: pd.DataFrame) -> BetaGeoFitter:
    # lifetimes' own default penalizer is 0, said here since maximum likelihood is what is compared
    return BetaGeoFitter(penalizer_coef=0.0).fit(base["frequency"], base["recency_days"], base["age_days"])


def _scores(model: BetaGeoFitter, base: pd.DataFrame) -> Scores:
    frequency, recency, age, spend = (base[name] for name in COLUMNS)
    return (
        np.asarray(model.conditional_probability_alive(frequency, recency, age)),
        np.asarray(model.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS, frequency, recency, age)),
        np.asarray(_customer_lifetime_value(model, frequency, recency, age, spend, MONTHS, MONTHLY_RATE, "D")),
    )
