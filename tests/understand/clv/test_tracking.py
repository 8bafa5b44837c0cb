"""Repeat purchases as time goes by, against pandas and a sum over single customers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from keepwell.understand.clv.holdout import holdout
from keepwell.understand.clv.tracking import repeats_by_day
from keepwell.understand.clv.validate import validate

SPLIT, AS_OF = date(1997, 10, 1), date(1998, 7, 1)


def series(validation, name):
    return [row for row in validation.tracking if row.series == name]


def test_counted_repeats_of_cdnow_are_those_of_pandas_week_by_week(cdnow_validation, cdnow_rows):
    days = cdnow_rows[["customer_id", "date"]].drop_duplicates()
    repeats = days[days["date"] > days.groupby("customer_id")["date"].transform("min")]["date"]
    rows = series(cdnow_validation, "Counted")
    ends = [row.period for row in rows[1:]] + [AS_OF]
    assert [row.cumulative for row in rows] == [int((repeats < end).sum()) for end in ends]
    assert rows[-1].cumulative == 2457 + 1882
    assert sum(row.purchases for row in rows) == rows[-1].cumulative


def test_weeks_are_counted_from_the_split_so_that_none_lies_across_it(cdnow_validation):
    rows = series(cdnow_validation, "Counted")
    assert {(row.period - SPLIT).days % 7 for row in rows} == {0}
    assert len(rows) == 78
    assert next(row.period for row in rows if row.is_holdout) == SPLIT


@pytest.mark.parametrize(("name", "label"), [("BetaGeo", "BG/NBD"), ("ParetoNBD", "Pareto/NBD")])
def test_expected_repeats_are_the_sum_over_all_customers(cdnow_validation, cdnow_rows, name, label):
    model = cdnow_validation.forecast(name).model
    firsts = pd.to_datetime(cdnow_rows.groupby("customer_id")["date"].min())
    for row in series(cdnow_validation, label)[5::24]:
        last = pd.Timestamp(row.period) + pd.Timedelta(days=6)
        ages = (last - firsts).dt.days
        expected = sum(model.expected_purchases_of_newcomer(float(age)) for age in ages if age > 0)
        assert row.cumulative == pytest.approx(expected, rel=1e-9)


def test_the_models_track_cdnow_within_the_published_few_percent(cdnow_validation):
    """Fader, Hardie & Lee (2005): at week 78 models lie a few percent below the 4,339 repeats counted."""
    for label in ("BG/NBD", "Pareto/NBD", "MBG/NBD"):
        assert series(cdnow_validation, label)[-1].cumulative == pytest.approx(4339, rel=0.07)


def test_a_short_log_is_tracked_by_day(duckdb_log):
    orders = [("a", "2020-01-01", 5), ("a", "2020-01-09", 5), ("b", "2020-01-03", 5), ("b", "2020-01-25", 5)]
    found = validate(duckdb_log([*orders, ("c", "2020-02-10", 5)]), date(2020, 1, 20), date(2020, 2, 11))
    rows = series(found, "Counted")
    assert len(rows) == (date(2020, 2, 11) - date(2020, 1, 1)).days
    assert np.cumsum([row.purchases for row in rows])[-1] == 2


def test_repeats_are_counted_by_day_on_every_engine(log):
    orders = [
        ("a", "2020-01-01T09:00", 5),
        ("a", "2020-01-09", 5),
        ("a", "2020-01-09T20:00", 5),
        ("b", "2020-01-03", 5),
    ]
    later = [("b", "2020-01-25", 5), ("c", "2020-01-26", 5), ("c", "2020-01-28", 5)]
    facts = log([*orders, *later], refunds=[("a", "2020-01-22", 10)])
    split, as_of = date(2020, 1, 20), date(2020, 1, 30)
    days = repeats_by_day(facts, holdout(facts, split, as_of).base, split, as_of)
    found = {(days.start + timedelta(days=int(day))).day: days.repeats[day] for day in np.flatnonzero(days.repeats)}
    assert found == {9: 1.0, 25: 1.0}  # the refund came after the split; c was not known then
    assert np.flatnonzero(days.newcomers).tolist() == [0, 2]
