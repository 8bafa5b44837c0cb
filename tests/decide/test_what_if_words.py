"""What the what-ifs are called, and what they say they suppose."""

from __future__ import annotations

import pytest

from keepwell.decide.keep_or_win import standard_scenarios
from keepwell.decide.what_if_changes import cac_rises, discount_for_all, retention_changes


def test_a_discount_that_causes_nothing_says_so_in_words() -> None:
    assert discount_for_all(0.1).description == (
        "Everyone gets 10% off every order, and nobody orders more because of it."
    )


@pytest.mark.parametrize(("uplift", "said"), [(0.05, "rise by 5%"), (-0.2, "fall by 20%")])
def test_a_discount_that_moves_orders_says_which_way(uplift: float, said: str) -> None:
    assert f"orders {said} because of it" in discount_for_all(0.1, uplift).description


@pytest.mark.parametrize(
    ("what_if", "name", "description"),
    [
        (retention_changes(-5), "retention −5 points", "5 in 100 customers leave who would stay."),
        (retention_changes(5), "retention +5 points", "5 in 100 customers stay who would have left."),
        (cac_rises(0.2), "CAC +20%", "A new customer costs 20% more at the same budget."),
        (cac_rises(-0.1), "CAC −10%", "A new customer costs 10% less at the same budget."),
    ],
)
def test_a_change_is_named_with_its_sign_and_said_in_words(what_if, name: str, description: str) -> None:
    assert (what_if.name, what_if.description) == (name, description)


def test_no_name_holds_a_hyphen_for_a_minus_or_a_gap_before_a_percent_sign() -> None:
    texts = [text for scenario in standard_scenarios() for w in scenario for text in (w.name, w.description)]
    assert not [text for text in texts if " -" in text or "-5" in text or " %" in text or "+0" in text]
