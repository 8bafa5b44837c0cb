"""The uplift model on campaigns with a known truth, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from keepwell.decide.uplift.model import UpliftModel
from keepwell.vocabulary.errors import InputError, NotIdentifiedError
from keepwell.vocabulary.estimate import NotAvailable


def _campaign(seed: int = 1, size: int = 6000, arms: int = 2) -> pd.DataFrame:
    """Return a mailing that brings 6 to the persuadable, nothing to most, and costs 4 with the sleeping dogs."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(["persuadable", "sure", "dog"], size, p=[0.3, 0.5, 0.2])
    age, place = rng.integers(18, 80, size), rng.integers(0, arms, size)
    effect = np.select([kind == "persuadable", kind == "dog"], [6.0, -4.0], 0.0)
    margin = 10 + 0.05 * age + (place > 0) * effect * np.where(place == 2, 0.5, 1.0) + rng.normal(0, 6, size)
    return pd.DataFrame({"kind": kind, "age": age, "arm": place, "margin": margin, "effect": effect})


def _fit(table: Any, **changes: Any) -> UpliftModel:
    asked = {"treatment": "arm", "outcome": "margin", "drop": ("effect",), **changes}
    return UpliftModel(base="ridge").fit(table, **asked)


@pytest.fixture(scope="module")
def model() -> UpliftModel:
    return _fit(_campaign())


def test_sleeping_dogs_are_found(model: UpliftModel) -> None:
    people = pd.DataFrame({"kind": ["persuadable", "sure", "dog"], "age": [40, 40, 40]})
    uplift, error = model.predict(people).of("treated")
    assert uplift[2] + 1.28 * error[2] < 0 < uplift[0] - 1.28 * error[0]


def test_the_sentence_says_how_many_are_better_left_alone(model: UpliftModel) -> None:
    assert "20% are better left alone" in model.findings_[0].sentence


def test_effects_on_other_people_are_those_of_the_truth(model: UpliftModel) -> None:
    others = _campaign(seed=2)
    uplift, _ = model.predict(others).of("treated")
    assert uplift[others["kind"] == "persuadable"].mean() == pytest.approx(6, abs=1)
    assert np.corrcoef(uplift, others["effect"])[0, 1] > 0.95


def test_each_fifth_of_the_people_measures_what_was_foretold(model: UpliftModel) -> None:
    for row in model.findings_[0].bins:
        assert not isinstance(row.measured, NotAvailable)
        assert row.measured.low is not None
        assert row.measured.high is not None
        half = (row.measured.high - row.measured.low) / 2
        assert abs(row.measured.value - row.foretold) < 2 * half


def test_what_is_expected_anyway_is_the_outcome_of_people_left_alone(model: UpliftModel) -> None:
    found = model.predict({"kind": ["sure"], "age": [40]}).anyway[0, 0]
    assert found == pytest.approx(12, abs=0.5)


def test_where_all_respond_alike_all_are_given_the_average() -> None:
    rng = np.random.default_rng(3)
    table = {"age": rng.integers(18, 80, 3000), "arm": rng.integers(0, 2, 3000)}
    table["margin"] = 10 + 2 * table["arm"] + rng.normal(0, 3, 3000)
    found = UpliftModel(base="ridge").fit(table, treatment="arm", outcome="margin")
    assert "treat everyone or no one" in found.findings_[0].sentence
    assert np.ptp(found.predict(table).value) == 0


def test_several_arms_are_told_apart_against_one_control_group() -> None:
    table = _campaign(arms=3, size=9000)
    table["arm"] = table["arm"].map({0: "nothing", 1: "call", 2: "mail"})
    found = _fit(table, control="nothing").predict({"kind": ["persuadable"], "age": [40]})
    assert found.arms == ("call", "mail")
    assert found.value[0] == pytest.approx([6, 3], abs=1.2)


