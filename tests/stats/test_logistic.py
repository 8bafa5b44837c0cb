"""Ridge logistic regression: the slope of the penalised likelihood is zero where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from keepwell.stats.logistic import RidgeLogistic


def test_it_ends_where_a_general_optimiser_ends() -> None:
    random = np.random.default_rng(0)
    columns = random.normal(size=(300, 3)) * [1, 10, 0.1] + 5
    labels = (random.random(300) < expit(columns[:, 0] - 5)).astype(float)
    scaled = (columns - columns.mean(axis=0)) / columns.std(axis=0)

    def loss(at: np.ndarray) -> float:
        line = at[0] + scaled @ at[1:]
        return float(np.sum(np.logaddexp(0, line) - labels * line) + 0.7 * at[1:] @ at[1:] / 2)

    by_hand = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-8}).x
    found = RidgeLogistic(ridge=0.7).fit(columns, labels)
    assert found.coefficients_ * columns.std(axis=0) == pytest.approx(by_hand[1:], abs=1e-4)
    assert found.probability(columns).mean() == pytest.approx(labels.mean())


def test_classes_that_do_not_overlap_give_finite_coefficients() -> None:
    found = RidgeLogistic().fit([[0.0], [1.0], [10.0], [11.0]], [0, 0, 1, 1])
    assert np.isfinite(found.coefficients_).all()
    assert found.probability([[0.0], [11.0]]).round(0).tolist() == [0.0, 1.0]


def test_a_constant_column_has_no_say() -> None:
    found = RidgeLogistic().fit([[0.0, 7.0], [1.0, 7.0], [2.0, 7.0]], [0, 1, 1])
    assert found.coefficients_[1] == 0
