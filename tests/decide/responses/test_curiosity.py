"""Curiosity: money that also goes where much may lie and little is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.decide.constraints import Constraints
from keepwell.decide.margin_curve import MarginCurve, Side
from keepwell.decide.responses.curiosity import curious
from keepwell.decide.split import best_split
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

SPEND = np.array([0.0, 100.0])


def channel(name: str, *margins: float) -> MarginCurve:
    return MarginCurve(name, Side.WIN, SPEND, np.array([[0.0, margin] for margin in margins]), Evidence.REGRESSION)


def test_money_tries_the_channel_that_is_not_known_before_the_slightly_better_one_that_is() -> None:
    known, unknown = channel("known", 150, 150), channel("unknown", 20, 260)
    by_mean = best_split([known, unknown], Constraints(100)).spends
    by_curiosity = best_split([curious(curve, 0.5) for curve in (known, unknown)], Constraints(100)).spends
    assert by_mean.tolist() == [100, 0]
    assert by_curiosity.tolist() == [0, 100]


def test_a_channel_that_surely_loses_is_not_tried() -> None:
    losing = curious(channel("losing", 30, 50), 1.0)
    assert best_split([losing], Constraints(100)).spends.tolist() == [0]


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20), st.floats(0, 3))
def test_a_curve_is_raised_by_as_many_deviations_as_asked(margins: list[float], errors: float) -> None:
    curve = channel("ads", *margins)
    raised = curious(curve, errors).mean[1] - curve.mean[1]
    assert raised == pytest.approx(errors * np.std(margins), abs=1e-6 * (1 + max(margins)))


def test_less_than_no_curiosity_is_refused() -> None:
    with pytest.raises(InputError, match="standard errors"):
        curious(channel("ads", 1, 2), -0.5)
