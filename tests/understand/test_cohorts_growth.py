"""Cohorts, growth accounting and new revenue: by hand, and as properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.understand.activity import customer_steps, observed, prepared
from keepwell.understand.cohorts import cohorts
from keepwell.understand.growth import growth
from keepwell.understand.revenue import new_and_returning
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.period import Grain, Period

LOG = [
    ("a", "2011-01-05", 10),
    ("a", "2011-02-05", 10),
    ("b", "2011-01-20", 20),
    ("b", "2011-03-31T23:30", 30),
    ("c", "2011-03-02", 40),
    ("a", "2011-04-10", 7),
]


def rows(table):
    return table.to_pyarrow().to_pylist()


def test_a_cohort_keeps_its_size_and_has_zeros_where_nobody_came(log):
    cells = rows(cohorts(log(LOG), Grain.MONTH, until=date(2011, 4, 1)))
    names = ("cohort", "age", "size", "active", "retention", "ltv")
    assert [tuple(cell[name] for name in names) for cell in cells] == [
        (date(2011, 1, 1), 0, 2, 2, 1.0, 15.0),
        (date(2011, 1, 1), 1, 2, 1, 0.5, 20.0),
        (date(2011, 1, 1), 2, 2, 1, 0.5, 35.0),
        (date(2011, 3, 1), 0, 1, 1, 1.0, 40.0),
    ]  # fmt: skip


def test_cells_of_a_month_that_is_not_over_are_blank(log):
    cells = [cell for cell in rows(cohorts(log(LOG), Grain.MONTH, until=date(2011, 4, 20))) if not cell["is_observed"]]
    assert [(cell["cohort"], cell["age"]) for cell in cells] == [(date(2011, 1, 1), 3), (date(2011, 3, 1), 1)]
    for name in ("size", "active", "retention", "orders", "revenue", "cumulative_revenue", "ltv"):
        assert [cell[name] for cell in cells] == [None, None]


def test_refunds_lower_a_cohorts_value_at_the_age_they_happen(log):
    facts = log(
        [("a", "2011-01-05", 10), ("b", "2011-01-06", 10)], refunds=[("a", "2011-02-03", 4), ("x", "2011-02-03", 9)]
    )
    cells = rows(cohorts(facts, until=date(2011, 3, 1)))
    assert [(cell["active"], float(cell["revenue"]), cell["ltv"]) for cell in cells] == [
        (2, 20.0, 10.0),
        (0, -4.0, 8.0),
    ]


def test_cohorts_can_be_split_by_the_channel_that_won_the_customer(log):
    facts = log([("a", "2011-01-05", 10, "ads"), ("a", "2011-02-05", 10, "mail"), ("b", "2011-01-06", 10, "mail")])
    cells = rows(cohorts(facts, by="channel", until=date(2011, 3, 1)))
    assert [(cell["group"], cell["age"], cell["active"]) for cell in cells] == [
        ("ads", 0, 1),
        ("ads", 1, 1),
        ("mail", 0, 1),
        ("mail", 1, 0),
    ]


def test_customer_steps_know_their_neighbours(log):
    facts = log(LOG, refunds=[("b", "2011-02-01", 5)])
    found = [row for row in rows(customer_steps(facts, Grain.MONTH).order_by("step")) if row["customer_id"] == "b"]
    january = Grain.MONTH.step(date(2011, 1, 1))
    names = ("step", "orders", "revenue", "first_step", "previous_step", "next_step")
    assert [tuple(row[name] for name in names) for row in found] == [
        (january, 1, 20.0, january, None, january + 2),
        (january + 1, 0, -5.0, january, january, january + 2),
        (january + 2, 1, 30.0, january, january, None),
    ]  # fmt: skip


def test_growth_by_hand(log):
    found = rows(growth(log(LOG), Grain.MONTH, until=date(2011, 4, 20)))
    names = ("active", "new", "retained", "resurrected", "churned", "net_change", "quick_ratio", "is_complete")
    assert [tuple(row[name] for name in names) for row in found] == [
        (2, 2, 0, 0, 0, 2, None, True),
        (1, 0, 1, 0, 1, -1, 0.0, True),
        (2, 1, 0, 1, 1, 1, 2.0, True),
        (1, 0, 0, 1, 2, -1, 0.5, False),
    ]  # fmt: skip


def test_growth_has_a_row_for_a_month_in_which_nobody_ordered(log):
    found = rows(growth(log([("a", "2011-01-05", 1), ("a", "2011-03-05", 1)]), Grain.MONTH, until=date(2011, 4, 1)))
    assert [(row["period"].month, row["active"], row["churned"]) for row in found] == [(1, 1, 0), (2, 0, 1), (3, 1, 0)]


def test_new_and_returning_revenue_by_hand(log):
    facts = log([*LOG, ("c", "2011-03-02T09:00", 5)], refunds=[("a", "2011-03-05", 3)])
    found = rows(new_and_returning(facts, Grain.MONTH, until=date(2011, 4, 1)))
    names = ("new_revenue", "returning_revenue", "refunds", "new_customers", "returning_customers", "orders")
    assert [tuple(float(row[name]) for name in names) for row in found] == [
        (30, 0, 0, 2, 0, 2),
        (0, 10, 0, 0, 1, 1),
        (40, 35, 3, 1, 1, 3),
    ]  # fmt: skip


def test_the_beginning_of_the_log_is_flagged_as_truncated(duckdb_log):
    found = rows(new_and_returning(duckdb_log(LOG), Grain.MONTH, until=date(2011, 4, 20)))
    assert [row["is_truncated"] for row in found] == [True, True, True, False]


def test_observed_days_are_from_the_first_to_the_last_order(duckdb_log):
    assert observed(duckdb_log(LOG)) == Period(date(2011, 1, 5), date(2011, 4, 11))


def test_an_unknown_attribute_is_refused(duckdb_log):
    with pytest.raises(InputError, match="no attribute"):
        cohorts(duckdb_log(LOG), by="shoe size")


LOGS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 400), st.integers(0, 500)), min_size=1, max_size=40
).map(lambda drawn: [(who, str(date(2011, 1, 1) + timedelta(days=day)), amount) for who, day, amount in drawn])
GRAINS = st.sampled_from([Grain.WEEK, Grain.MONTH, Grain.QUARTER])


@settings(max_examples=15, deadline=None)
@given(drawn=LOGS, grain=GRAINS)
def test_active_is_new_retained_and_resurrected_and_its_change_adds_up(duckdb_log_of, drawn, grain):
    before = 0
    for row in rows(growth(duckdb_log_of(drawn), grain)):
        assert row["active"] == row["new"] + row["retained"] + row["resurrected"]
        assert row["active"] - before == row["net_change"] == row["new"] + row["resurrected"] - row["churned"]
        before = row["active"]


@settings(max_examples=15, deadline=None)
@given(drawn=LOGS, grain=GRAINS)
def test_cohorts_share_out_all_customers_orders_and_revenue(duckdb_log_of, drawn, grain):
    until = date(2013, 4, 1)  # a Monday and the first of a quarter: every step is over
    cells = rows(cohorts(duckdb_log_of(drawn), grain, until=until))
    assert sum(cell["size"] for cell in cells if cell["age"] == 0) == len({who for who, _, _ in drawn})
    assert sum(cell["orders"] for cell in cells) == len(drawn)
    assert sum(cell["revenue"] for cell in cells) == sum(amount for _, _, amount in drawn)
    assert all(0 <= cell["retention"] <= 1 for cell in cells)


@settings(max_examples=15, deadline=None)
@given(drawn=LOGS, order=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(duckdb_log_of, drawn, order):
    shuffled = drawn.copy()
    order.shuffle(shuffled)
    assert rows(growth(duckdb_log_of(drawn))) == rows(growth(duckdb_log_of(shuffled)))
    assert rows(cohorts(duckdb_log_of(drawn))) == rows(cohorts(duckdb_log_of(shuffled)))


def test_prepared_facts_give_the_same_answers(log):
    facts = log(LOG, refunds=[("a", "2011-03-05", 3)])
    ready = prepared(facts)
    assert rows(cohorts(ready)) == rows(cohorts(facts))
    assert rows(new_and_returning(ready)) == rows(new_and_returning(facts))
