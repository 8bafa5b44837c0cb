"""Each KPI by hand on small logs, on both engines."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.understand.definitions import ALL_DEFINITIONS, DEFINITIONS
from keepwell.understand.kpis import kpis, trend
from keepwell.understand.period_totals import period_totals
from keepwell.understand.retention import Rules
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable, wilson
from keepwell.vocabulary.kpi import KpiValue, Unit
from keepwell.vocabulary.period import Grain, Period

MARCH = Period.parse("2011-03")


def by_key(values: list[KpiValue], group: str | None = None) -> dict[str, KpiValue]:
    return {value.key: value for value in values if value.group == group}


def retention_log() -> list[tuple[str, str, int]]:
    """38 customers active on 1 March: 14 order again, 24 do not; 8 older ones come back; 5 are new."""
    rows = [("old", "2010-01-01", 1)]
    rows += [(f"start{n}", "2011-02-15", 1) for n in range(38)]
    rows += [(f"start{n}", "2011-03-20", 1) for n in range(14)]
    rows += [(f"back{n}", "2010-06-01", 1) for n in range(8)] + [(f"back{n}", "2011-03-10", 1) for n in range(8)]
    return rows + [(f"new{n}", "2011-03-25", 1) for n in range(5)]


def test_retention_counts_who_came_back_and_kept_does_not(log):
    found = by_key(kpis(log(retention_log()), MARCH, activity_days=31))
    assert (found["customer_retention_rate"].numerator, found["customer_retention_rate"].denominator) == (22, 38)
    assert found["customer_retention_rate"].value == pytest.approx(22 / 38)
    assert found["kept_rate"].value == pytest.approx(14 / 38)
    assert found["churn_rate"].value == pytest.approx(24 / 38)
    assert found["resurrected_customers"].value == 8
    assert found["quick_ratio"].value == pytest.approx((5 + 8) / 24)


def test_a_share_has_its_wilson_interval(log):
    kept = by_key(kpis(log(retention_log()), MARCH, activity_days=31))["kept_rate"]
    assert (kept.low, kept.high) == pytest.approx(wilson(14, 38))


def test_retention_may_exceed_one(duckdb_log):
    rows = [("a", "2011-02-20", 1), ("a", "2011-03-20", 1), ("b", "2010-01-01", 1), ("b", "2011-03-02", 1)]
    found = by_key(kpis(duckdb_log(rows), MARCH, activity_days=31))
    assert found["customer_retention_rate"].value == 2.0
    assert found["kept_rate"].value == 1.0


def test_nobody_at_the_start_makes_retention_not_available(log):
    found = by_key(kpis(log([("a", "2011-03-02", 5), ("a", "2011-03-09", 5)]), MARCH, activity_days=30))
    for key in ("customer_retention_rate", "kept_rate", "churn_rate"):
        assert found[key].value == NotAvailable("no customer was active at the start: the log begins on 2011-03-02")


def test_quick_ratio_is_not_available_where_nobody_churned(duckdb_log):
    rows = [("a", "2011-01-05", 1), ("a", "2011-02-20", 1), ("a", "2011-03-20", 1), ("b", "2011-03-21", 1)]
    assert by_key(kpis(duckdb_log(rows), MARCH, activity_days=31))["quick_ratio"].value == NotAvailable(
        "nobody churned in the period"
    )


def test_churn_is_not_available_while_the_log_is_younger_than_the_window(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-02-20", 1), ("b", "2011-03-20", 1)]), MARCH, activity_days=60))
    assert found["churn_rate"].value == NotAvailable(
        "the log begins on 2011-02-20, so nobody can have gone 60 days without an order by the end"
    )
    assert found["active_customers"].value == 2


def test_without_a_repeat_order_no_window_can_be_said(log):
    found = by_key(kpis(log([("a", "2011-02-20", 1), ("b", "2011-03-20", 1)]), MARCH))
    assert found["churn_rate"].value == NotAvailable("nobody has ordered twice")
    assert found["active_customers"].value == NotAvailable("nobody has ordered twice")


def test_one_customer_with_one_order_on_one_day(log):
    found = by_key(kpis(log([("a", "2011-03-20", 12.5)]), MARCH))
    assert found["average_order_value"].value == 12.5
    assert (found["average_order_value"].low, found["average_order_value"].high) == (None, None)
    assert found["repeat_customer_share"].value == 0.0
    assert found["time_between_orders"].value == NotAvailable("nobody ordered again in the period")


def test_refunds_lower_revenue_in_the_period_they_happen_and_orders_stay(log):
    facts = log([("a", "2011-02-20", 100), ("a", "2011-03-05", 50)], refunds=[("a", "2011-03-06", 100)])
    found = by_key(kpis(facts, MARCH))
    assert (found["revenue"].value, found["refunds"].value, found["net_revenue"].value) == (50, 100, -50)
    assert found["orders"].value == 1
    assert found["gross_average_order_value"].value == 50
    assert found["average_order_value"].value == -50
    assert found["refund_rate"].value == 2.0
    assert by_key(kpis(facts, Period.parse("2011-02")))["net_revenue"].value == 100


def test_gross_order_value_has_the_interval_of_a_mean(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-03-01", 10), ("b", "2011-03-02", 20)]), MARCH))
    value = found["gross_average_order_value"]
    half = 1.959963984540054 * (50 / 2) ** 0.5
    assert (value.low, value.value, value.high) == pytest.approx((15 - half, 15, 15 + half))


def test_an_order_late_on_the_last_day_belongs_to_the_period_and_midnight_does_not(log):
    found = by_key(kpis(log([("a", "2011-03-31T23:59", 1), ("b", "2011-04-01T00:00", 1)]), MARCH))
    assert (found["orders"].value, found["new_customers"].value) == (1, 1)


def test_a_repeat_purchase_counts_within_a_fixed_age_of_the_mature_only(log):
    rows = [("in", "2011-01-10", 1), ("in", "2011-02-08", 1)]  # day 29: counts
    rows += [("late", "2011-02-10", 1), ("late", "2011-03-12", 1)]  # day 30: too late
    rows += [("never", "2011-02-12", 1), ("young", "2011-03-10", 1), ("young", "2011-03-11", 1)]
    found = by_key(kpis(log(rows), MARCH, repeat_days=30))["repeat_purchase_rate"]
    assert (found.numerator, found.denominator) == (0, 2)  # "in" reached day 30 in February
    february = by_key(kpis(log(rows), Period.parse("2011-02"), repeat_days=30))["repeat_purchase_rate"]
    assert (february.numerator, february.denominator) == (1, 1)


def test_the_leap_day_is_a_day(log):
    found = by_key(kpis(log([("a", "2012-02-28", 1), ("a", "2012-03-01", 1)]), Period.parse("2012-03")))
    assert found["time_between_orders"].value == 2


def test_time_between_orders_over_orders_and_over_customers(log):
    rows = [("often", f"2011-03-{day:02}", 1) for day in range(1, 12)] + [
        ("seldom", "2011-02-01", 1),
        ("seldom", "2011-03-03", 1),
    ]
    found = by_key(kpis(log(rows), MARCH))
    assert (found["time_between_orders"].value, found["time_between_orders"].denominator) == (1, 11)
    assert (found["customer_time_between_orders"].value, found["customer_time_between_orders"].denominator) == (15.5, 2)


def test_orders_at_one_moment_are_orders_of_their_own(log):
    found = by_key(kpis(log([("a", "2011-03-05T10:00", 5), ("a", "2011-03-05T10:00", 5)]), MARCH))
    assert (found["orders"].value, found["new_revenue"].value, found["returning_revenue"].value) == (2, 5, 5)
    assert found["time_between_orders"].value == 0


def test_revenue_retention_is_measured_on_the_same_customers(log):
    before = [
        ("up", "2011-02-10", 100),
        ("down", "2011-02-10", 100),
        ("gone", "2011-02-10", 200),
        ("x", "2011-01-01", 1),
    ]
    now = [("up", "2011-03-10", 150), ("down", "2011-03-10", 40), ("new", "2011-03-10", 999)]
    found = by_key(kpis(log(before + now), MARCH))
    assert found["gross_revenue_retention_on_orders"].value == pytest.approx((100 + 40) / 400)
    assert found["net_revenue_retention_on_orders"].value == pytest.approx((150 + 40) / 400)


def test_revenue_retention_needs_a_whole_period_before(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-02-20", 1), ("a", "2011-03-20", 1)]), MARCH))
    assert isinstance(found["net_revenue_retention_on_orders"].value, NotAvailable)


def test_lifetime_value_to_date_is_net_and_over_everybody(log):
    facts = log(
        [("a", "2011-01-01", 10), ("a", "2011-03-02", 20), ("b", "2011-02-01", 6)], refunds=[("a", "2011-03-03", 4)]
    )
    found = by_key(kpis(facts, MARCH))["historic_lifetime_value"]
    assert (found.value, found.numerator, found.denominator) == (16, 32, 2)
    assert found.low < 16 < found.high


def test_groups_add_up_to_the_whole(log):
    rows = [
        ("a", "2011-02-01", 10, "ads"),
        ("a", "2011-03-01", 20, "mail"),
        ("b", "2011-03-02", 6, None),
        ("c", "2011-03-03", 4, "mail"),
    ]
    facts = log(rows, refunds=[("c", "2011-03-04", 1), ("stranger", "2011-03-04", 2)])
    whole, split = by_key(kpis(facts, MARCH)), kpis(facts, MARCH, by="channel")
    for key in ("orders", "net_revenue", "new_customers", "returning_revenue"):
        parts = {value.group: value.value for value in split if value.key == key}
        assert sum(parts.values()) == whole[key].value
    assert {value.group for value in split} == {"ads", "mail", "(unknown)"}
    assert by_key(split, "ads")["revenue"].value == 20  # the channel that won the customer


def test_an_unknown_attribute_is_refused_with_those_there_are(duckdb_log):
    with pytest.raises(InputError, match=r"no attribute 'colour'.*cohort, channel"):
        kpis(duckdb_log([("a", "2011-03-01", 1)]), MARCH, by="colour")


def spend(amount: int) -> pa.Table:
    return pa.table(
        {
            "spent_on": [date(2011, 3, 5)],
            "channel": ["ads"],
            "amount": pa.array([Decimal(amount)], pa.decimal128(18, 4)),
        }
    )


def test_blended_acquisition_cost_divides_all_spend_by_all_new_customers(log):
    facts = log([("a", "2011-03-01", 80), ("b", "2011-03-02", 40)], spend=spend(30), business=Business(margin_rate=0.5))
    found = by_key(kpis(facts, MARCH))
    assert found["blended_cac"].value == 15
    assert found["acquisition_roi"].value == pytest.approx((60 - 30) / 30)
    assert found["marketing_roi"].value == pytest.approx((60 - 30) / 30)


def test_no_new_customer_makes_acquisition_cost_not_available(duckdb_log):
    facts = duckdb_log([("a", "2011-02-01", 80), ("a", "2011-03-02", 40)], spend=spend(30))
    assert by_key(kpis(facts, MARCH))["blended_cac"].value == NotAvailable("nobody was won in the period")


def test_without_spend_its_kpis_say_so(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-03-02", 40)]), MARCH))
    assert found["blended_cac"].value == NotAvailable("no marketing spend is given")


def test_an_assumed_margin_is_named_and_known_costs_replace_it(duckdb_table, duckdb_log):
    facts = duckdb_log([("a", "2011-03-02", 40)])
    assumed = by_key(kpis(facts, MARCH))["contribution_margin"]
    assert (assumed.value, assumed.note) == (
        20,
        "net revenue × an assumed margin rate of 50%; the log ends on 2011-03-02",
    )
    costed = type(facts)(facts.orders.mutate(cost=facts.orders.revenue - 15), facts.business)
    assert by_key(kpis(costed, MARCH))["contribution_margin"].value == 15


def test_discounts_are_a_share_of_the_list_price_where_they_are_known(duckdb_log):
    facts = duckdb_log([("a", "2011-03-02", 40)])
    assert isinstance(by_key(kpis(facts, MARCH))["discount_rate"].value, NotAvailable)
    discounted = type(facts)(facts.orders.mutate(discount=facts.orders.revenue / 4), facts.business)
    assert by_key(kpis(discounted, MARCH))["discount_rate"].value == pytest.approx(0.2)


def test_a_period_before_the_log_has_no_average(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-03-02", 40)]), Period.parse("2010-03")))
    assert found["orders"].value == 0
    assert found["average_order_value"].value == NotAvailable("there is no order in the period")


def test_a_log_without_orders_is_refused(duckdb_log):
    with pytest.raises(InputError, match="no order"):
        kpis(duckdb_log([]), MARCH)


def test_the_first_window_of_the_log_warns_that_new_may_be_old(duckdb_log):
    found = by_key(kpis(duckdb_log([("a", "2011-02-20", 1), ("b", "2011-03-20", 1)]), MARCH, activity_days=60))
    assert "may be older ones" in found["new_customers"].note


def test_every_value_has_a_definition_and_money_has_a_currency(duckdb_log):
    for value in kpis(duckdb_log([("a", "2011-03-02", 40)]), MARCH):
        assert (value.currency == "GBP") == (DEFINITIONS[value.key].unit is Unit.MONEY)


def test_every_definition_is_complete():
    for key, definition in DEFINITIONS.items():
        assert key == definition.key
        assert all((definition.label, definition.meaning, definition.formula))


def test_a_trend_has_one_value_a_month_that_is_over(log):
    rows = [("a", "2011-01-05", 1), ("b", "2011-03-05", 1), ("a", "2011-04-02", 1)]
    values = trend(log(rows), ["orders"], Grain.MONTH, date(2011, 4, 20))
    assert [(value.start, value.value) for value in values] == [
        (date(2011, 1, 1), 1), (date(2011, 2, 1), 0), (date(2011, 3, 1), 1),
    ]  # fmt: skip


def test_a_trend_of_an_unknown_kpi_is_refused(duckdb_log):
    with pytest.raises(InputError, match="no KPI 'happiness'"):
        trend(duckdb_log([("a", "2011-01-05", 1)]), ["happiness"])


@pytest.mark.parametrize("days", [{"activity_days": 0}, {"repeat_days": 0}])
def test_days_below_one_are_refused(duckdb_log, days):
    with pytest.raises(InputError, match="at least 1"):
        kpis(duckdb_log([("a", "2011-01-05", 1)]), MARCH, **days)


LOGS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 300)), min_size=1, max_size=40)


@settings(max_examples=15, deadline=None)
@given(drawn=LOGS, window=st.integers(1, 120), month=st.integers(1, 9))
def test_the_active_at_the_end_are_the_kept_the_won_and_the_resurrected(duckdb_log_of, drawn, window, month):
    facts = duckdb_log_of([(who, str(date(2011, 1, 1) + timedelta(days=day)), 1) for who, day in drawn])
    period = Period.parse(f"2011-{month:02}")
    totals = period_totals(facts, period, Rules(window, 90), None)[None]
    start, end = totals["active_at_start"], totals["active_at_end"]
    assert end == totals["kept"] + totals["won"] + totals["resurrected"]
    assert end - start == totals["won"] + totals["resurrected"] - totals["churned"]
    assert start == totals["kept"] + totals["churned"]


def test_no_key_is_defined_twice():
    assert len(DEFINITIONS) == len(ALL_DEFINITIONS)
