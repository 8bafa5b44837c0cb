"""Scores, segments and moves between them."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.understand.rfm import migration, rfm, segments
from keepwell.understand.rfm_segments import GRID, SEGMENT_BY_SCORES, SEGMENTS

AS_OF = date(2011, 7, 1)
FIVE = [
    (f"c{n}", str(date(2011, 1, 1) + timedelta(days=20 * n + extra)), 10 * n) for n in range(1, 6) for extra in range(n)
]


def by_customer(table):
    return {row["customer_id"]: row for row in table.to_pyarrow().to_pylist()}


def test_every_combination_of_scores_has_exactly_one_segment():
    assert set(SEGMENT_BY_SCORES) == set(product(range(1, 6), repeat=3))
    assert len(SEGMENT_BY_SCORES) == 125
    assert set(SEGMENT_BY_SCORES.values()) == set(SEGMENTS)


def test_the_grid_has_five_names_for_each_recency():
    assert {r: len(names) for r, names in GRID.items()} == dict.fromkeys(range(1, 6), 5)


def test_five_customers_who_differ_get_the_five_scores(log):
    found = by_customer(rfm(log(FIVE), AS_OF))
    assert {who: (row["r"], row["f"], row["m"]) for who, row in found.items()} == {
        f"c{n}": (n, n, n) for n in range(1, 6)
    }
    assert (found["c1"]["segment"], found["c5"]["segment"]) == ("Lost", "Champions")


def test_the_measures_behind_the_scores(log):
    facts = log(
        [("a", "2011-06-01", 10), ("a", "2011-06-30T23:59", 5), ("a", "2011-07-01", 99)],
        refunds=[("a", "2011-06-05", 4)],
    )
    row = by_customer(rfm(facts, AS_OF))["a"]
    assert (row["recency_days"], row["frequency"], float(row["monetary"])) == (1, 2, 11.0)
    assert (row["first_ordered_on"], row["last_ordered_on"]) == (date(2011, 6, 1), date(2011, 6, 30))


def test_equal_values_get_equal_scores(log):
    found = by_customer(rfm(log([(f"c{n}", "2011-06-01", 5) for n in range(7)]), AS_OF))
    assert {(row["r"], row["f"], row["m"]) for row in found.values()} == {(1, 1, 1)}


def test_segments_share_out_customers_and_revenue(log):
    found = segments(rfm(log(FIVE), AS_OF)).to_pyarrow().to_pylist()
    assert sum(row["customers"] for row in found) == 5
    assert abs(sum(row["share"] for row in found) - 1) < 1e-12
    assert abs(sum(row["revenue_share"] for row in found) - 1) < 1e-12
    assert sum(row["revenue"] for row in found) == sum(amount for _, _, amount in FIVE)
    assert found[0]["segment"] == "Champions"


def test_migration_tells_where_each_customer_came_from(log):
    facts = log([*FIVE, ("new", "2011-06-20", 1)])
    moves = migration(rfm(facts, date(2011, 6, 1)), rfm(facts, AS_OF)).to_pyarrow().to_pylist()
    assert sum(row["customers"] for row in moves) == 6
    assert sum(row["customers"] for row in moves if row["from_segment"] == "not yet a customer") == 1


LOGS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 170), st.integers(0, 90)), min_size=1, max_size=40)


@settings(max_examples=15, deadline=None)
@given(drawn=LOGS)
def test_a_better_customer_never_scores_lower_and_scores_name_the_segment(duckdb_log_of, drawn):
    orders = [(str(who), str(date(2011, 1, 1) + timedelta(days=day)), amount) for who, day, amount in drawn]
    found = list(by_customer(rfm(duckdb_log_of(orders), AS_OF)).values())
    assert Counter(row["customer_id"] for row in found) == Counter({str(who) for who, _, _ in drawn})
    for one, other in product(found, found):
        assert one["segment"] == SEGMENT_BY_SCORES[one["r"], one["f"], one["m"]]
        assert one["recency_days"] > other["recency_days"] or one["r"] >= other["r"]
        assert one["frequency"] < other["frequency"] or one["f"] >= other["f"]
        assert one["monetary"] < other["monetary"] or one["m"] >= other["m"]
