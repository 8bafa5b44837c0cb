"""Gaps, concentration and value within a horizon."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.understand import concentration, gaps
from keepwell.understand.customer_value import value_by, value_per_customer
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Period

MARCH = Period.parse("2011-03")
GAPS = [
    ("a", "2011-01-01", 1),
    ("a", "2011-01-11T23:00", 1),
    ("a", "2011-01-12T01:00", 1),
    ("b", "2012-02-28", 1),
    ("b", "2012-03-01", 1),
]


def rows(table):
    return table.to_pyarrow().to_pylist()


def test_gaps_count_calendar_days_over_leap_day_and_midnight(log):
    assert sorted((row["customer_id"], row["gap_days"]) for row in rows(gaps.gaps(log(GAPS)))) == [
        ("a", 1),
        ("a", 10),
        ("b", 2),
    ]


def test_the_summary_of_gaps_is_exact(log):
    assert gaps.summary(gaps.gaps(log(GAPS))) == gaps.GapSummary(n=3, median=2.0, p90=pytest.approx(8.4), mean=13 / 3)


def test_without_a_second_order_there_are_no_gaps(log):
    assert gaps.summary(gaps.gaps(log([("a", "2011-01-01", 1)]))) == NotAvailable("nobody has ordered twice")


def test_the_activity_window_is_at_least_thirty_days(duckdb_log):
    assert gaps.activity_window(duckdb_log(GAPS)) == 30


def test_the_histogram_holds_every_gap_once(log):
    assert [tuple(row.values()) for row in rows(gaps.histogram(gaps.gaps(log(GAPS)), (0, 2, 10)))] == [
        (0, 2, 1),
        (2, 10, 1),
        (10, None, 1),
    ]


def test_edges_that_do_not_ascend_are_refused(duckdb_log):
    with pytest.raises(InputError, match="ascend"):
        gaps.histogram(gaps.gaps(duckdb_log(GAPS)), (0, 7, 7))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.floats(0, 1))
def test_a_percentile_of_counts_equals_numpys_of_the_values(values, share):
    distinct, counts = np.unique(values, return_counts=True)
    found = gaps.percentile(distinct.tolist(), counts.tolist(), share)
    assert found == pytest.approx(np.quantile(values, share))


def test_concentration_by_hand(log):
    facts = log(
        [("big", "2011-03-01", 60), ("mid", "2011-03-02", 30), ("low", "2011-03-03", 10), ("x", "2011-03-03", 0)]
    )
    found = {row["percentile"]: row for row in rows(concentration.concentration(facts, MARCH))}
    assert len(found) == 100
    assert (found[1]["customer_share"], found[1]["revenue_share"]) == (0.25, 0.6)
    assert (found[26]["customer_share"], found[26]["revenue_share"]) == (0.5, 0.9)
    assert (found[100]["customer_share"], found[100]["revenue_share"]) == (1.0, 1.0)
    summary = concentration.summary(facts, MARCH)
    assert (summary.customers, summary.top_20, summary.gini) == (4, 0.6, pytest.approx(0.5))


def test_equal_customers_have_no_concentration(duckdb_log):
    summary = concentration.summary(duckdb_log([(f"c{n}", "2011-03-01", 5) for n in range(10)]), MARCH)
    assert (summary.top_10, summary.top_20, summary.gini) == (
        pytest.approx(0.1),
        pytest.approx(0.2),
        pytest.approx(0, abs=1e-12),
    )


def test_a_customer_refunded_beyond_the_revenue_counts_as_nothing(log):
    facts = log([("a", "2011-03-01", 10), ("b", "2011-03-01", 5)], refunds=[("b", "2011-03-02", 50)])
    assert rows(concentration.concentration(facts, MARCH))[0]["revenue_share"] == 1.0


def test_concentration_of_nothing_is_not_available(duckdb_log):
    assert concentration.summary(duckdb_log([("a", "2011-05-01", 5)]), MARCH) == NotAvailable(
        "there is no revenue in the period"
    )


VALUE = [
    ("a", "2011-01-01", 10),
    ("a", "2011-01-30", 5),
    ("a", "2011-01-31", 100),
    ("b", "2011-01-10", 7),
    ("young", "2011-02-20", 3),
]


def test_value_counts_the_mature_within_the_horizon_only(log):
    facts = log(VALUE, refunds=[("a", "2011-01-15", 2), ("a", "2011-02-15", 50)])
    found = {
        r["customer_id"]: (float(r["value"]), float(r["first_order_value"]), r["orders"])
        for r in rows(value_per_customer(facts, 30, date(2011, 3, 1)))
    }
    assert found == {"a": (13.0, 10.0, 2), "b": (7.0, 7.0, 1)}


def test_value_by_gives_the_sums_of_a_mean(log):
    row = rows(value_by(log(VALUE), None, 30, date(2011, 3, 1)))[0]
    assert (row["group"], row["customers"], float(row["total"]), row["sum_squares"]) == ("all", 2, 22.0, 225.0 + 49.0)
    assert (float(row["first_order_total"]), row["first_order_sum_squares"], row["repeat_customers"]) == (
        17.0,
        149.0,
        1,
    )


def test_value_by_cohort_names_the_month(log):
    assert [(row["group"], row["customers"]) for row in rows(value_by(log(VALUE), "cohort", 30, date(2011, 4, 1)))] == [
        ("2011-01", 2),
        ("2011-02", 1),
    ]


def test_a_horizon_below_a_day_is_refused(duckdb_log):
    with pytest.raises(InputError, match="at least one day"):
        value_per_customer(duckdb_log(VALUE), 0)
