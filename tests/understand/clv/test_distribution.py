"""Classes of value: round limits, nobody lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.understand.clv.distribution import MOST_CLASSES, value_classes


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=60))
def test_every_customer_and_all_their_value_are_in_a_class(values: list[float]) -> None:
    found = value_classes(np.array(values))
    assert sum(item.customers for item in found) == len(values)
    assert sum(item.value for item in found) == pytest.approx(sum(values))
    assert len(found) <= MOST_CLASSES
    assert found[-1].value_to is None


def test_classes_follow_each_other() -> None:
    found = value_classes(np.random.default_rng(1).lognormal(4, 1.5, 5000))
    assert [item.value_to for item in found[:-1]] == [item.value_from for item in found[1:]]


def test_nobody_makes_no_class() -> None:
    assert value_classes(np.array([])) == []
