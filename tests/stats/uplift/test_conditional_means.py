"""Means given features: straight lines and boosted trees."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.stats.boosted_means import BoostedMeans
from keepwell.stats.ridge_means import RidgeMeans
from keepwell.stats.uplift.mean_models import Base, MeanModel
from keepwell.vocabulary.errors import InputError


def test_ridge_equals_the_closed_form_on_standardised_columns() -> None:
    rng = np.random.default_rng(1)
    x, weight = rng.normal(size=(80, 3)) * [1, 10, 0.1] + 5, rng.random(80) + 0.5
    y = x @ [1.0, -0.2, 3.0] + rng.normal(size=80)
    w = weight / weight.mean()
    centre = (w[:, None] * x).mean(axis=0)
    spread = np.sqrt((w[:, None] * (x - centre) ** 2).mean(axis=0))
    # Ridge as least squares on made-up rows: one of √ridge a column, outcome 0; the level free.
    z = np.column_stack([np.ones(80), (x - centre) / spread]) * np.sqrt(w)[:, None]
    made_up = np.column_stack([np.zeros(3), np.sqrt(7.0) * np.eye(3)])
    found = np.linalg.lstsq(np.vstack([z, made_up]), np.append(y * np.sqrt(w), np.zeros(3)), rcond=None)[0]
    assert RidgeMeans(ridge=7).fit(x, y, weights=weight).coefficients_ == pytest.approx(found[1:] / spread)


def test_trees_find_a_step() -> None:
    rng = np.random.default_rng(2)
    x = rng.random((2000, 3))
    model = BoostedMeans().fit(x, np.where(x[:, 1] > 0.5, 4.0, 1.0) + rng.normal(size=2000))
    assert model.mean([[0.5, 0.9, 0.5], [0.5, 0.1, 0.5]]) == pytest.approx([4, 1], abs=0.4)


def test_an_outcome_that_nothing_tells_gets_no_tree_or_hardly_any_spread() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.random((2000, 3)), rng.normal(size=2000)
    assert BoostedMeans().fit(x, y).mean(x).std() < 0.1


def test_means_out_of_fold_have_not_seen_their_row() -> None:
    # One row far off moves its own mean in a fit that has seen it, and not in one that has not.
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(60, 20)), rng.normal(size=60)
    far = y.copy()
    far[0] += 1000
    model, other = (MeanModel(Base.RIDGE, is_binary=False).fit(x, outcome) for outcome in (y, far))
    assert abs(other.mean(x[:1])[0] - model.mean(x[:1])[0]) > 50
    assert abs(other.out_of_fold_[0] - model.out_of_fold_[0]) < 50


def test_a_yes_that_hardly_ever_comes_has_the_mean_of_all() -> None:
    x, y = np.arange(100.0)[:, None], np.zeros(100)
    y[:3] = 1
    assert MeanModel(Base.TREES, is_binary=True).fit(x, y).mean([[1.0], [99.0]]).tolist() == [0.03, 0.03]


def test_a_cell_that_is_not_finite_is_refused() -> None:
    with pytest.raises(InputError):
        RidgeMeans().fit([[np.nan]], [1.0])
