"""Uplift in money, through to the assignment and the supply curve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.decide.assign import assign
from keepwell.decide.offers import TreatmentLimits
from keepwell.decide.supply import supply_curve
from keepwell.decide.uplift.money import LeverTerms, in_money, margin_after_discount, offers_of
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence


@given(
    anyway=st.floats(0, 1),
    treated=st.floats(0, 1),
    contact=st.floats(0.01, 10),
    incentive=st.floats(0.01, 20),
    redemption=st.floats(0, 1),
    worth=st.floats(1, 100),
)
def test_gain_less_cost_is_what_the_books_will_show(
    anyway: float, treated: float, contact: float, incentive: float, redemption: float, worth: float
) -> None:
    terms = LeverTerms(contact, incentive, redemption, worth)
    found = in_money([treated - anyway], [0.0], terms, anyway=[anyway])
    books = worth * (treated - anyway) - contact - incentive * redemption * treated
    assert found.gain[0] - found.cost[0] == pytest.approx(books, abs=1e-9)


def test_a_coupon_to_those_who_buy_anyway_is_given_away() -> None:
    found = in_money([0.0], [0.01], LeverTerms(contact=0.1, incentive=5, worth=40), anyway=[0.9])
    assert found.gain[0] == pytest.approx(-4.5)
    assert found.cost[0] == pytest.approx(0.1)


def test_an_incentive_needs_to_know_who_buys_anyway() -> None:
    with pytest.raises(InputError) as caught:
        in_money([0.1], [0.01], LeverTerms(contact=0.1, incentive=5))
    assert caught.value.code == "lever.anyway"


def test_a_discount_lowers_the_price_but_not_what_the_goods_cost() -> None:
    # Goods at 100 that cost 60, sold for 90: 30 is left.
    assert margin_after_discount([90.0], [10.0], 0.4)[0] == pytest.approx(90 - 60)


@pytest.mark.parametrize(
    "terms", [{"contact": 0}, {"contact": 1, "incentive": -1}, {"contact": 1, "redemption": 2}, {"contact": np.nan}]
)
def test_terms_out_of_their_range_are_refused(terms: dict[str, float]) -> None:
    with pytest.raises(InputError):
        LeverTerms(**terms)


def test_sleeping_dogs_are_left_alone_by_the_assignment() -> None:
    mail = in_money([4.0, 0.2, -3.0], [0.1] * 3, LeverTerms(contact=0.5))
    call = in_money([9.0, 1.0, -1.0], [0.1] * 3, LeverTerms(contact=4.0))
    found = assign(offers_of({"mail": mail, "call": call}), TreatmentLimits(budget=100))
    assert found.lever.tolist() == [1, -1, -1]


def test_the_supply_of_retained_margin_begins_with_the_best_return() -> None:
    money = in_money([1.0, 4.0, 2.0, -3.0], [0.1] * 4, LeverTerms(contact=0.5))
    curve = supply_curve("mail", money.gain, money.cost, error=money.error, evidence=Evidence.EXPERIMENT, draws=4000)
    assert curve.spend.tolist() == [0.0, 0.5, 1.0, 1.5]
    assert curve.mean == pytest.approx([0, 4, 6, 7], abs=0.05)
