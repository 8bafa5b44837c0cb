"""Reading survivors and customers into counts per renewal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.stats.contract.renewals import Renewals
from keepwell.vocabulary.errors import InputError


def test_survivors_of_one_cohort_become_renewed_and_lost() -> None:
    renewals = Renewals.of([1000, 631, 468])
    assert renewals.renewed.tolist() == [631, 468]
    assert renewals.lost.tolist() == [369, 163]


def test_cohorts_of_different_length_add_up() -> None:
    renewals = Renewals.of({"old": [100, 60, 40], "young": [50, 30]})
    assert renewals.at_risk.tolist() == [150, 60]
    assert renewals.customers == 150


def test_a_list_of_cohorts_is_read_like_a_mapping() -> None:
    cohorts = [[100, 60, 40], [50, 30]]
    assert Renewals.of(cohorts).lost.tolist() == Renewals.of(dict(enumerate(cohorts))).lost.tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.booleans()).map(lambda row: (max(row[0], int(row[1])), row[1])), min_size=1
    )
)
def test_counts_of_customers_are_those_of_pandas(rows) -> None:
    frame = pd.DataFrame(rows, columns=["periods", "is_churned"])
    renewals = Renewals.of_customers(frame)
    for index, (renewed, lost) in enumerate(zip(renewals.renewed, renewals.lost, strict=True), start=1):
        assert lost == ((frame["periods"] == index) & frame["is_churned"]).sum()
        stayed = (frame["periods"] > index) | ((frame["periods"] == index) & ~frame["is_churned"])
        assert renewed == stayed.sum()


def test_a_customer_table_and_its_survivors_say_the_same() -> None:
    table = {"periods": [1, 2, 2], "is_churned": [1, 1, 0], "customers": [369, 163, 468]}
    by_customer, by_cohort = Renewals.of(table), Renewals.of([1000, 631, 468])
    assert by_customer.renewed.tolist() == by_cohort.renewed.tolist()
    assert by_customer.lost.tolist() == by_cohort.lost.tolist()


def test_who_has_come_to_no_renewal_yet_is_a_customer_and_no_more() -> None:
    renewals = Renewals.of_customers({"periods": [0, 0, 1], "is_churned": [False, False, True]})
    assert (renewals.customers, renewals.at_risk.tolist()) == (3, [1.0])


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ([100, 120], "renewals.survivors"),
        ([100, -1], "renewals.survivors"),
        ([100, 50.5], "renewals.survivors"),
        ([100, np.nan], "renewals.survivors"),
        ([0, 0], "renewals.no_customers"),
        ([], "renewals.no_customers"),
        ({}, "renewals.empty"),
        (7, "renewals.unknown"),
        ("1000", "renewals.unknown"),
        ({"periods": [0], "is_churned": [1]}, "renewals.periods"),
        ({"periods": [1.5], "is_churned": [1]}, "renewals.periods"),
        ({"periods": [1], "is_churned": [2]}, "renewals.is_churned"),
        ({"periods": [1], "is_churned": [1], "customers": [0]}, "renewals.customers"),
        ({"periods": [], "is_churned": []}, "renewals.empty"),
        (pd.DataFrame({"months": [1]}), "table.column"),
    ],
)
def test_what_cannot_be_read_is_refused(source, code) -> None:
    with pytest.raises(InputError) as caught:
        Renewals.of(source)
    assert caught.value.code == code