def test_campaigns_with_unlike_shares_are_compared_within_themselves() -> None:
    # The second treats four times as many, of people worth 20 more; pooled, the mailing would seem to add 13.
    rng = np.random.default_rng(4)
    campaign = np.repeat(["small", "large"], 3000)
    arm = (rng.random(6000) < np.where(campaign == "large", 0.8, 0.2)).astype(int)
    margin = 10 + 20 * (campaign == "large") + 1.0 * arm + rng.normal(0, 3, 6000)
    table = pa.table({"campaign": campaign, "age": rng.normal(size=6000), "arm": arm, "margin": margin})
    average = _fit(table, drop=(), strata="campaign").findings_[0].average
    assert average.value == pytest.approx(1, abs=1.2)


def test_known_chances_of_treatment_undo_the_choice_of_people() -> None:
    rng = np.random.default_rng(5)
    chance = rng.choice([0.2, 0.8], 6000)
    arm = (rng.random(6000) < chance).astype(int)
    margin = 10 * (chance > 0.5) + 2.0 * arm + rng.normal(0, 3, 6000)
    table = {"age": rng.normal(size=6000), "chance": chance, "arm": arm, "margin": margin}
    average = _fit(table, drop=(), propensity="chance").findings_[0].average
    assert average.value == pytest.approx(2, abs=0.8)


def test_the_same_seed_gives_the_same_uplift() -> None:
    table = _campaign(size=1500)
    one, other = (UpliftModel(seed=3, learners=("T", "DR")) for _ in range(2))
    for fitted in (one, other):
        fitted.fit(table, treatment="arm", outcome="margin", drop=("effect",))
    assert (one.predict(table).value == other.predict(table).value).all()


def test_a_polars_table_is_read_like_a_pandas_one() -> None:
    table = _campaign(size=1000)
    assert _fit(pl.DataFrame(table)).findings_ == _fit(table).findings_


def test_too_few_responses_still_give_the_average() -> None:
    rng = np.random.default_rng(6)
    table = {"age": rng.normal(size=200), "arm": np.arange(200) % 2, "bought": (np.arange(200) % 20 == 1).astype(int)}
    found = UpliftModel().fit(table, treatment="arm", outcome="bought").findings_[0]
    assert found.average.value == pytest.approx(0.1)
    assert isinstance(found.chance, NotAvailable)


@pytest.mark.parametrize(
    ("change", "asked", "code"),
    [
        ({"arm": 1}, {}, "uplift.one_arm"),
        ({"arm": "mail"}, {"control": "nothing"}, "uplift.one_arm"),
        ({"arm": [1] * 5980 + [0] * 20}, {}, "uplift.too_few"),
        ({}, {"planned": {"control": 0.6, "treated": 0.4}}, "uplift.sample_ratio"),
        ({"age": lambda table: table["age"] + 5 * table["arm"]}, {}, "uplift.not_by_lot"),
    ],
)
def test_what_cannot_be_told_says_what_would_make_it_so(
    change: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(NotIdentifiedError) as caught:
        _fit(_campaign().assign(**change), **asked)
    assert caught.value.code == code
    assert caught.value.advice


@pytest.mark.parametrize(
    ("change", "asked", "code"),
    [
        ({}, {"outcome": "profit"}, "uplift.missing_column"),
        ({}, {"treatment": "mailed"}, "uplift.missing_column"),
        ({"margin": [np.nan] + [1.0] * 5999}, {}, "uplift.empty_cell"),
        ({"margin": "much"}, {}, "uplift.not_numbers"),
        ({"arm": [None] + [1.0] * 5999}, {}, "uplift.treatment_empty"),
        ({"arm": ["a", "b"] * 3000}, {}, "uplift.control"),
        ({}, {"planned": {"treated": 0.5}}, "uplift.planned"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_advice(
    change: dict[str, Any], asked: dict[str, Any], code: str
) -> None:
    table = _campaign().assign(**change)
    with pytest.raises(InputError) as caught:
        _fit(pa.Table.from_pandas(table, preserve_index=False) if "arm" in change else table, **asked)
    assert caught.value.code == code


def test_a_model_not_fitted_says_so() -> None:
    with pytest.raises(InputError) as caught:
        UpliftModel().predict({"age": [1]})
    assert caught.value.code == "model.not_fitted"


def test_a_feature_missing_at_prediction_is_named(model: UpliftModel) -> None:
    with pytest.raises(InputError, match="kind"):
        model.predict({"age": [40]})
