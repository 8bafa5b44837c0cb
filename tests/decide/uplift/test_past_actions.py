"""Past actions as a table: which campaigns teach what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from keepwell.decide.uplift.levers import LeverUplift, lever_uplifts
from keepwell.decide.uplift.past_actions import Design, read_actions
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import Evidence

FEATURES = ("orders",)


def _campaign(
    name: str, lever: str, *, lots: bool, treated: float = 0.5, size: int = 1500, day: int = 1
) -> pd.DataFrame:
    rng = np.random.default_rng(day)
    orders = rng.poisson(3, size)
    is_treated = rng.random(size) < (treated if lots or treated == 1 else 0.2 + 0.1 * np.minimum(orders, 6))
    return pd.DataFrame(
        {
            "customer_id": [f"c{row}" for row in range(size)],
            "campaign": name,
            "lever": lever,
            "treated_at": pd.Timestamp(2024, 1, day),
            "is_treated": is_treated,
            "has_control": lots,
            "orders": orders,
            "margin": 3.0 * orders + 2 * is_treated * orders + rng.normal(0, 3, size),
        }
    )


@pytest.fixture(scope="module")
def actions() -> pd.DataFrame:
    return pd.concat(
        [
            _campaign("March", "mail", lots=True, treated=0.8, day=3),
            _campaign("January", "mail", lots=True, treated=0.5, day=1),
            _campaign("spring", "call", lots=False, day=4),
            _campaign("summer", "coupon", lots=False, treated=1, day=5),
        ]
    )


@pytest.fixture(scope="module")
def levers(actions: pd.DataFrame) -> dict[str, LeverUplift]:
    found = lever_uplifts(read_actions(actions), outcome="margin", base="ridge")
    return {one.lever: one for one in found}


def test_campaigns_are_read_in_order_with_their_design(actions: pd.DataFrame) -> None:
    assert [(one.name, one.design) for one in read_actions(actions)] == [
        ("January", Design.BY_LOT),
        ("March", Design.BY_LOT),
        ("spring", Design.CHOSEN),
        ("summer", Design.ONE_ARM),
    ]


def test_evidence_is_graded_by_design(levers: dict[str, LeverUplift]) -> None:
    assert {lever: one.evidence for lever, one in levers.items()} == {
        "mail": Evidence.EXPERIMENT,
        "call": Evidence.OBSERVED,
        "coupon": Evidence.NONE,
    }


def test_campaigns_with_lots_are_learned_from_together(levers: dict[str, LeverUplift]) -> None:
    found = levers["mail"].predict({"orders": [0, 5], "campaign": ["next"] * 2})
    assert found.value[:, 0] == pytest.approx([0, 10], abs=1)


def test_without_lots_everybody_gets_the_discounted_average(levers: dict[str, LeverUplift]) -> None:
    found = levers["call"].predict({"orders": [0, 5]}).value[:, 0]
    # Treated customers order more than three times; 2 each is some 6 to 7, discounted by 3.7.
    assert found[0] == found[1]
    assert 1 < found[0] < 2.5


def test_a_campaign_to_everybody_says_what_would_make_it_teach(levers: dict[str, LeverUplift]) -> None:
    assert "Add people who were not: at best left out by lot next time" in levers["coupon"].sentence


def test_a_lever_of_which_nothing_is_known_has_no_uplift(levers: dict[str, LeverUplift]) -> None:
    with pytest.raises(NotIdentifiedError) as caught:
        levers["coupon"].predict({"orders": [1]})
    assert caught.value.code == "uplift.lever"


def test_a_campaign_too_small_on_one_side_is_named(actions: pd.DataFrame) -> None:
    few = _campaign("tiny", "gift", lots=True, treated=0.5, size=60, day=6)
    said = lever_uplifts(read_actions(few), outcome="margin")[0].not_identified[0]
    assert (said.question, "at least 50" in said.needs) == ("What tiny (gift) changed", True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"is_treated": None}, "actions.empty_cell"),
        ({"has_control": "maybe"}, "actions.yes_or_no"),
        ({"customer_id": "same"}, "actions.twice"),
        ({"lever": ["mail", "call"] * 750}, "actions.mixed"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(change: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as caught:
        read_actions(_campaign("March", "mail", lots=True).assign(**change))
    assert caught.value.code == code


def test_missing_columns_are_named_with_their_meaning() -> None:
    with pytest.raises(InputError) as caught:
        read_actions(_campaign("March", "mail", lots=True).drop(columns=["has_control"]))
    assert caught.value.advice == "has_control: whether lots decided who was addressed."
