"""What newcomers are expected to bring, against what CDNOW's customers did bring."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from keepwell.stats.discounting import spread_factor
from keepwell.understand.clv.newcomers import newcomer_values
from keepwell.understand.customer_value import value_by
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable

AS_OF = date(1998, 7, 1)


def test_value_within_365_days_is_near_what_cdnows_customers_brought(cdnow_facts):
    """All of them were watched for more than a year, so the truth is counted."""
    (found,) = newcomer_values(cdnow_facts, AS_OF, None, 365)
    counted = value_by(cdnow_facts, None, 365, AS_OF).to_pyarrow().to_pylist()[0]
    truth = float(counted["total"]) / counted["customers"]
    first = float(counted["first_order_total"]) / counted["customers"]
    assert found.first_order.value == pytest.approx(first, rel=0.02)
    undiscounted = found.first_order.value + found.later.value / spread_factor(0.10, 365)
    assert undiscounted == pytest.approx(truth, rel=0.06)
    assert found.value.low < found.value.value < found.value.high
    assert found.value.value == pytest.approx(found.first_order.value + found.later.value)


def test_a_longer_horizon_is_worth_more_and_a_higher_rate_less(duckdb_log):
    rows = two_channels(200, 80)
    near, far = (newcomer_values(duckdb_log(rows), date(2020, 7, 1), None, days)[0] for days in (90, 365))
    assert near.value.value < far.value.value
    costly = duckdb_log(rows, business=Business(discount_rate=1.0))
    dear = newcomer_values(costly, date(2020, 7, 1), None, 365)[0]
    assert dear.later.value < far.later.value
    assert dear.later_orders.value == pytest.approx(far.later_orders.value)


def two_channels(many: int, few: int):
    """Build "search", whose customers come back every month for a while, and "flyer", who rarely do."""
    random, rows, start = np.random.default_rng(1), [], date(2020, 1, 1)
    for number in range(many + few):
        channel, stays = ("search", 0.7) if number < many else ("flyer", 0.15)
        day = start + timedelta(days=int(random.integers(0, 90)))
        rows.append((f"c{number}", day.isoformat(), int(random.gamma(4, 10)) + 1, channel))
        while random.random() < stays:
            day += timedelta(days=int(random.exponential(30)) + 1)
            rows.append((f"c{number}", day.isoformat(), int(random.gamma(4, 15)) + 1, channel))
    return [row for row in rows if row[1] < "2020-07-01"]


def test_the_channel_whose_customers_come_back_is_worth_more(duckdb_log):
    flyer, search = newcomer_values(duckdb_log(two_channels(300, 300)), date(2020, 7, 1), "channel")
    assert (flyer.group, search.group, flyer.dimension) == ("flyer", "search", "channel")
    assert flyer.value.high < search.value.low
    assert flyer.weight_of_base < 0.6


def test_a_channel_with_three_customers_is_near_the_base_and_says_so(duckdb_log):
    rows = [*two_channels(300, 300), *((f"t{n}", "2020-02-01", 35 + 40 * n, "tiny") for n in range(3))]
    groups = {value.group: value for value in newcomer_values(duckdb_log(rows), date(2020, 7, 1), "channel")}
    tiny, whole = groups["tiny"], newcomer_values(duckdb_log(rows), date(2020, 7, 1), None)[0]
    assert tiny.customers == 3
    assert tiny.weight_of_base > groups["search"].weight_of_base
    assert whole.first_order.value < tiny.first_order.value < (whole.first_order.value + 75) / 2
    assert 0.2 * whole.later_orders.value < tiny.later_orders.value < 2 * whole.later_orders.value
    assert "Only 3 customers" in tiny.note
    assert tiny.value.high - tiny.value.low > groups["search"].value.high - groups["search"].value.low


def test_a_young_cohort_has_a_value_and_a_note_on_the_season(duckdb_log):
    found = newcomer_values(duckdb_log(two_channels(300, 100)), date(2020, 7, 1), "cohort")
    assert [value.group for value in found] == ["2020-01", "2020-02", "2020-03"]
    assert "watched for 121 days at most, out of 365 that count" in found[2].note
    assert all(np.isfinite([v.value.value, v.value.low, v.value.high]).all() for v in found)


def test_as_a_sample_mean_it_keeps_value_and_interval(duckdb_log):
    found = newcomer_values(duckdb_log(two_channels(300, 100)), date(2020, 7, 1), "channel")[0]
    again = found.as_sample_mean()
    estimate = again.estimate()
    assert (again.n, again.mean) == (found.customers, pytest.approx(found.value.value))
    assert estimate.high - estimate.low == pytest.approx(found.value.high - found.value.low, rel=1e-6)
    assert found.first_as_sample_mean().mean == pytest.approx(found.first_order.value)


def test_the_same_seed_gives_the_same_values(duckdb_log):
    facts = duckdb_log(two_channels(100, 50))
    one, two = (newcomer_values(facts, date(2020, 7, 1), "channel", seed=3) for _ in range(2))
    assert [v.group for v in one] == [v.group for v in two]
    pairs = [(a.value, b.value) for a, b in zip(one, two, strict=True)]
    assert [a.value for a, _ in pairs] == pytest.approx([b.value for _, b in pairs], rel=1e-9)
    assert [a.low for a, _ in pairs] == pytest.approx([b.low for _, b in pairs], rel=1e-9)


def test_where_nobody_came_back_there_is_no_value_and_the_reason_is_given(duckdb_log):
    facts = duckdb_log([(f"c{n}", "2020-01-01", 10, "a") for n in range(9)])
    found = newcomer_values(facts, date(2020, 7, 1), "channel")
    assert isinstance(found, NotAvailable)
    assert "Not enough repeat purchases" in found.reason


def test_a_horizon_below_a_day_is_refused(duckdb_log):
    with pytest.raises(InputError, match="at least one day"):
        newcomer_values(duckdb_log(two_channels(5, 5)), date(2020, 7, 1), None, 0)
