"""The area under the curve and lift against pairs and counts done by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.stats.ranking import area_under_curve, lift
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Estimate, NotAvailable

CASES = st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=40)


@given(CASES)
def test_the_area_is_the_share_of_pairs_in_the_right_order(cases: list[tuple[bool, int]]) -> None:
    events = [score for happened, score in cases if happened]
    others = [score for happened, score in cases if not happened]
    found = area_under_curve([happened for happened, _ in cases], [score for _, score in cases])
    if not events or not others:
        assert isinstance(found, NotAvailable)
        return
    pairs = [(one > other) + 0.5 * (one == other) for one in events for other in others]
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(sum(pairs) / len(pairs))


def test_the_interval_is_as_wide_as_resampling_says() -> None:
    random = np.random.default_rng(3)
    labels = random.random(400) < 0.3
    scores = labels + random.normal(0, 1.2, 400)
    found = area_under_curve(labels, scores)
    areas = []
    for _ in range(400):
        rows = random.integers(0, 400, 400)
        drawn = area_under_curve(labels[rows], scores[rows])
        assert isinstance(drawn, Estimate)
        areas.append(drawn.value)
    assert isinstance(found, Estimate)
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low == pytest.approx(np.quantile(areas, 0.975) - np.quantile(areas, 0.025), rel=0.15)


def test_lift_steps_hold_every_event_once() -> None:
    random = np.random.default_rng(1)
    labels, scores = random.random(1003) < 0.2, random.random(1003)
    steps = lift(labels, scores)
    assert (sum(step.customers for step in steps), sum(step.events for step in steps)) == (1003, int(labels.sum()))
    assert steps[-1].captured == pytest.approx(1.0)


def test_a_label_that_is_neither_0_nor_1_is_refused_with_its_row() -> None:
    with pytest.raises(InputError, match="row 2"):
        area_under_curve([0, 2], [0.1, 0.2])
