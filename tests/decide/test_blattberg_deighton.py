"""The published example of Blattberg & Deighton (1996) and the properties of the optimum."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.decide.blattberg_deighton import Response, best_acquisition_spend, customer_value, optimum
from keepwell.vocabulary.errors import InputError

FIRST = optimum(Response(6, 0.25, 0.45), Response(10, 0.5, 0.8), margin=60, discount_rate=0.1)
# The second example's printed results (CE 5.0 before, V 84.900 after) belong to these inputs.
SECOND = optimum(Response(10, 0.2, 0.4), Response(10, 0.5, 0.8), margin=50, discount_rate=0.1)


@pytest.mark.parametrize(
    ("name", "found", "published", "places"),
    [
        ("k_a", Response(6, 0.25, 0.45).steepness, 0.135155, 6),
        ("k_r", Response(10, 0.5, 0.8).steepness, 0.098083, 6),
        ("CE before", FIRST.equity_now, 17.3333, 4),
        ("CE after", FIRST.equity, 28.8499, 4),
        ("A*", FIRST.acquisition_spend, 14.2037, 4),
        ("R*", FIRST.retention_spend, 22.1696, 4),
        ("a", FIRST.acquisition_rate, 0.3840, 4),
        ("r", FIRST.retention_rate, 0.7091, 4),
        ("V", FIRST.customer_value, 112.1167, 4),
        ("marginal cost of winning", FIRST.marginal_cost_of_winning, 112.1167, 4),
        ("marginal cost of keeping", FIRST.marginal_cost_of_keeping, 112.1167, 4),
        ("average cost of winning", FIRST.average_cost_of_winning, 36.99, 2),
        ("average cost of keeping", FIRST.average_cost_of_keeping, 31.27, 2),
        ("second CE before", SECOND.equity_now, 5.0, 4),
        ("second CE after", SECOND.equity, 7.1823, 4),
        ("second A*", SECOND.acquisition_spend, 12.3507, 4),
        ("second R*", SECOND.retention_spend, 19.3345, 4),
        ("second V", SECOND.customer_value, 84.900, 3),
    ],
)
def test_the_published_vectors_are_reproduced(name: str, found: float, published: float, places: int) -> None:
    assert round(found, places) == pytest.approx(published, abs=1e-9), name


@given(
    st.floats(0.01, 0.9),
    st.floats(1.05, 3),
    st.floats(0.05, 0.9),
    st.floats(1.02, 2),
    st.floats(5, 500),
    st.floats(0.0, 0.4),
)
@settings(max_examples=60, deadline=None)
def test_no_point_of_a_grid_beats_the_optimum(a, a_room, r, r_room, margin, discount) -> None:
    acquisition = Response(5, a, min(1.0, a * a_room) if a * a_room > a else 1.0)
    retention = Response(8, r, min(0.97, r * r_room))
    best = optimum(acquisition, retention, margin=margin, discount_rate=discount)
    for share in range(21):
        winning, keeping = share / 20 * 3 * margin, share / 20 * margin
        for w in (winning, best.acquisition_spend):
            for k in (keeping, best.retention_spend):
                value = customer_value(margin, discount, retention.at(k), k)
                assert acquisition.at(w) * value - w <= best.equity + 1e-7 * max(1, abs(best.equity))


def test_nothing_is_spent_on_winning_when_the_first_unit_does_not_pay() -> None:
    acquisition = Response(6, 0.25, 0.45)
    value_at_break_even = 1 / acquisition.slope(0)
    assert best_acquisition_spend(acquisition, value_at_break_even) == 0


def test_nothing_is_spent_on_keeping_when_the_first_unit_does_not_pay() -> None:
    best = optimum(Response(6, 0.25, 0.45), Response(1000, 0.1, 0.2), margin=20, discount_rate=0.1)
    assert best.retention_spend == 0
    assert best.average_cost_of_keeping is None


def test_a_loss_making_customer_is_neither_bought_nor_kept() -> None:
    best = optimum(Response(6, 0.25, 0.45), Response(10, 0.5, 0.8), margin=-5, discount_rate=0.1)
    assert (best.acquisition_spend, best.retention_spend, best.retention_share) == (0, 0, None)


@pytest.mark.parametrize(
    ("spend", "rate", "ceiling"), [(6, 0.45, 0.45), (6, 0.5, 0.45), (0, 0.2, 0.4), (-1, 0.2, 0.4), (6, 0.2, 1.2)]
)
def test_an_impossible_response_is_refused_with_advice(spend: float, rate: float, ceiling: float) -> None:
    with pytest.raises(InputError) as caught:
        Response(spend, rate, ceiling)
    assert caught.value.advice
