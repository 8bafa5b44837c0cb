"""A table as people have it: ids, dates, blanks, constants, new categories, labels in words, and features that know."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy.special import expit

from keepwell.understand.churn.feature_table import MOST_LEVELS, Feature, learn
from keepwell.understand.churn.label import read_label
from keepwell.understand.churn.leakage import same_as_time
from keepwell.understand.churn.reason_words import exactly, in_general
from keepwell.understand.churn.with_features import ChurnModel
from keepwell.vocabulary.errors import InputError, NotIdentifiedError


def people(rows: int = 400, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    calls, plan = random.poisson(2.0, rows), random.choice(["S", "M", "L"], rows)
    left = random.random(rows) < expit(calls - 3 + (plan == "S"))
    return {"calls": calls, "plan": plan, "left": np.where(left, "Yes", "No")}


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [
        ("user_id", [f"u{number}" for number in range(400)], "user_id names rows"),
        ("customerId", list(range(5000, 5400)), "customerId numbers the rows"),
        ("row", list(range(400)), "row numbers the rows"),
        ("shop", ["one"] * 400, "shop is the same in every row"),
        ("since", [date(2024, 1, 1)] * 400, "since is a date"),
        ("notes", [None] * 400, "Empty, so left out: notes"),
        ("blank", ["  "] * 400, "Empty, so left out: blank"),
    ],
)
def test_columns_that_tell_nothing_are_left_out_with_a_note(name: str, column: list[Any], said: str) -> None:
    model = ChurnModel().fit(pa.table(people() | {name: column}), label="left")
    assert model.features_.names == ["calls", "plan"]
    assert any(note.startswith(said) for note in model.notes_)


@pytest.mark.parametrize("name", ["paid", "avoid_returns", "casino"])
def test_a_number_is_no_id_because_its_name_ends_alike(name: str) -> None:
    values = np.random.default_rng(0).permutation(4000)[:400]
    found, _ = learn(pa.table({name: values, "calls": people()["calls"]}), [])
    assert name in found.names


def test_missing_and_new_values_get_a_probability() -> None:
    table = people()
    calls = pa.array([None if number % 5 == 0 else int(value) for number, value in enumerate(table["calls"])])
    plan = pa.array([None if number % 7 == 0 else str(value) for number, value in enumerate(table["plan"])])
    model = ChurnModel().fit(pa.table(table | {"calls": calls, "plan": plan}), label="left")
    found = model.predict({"calls": [None, 3], "plan": [None, "XXL"]})
    assert ((found > 0) & (found < 1)).all()


def test_only_the_most_frequent_of_many_categories_are_told_apart() -> None:
    cities = [f"c{number % 90}" for number in range(400)]
    found, notes = learn(pa.table({"city": cities}), [])
    assert len(found.features[0].levels) == MOST_LEVELS + 1
    assert notes == [f"city has 90 values: the {MOST_LEVELS} most frequent are told apart."]


def test_pandas_polars_arrow_and_a_dictionary_give_the_same_model() -> None:
    table = people()
    kinds = (table, pa.table(table), pd.DataFrame(table), pl.DataFrame(table))
    found = [ChurnModel().fit(kind, label="left").predict(kind).tolist() for kind in kinds]
    assert found[0] == found[1] == found[2] == found[3]


def test_the_order_of_other_columns_does_not_matter_to_a_prediction() -> None:
    model = ChurnModel().fit(people(), label="left")
    turned = dict(reversed(people().items())) | {"new": np.arange(400)}
    assert model.predict(turned).tolist() == model.predict(people()).tolist()


def test_a_feature_that_is_filled_only_for_those_who_left_is_an_alarm() -> None:
    table = people()
    why = [f"w{number % 4}" if left == "Yes" else None for number, left in enumerate(table["left"])]
    model = ChurnModel().fit(pa.table(table | {"cancellation_reason": why}), label="left")
    assert len(model.alarms_) == 1
    assert model.alarms_[0].startswith("cancellation_reason alone tells who left (AUC 1.000)")


def test_chance_does_not_raise_an_alarm_though_a_category_has_few_rows_each() -> None:
    codes = [f"c{number}" for number in np.random.default_rng(0).integers(0, 200, 400)]
    model = ChurnModel().fit(people() | {"code": codes}, label="left")
    assert model.alarms_ == ()


def test_a_feature_that_grows_with_time_is_named() -> None:
    random = np.random.default_rng(0)
    tenure = random.integers(1, 60, 300).astype(float)
    table = pa.table({"paid": tenure * random.uniform(9, 11, 300), "calls": random.poisson(2, 300)})
    features, _ = learn(table, [])
    assert [name for name, _ in same_as_time(features, features.matrix(table), tenure)] == ["paid"]


@pytest.mark.parametrize(
    ("values", "positive"),
    [
        ([True, False], None),
        ([1, 0], None),
        ([1.0, 0.0], None),
        (["Yes", "No"], None),
        ([" churned ", "active"], None),
        (["gone", "here"], "gone"),
    ],
)
def test_labels_are_read_however_they_are_written(values: list[Any], positive: Any) -> None:
    assert read_label(pa.table({"left": values}), "left", positive).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("values", [["gone", "here"], [0, 2], ["yes", "left"], [1.5, 2.5], [date(2024, 1, 1)] * 2])
def test_labels_that_could_mean_either_are_refused(values: list[Any]) -> None:
    with pytest.raises(InputError, match="does not plainly say who left"):
        read_label(pa.table({"left": values}), "left")


def test_too_few_who_left_are_counted_in_the_refusal() -> None:
    table = people(300)
    table["left"] = np.where(np.arange(300) < 12, "Yes", "No")
    with pytest.raises(NotIdentifiedError, match="Not enough customers who left: 12 of 300"):
        ChurnModel().fit(table, label="left")


def test_a_base_that_nobody_left_is_refused() -> None:
    with pytest.raises(NotIdentifiedError, match="Not enough customers who left: 0 of 400"):
        ChurnModel().fit(people() | {"left": ["No"] * 400}, label="left")


def test_rows_without_a_label_are_left_out_with_a_note() -> None:
    labels = [None, *people()["left"].tolist()[1:]]
    model = ChurnModel().fit(people() | {"left": labels}, label="left")
    assert (model.customers_, model.notes_[0]) == (399, "1 rows without left are left out.")


def test_a_column_missing_at_prediction_is_named() -> None:
    model = ChurnModel().fit(people(), label="left")
    with pytest.raises(InputError, match="fitted with plan"):
        model.predict({"calls": [1]})


@pytest.mark.parametrize(
    ("feature", "value", "words"),
    [
        (Feature("OnlineSecurity", ("No", "No internet service", "Yes")), 0.0, "no online security"),
        (Feature("OnlineSecurity", ("No", "No internet service", "Yes")), 1.0, "no internet service"),
        (Feature("SeniorCitizen", is_flag=True), 1.0, "senior citizen"),
        (Feature("plan", ("L", "S")), np.nan, "plan not known"),
        (Feature("orders"), 1.0, "1 order in all"),
        (Feature("days_since_support_ticket"), 3.0, "support ticket 3 days ago"),
        (Feature("days_since_support_ticket"), np.nan, "no support ticket so far"),
        (
            Feature("MonthlyCharges", median=70.35),
            100.8,
            "monthly charges of 100.8 (high; the middle customer has 70.35)",
        ),
    ],
)
def test_a_value_is_said_in_plain_words(feature: Feature, value: float, words: str) -> None:
    assert exactly(feature, value, {}) == words


def test_what_holds_for_many_names_no_number() -> None:
    assert in_general(Feature("recency_days", median=40.0), 90.0) == "no order for long"
