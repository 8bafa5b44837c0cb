"""What a margin curve accepts, and what it says between its points."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.decide.margin_curve import MarginCurve, Side, check_together
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

SPEND = np.array([0.0, 100, 300])
MARGIN = np.array([[0.0, 200, 300], [0.0, 100, 500]])


def curve(item: str = "search", spend=SPEND, margin=MARGIN, **more) -> MarginCurve:
    return MarginCurve(item, Side.WIN, spend, margin, Evidence.STATED, **more)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"spend": np.array([0.0, 100])}, "margin_curve.shape"),
        ({"spend": np.array([0.0, 100, 100])}, "margin_curve.spend"),
        ({"spend": np.array([1.0, 100, 300])}, "margin_curve.spend"),
        ({"margin": MARGIN + 1}, "margin_curve.origin"),
        ({"margin": np.array([[0.0, np.nan, 1]])}, "margin_curve.number"),
        ({"floor": 200.0, "cap": 100.0}, "margin_curve.bounds"),
        ({"cap": 301.0}, "margin_curve.bounds"),
        ({"uses": {"sends": -1.0}}, "margin_curve.uses"),
    ],
)
def test_a_curve_that_cannot_be_is_refused_by_name(changed: dict[str, object], code: str) -> None:
    with pytest.raises(InputError) as refused:
        curve(**changed)
    assert refused.value.code == code
    assert refused.value.where == "search"


def test_between_two_points_the_margin_is_linear_and_beyond_the_last_it_is_flat() -> None:
    assert curve().at(200.0).tolist() == [250.0, 300.0]
    assert curve().at(900.0).tolist() == [300.0, 500.0]


def test_a_holdout_shrinks_both_axes_so_that_the_return_of_a_unit_stays() -> None:
    half = curve(cap=200.0).reserving(0.5)
    assert half.most == 100.0
    assert half.at(50.0).tolist() == (curve().at(100.0) / 2).tolist()


def test_curves_with_different_draws_do_not_make_a_plan() -> None:
    with pytest.raises(InputError, match="different numbers of draws"):
        check_together([curve(), curve("other", margin=MARGIN[:1])])


def test_an_item_that_comes_twice_is_refused() -> None:
    with pytest.raises(InputError, match="comes twice"):
        check_together([curve(), curve()])
