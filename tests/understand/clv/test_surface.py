"""What a model says of every kind of customer."""

from __future__ import annotations

import pytest

from keepwell.stats.btyd.pareto_nbd import ParetoNBD
from keepwell.understand.clv.surface import surface
from keepwell.vocabulary.errors import InputError

MODEL = ParetoNBD().fit(
    {"frequency": [0, 2, 1, 4, 0, 7], "recency_days": [0, 30, 12, 60, 0, 85], "age_days": [90, 80, 85, 90, 70, 95]}
)


def test_the_longer_the_silence_the_less_likely_a_customer_is_still_there() -> None:
    column = [cell.probability_alive for cell in surface(MODEL, 400, frequencies=[5])]
    assert column == sorted(column, reverse=True)


def test_a_cell_says_what_the_model_says_of_such_a_customer() -> None:
    cell = surface(MODEL, 100, 50, frequencies=[3], silences=[20])[0]
    customer = {"frequency": [3], "recency_days": [80], "age_days": [100]}
    assert cell.expected_orders == pytest.approx(MODEL.expected_purchases(customer, 50)[0])
    assert cell.probability_alive == pytest.approx(MODEL.probability_alive(customer)[0])


def test_a_silence_longer_than_the_customer_is_known_is_left_out() -> None:
    assert {cell.recency_days for cell in surface(MODEL, 30, frequencies=[1])} == {0, 7, 14}


def test_an_age_without_any_cell_is_refused() -> None:
    with pytest.raises(InputError, match="silent for so long"):
        surface(MODEL, 5, silences=[10])
