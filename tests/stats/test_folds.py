"""Folds keep a customer's rows together and the share of events alike."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.stats.folds import folds
from keepwell.vocabulary.errors import InputError


def test_rows_of_one_customer_are_in_one_fold() -> None:
    random = np.random.default_rng(0)
    customers = random.integers(0, 80, 400)
    place = folds(random.random(400) < 0.2, 5, seed=1, groups=customers)
    assert all(len(set(place[customers == customer])) == 1 for customer in np.unique(customers))


def test_every_fold_has_its_share_of_events() -> None:
    labels = np.repeat([1, 0], [50, 450])
    place = folds(labels, 5, seed=2)
    assert np.bincount(place[labels == 1]).tolist() == [10] * 5


def test_more_folds_than_customers_are_refused() -> None:
    with pytest.raises(InputError, match="cannot be put into 3 folds"):
        folds([1, 0], 3, seed=0)
