"""Reading frequency, recency and age from tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from keepwell.stats.btyd.customer_base import CustomerBase
from keepwell.stats.time_unit import TimeUnit, days_of
from keepwell.vocabulary.errors import InputError

ROWS = {"frequency": [2, 0], "recency_days": [213.0, 0.0], "age_days": [272.0, 272.0]}


@pytest.mark.parametrize("make", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_every_kind_of_table_reads_the_same(make) -> None:
    base = CustomerBase.of(make(ROWS))
    assert base.recency_days.tolist() == [213.0, 0.0]
    assert base.is_whole_days
    assert base.total == 2


def test_weeks_that_are_sevenths_of_days_are_whole_days() -> None:
    base = CustomerBase.of({"frequency": [2], "recency": [30.43], "T": [38.86]}, TimeUnit.WEEK)
    assert not base.is_whole_days  # rounded to two digits: no longer the day it was
    exact = CustomerBase.of({"frequency": [2], "recency": [213 / 7], "T": [272 / 7]}, TimeUnit.WEEK)
    assert exact.is_whole_days
    assert exact.age_days.tolist() == [272.0]


def test_times_without_a_unit_are_refused() -> None:
    with pytest.raises(InputError, match="do not say their unit"):
        CustomerBase.of({"frequency": [2], "recency": [30.43], "T": [38.86]})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"frequency": [2, -1]}, "rfm.frequency"),
        ({"frequency": [2, 0.5]}, "rfm.frequency"),
        ({"recency_days": [213.0, 3.0]}, "rfm.recency"),
        ({"recency_days": [0.0, 0.0]}, "rfm.recency"),
        ({"recency_days": [273.0, 0.0]}, "rfm.recency"),
        ({"age_days": [272.0, -1.0]}, "rfm.age"),
        ({"age_days": [272.0, np.nan]}, "table.not_finite"),
        ({"age_days": [272.0, "x"]}, "table.not_numbers"),
        ({"customers": [1, 0]}, "rfm.customers"),
    ],
)
def test_a_row_that_cannot_be_is_named(change, code) -> None:
    with pytest.raises(InputError) as caught:
        CustomerBase.of({**ROWS, **change})
    assert caught.value.code == code


def test_no_customers_are_refused() -> None:
    with pytest.raises(InputError, match="no customers"):
        CustomerBase.of({"frequency": [], "recency_days": [], "age_days": []})


@pytest.mark.parametrize("length", ["", "12", "soon", "-3d", 0, -1, float("nan"), float("inf"), "5 fortnights"])
def test_a_length_of_time_that_is_none_is_refused(length) -> None:
    with pytest.raises(InputError):
        days_of(length)
