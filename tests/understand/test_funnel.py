"""Funnels: any path within the window, joined identities, and a brute-force count to agree with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise, product
from statistics import median
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keepwell.understand.facts import Facts
from keepwell.understand.funnel import FunnelStep, funnel, overall
from keepwell.vocabulary.business import Business
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import NotAvailable, wilson
from keepwell.vocabulary.period import Period

MakeTable = Callable[[pa.Table], ibis.Table]
STEPS = ["view", "cart", "buy"]
JANUARY = Period.parse("2024-01")
EVENTS = pa.schema(
    [
        ("event_id", pa.string()),
        ("occurred_at", pa.timestamp("us")),
        ("customer_id", pa.string()),
        ("anonymous_id", pa.string()),
        ("name", pa.string()),
        ("channel", pa.string()),
    ]
)
Event = tuple[Any, ...]


def facts_with(make: MakeTable, *events: Event) -> Facts:
    """Build facts from (customer, device, when, name[, channel])."""
    rows = [
        {
            "event_id": str(number),
            "occurred_at": datetime.fromisoformat(when),
            "customer_id": customer,
            "anonymous_id": device,
            "name": name,
            "channel": channel[0] if channel else None,
        }
        for number, (customer, device, when, name, *channel) in enumerate(events)
    ]
    table = make(pa.Table.from_pylist(rows, schema=EVENTS))
    return Facts(orders=table, business=Business(), events=table)


ALL_NAMES = [("nobody", None, "2020-01-01", name) for name in STEPS]


def counts(make: MakeTable, *events: Event, window: int = 7, **options: Any) -> list[int]:
    found = funnel(facts_with(make, *ALL_NAMES, *events), STEPS, window, JANUARY, **options)
    return [step.entered for step in found]


def test_steps_count_only_in_their_order(engine: MakeTable) -> None:
    assert counts(engine, ("a", None, "2024-01-02", "buy"), ("a", None, "2024-01-03", "view")) == [1, 0, 0]


def test_steps_at_the_same_instant_are_taken_in_the_order_of_the_funnel(engine: MakeTable) -> None:
    assert counts(engine, *(("a", None, "2024-01-02", name) for name in reversed(STEPS))) == [1, 1, 1]


def test_whoever_begins_twice_may_finish_from_the_second_beginning(engine: MakeTable) -> None:
    visits = [("2024-01-02", "view"), ("2024-01-20", "view"), ("2024-01-21", "cart"), ("2024-01-22", "buy")]
    assert counts(engine, *(("a", None, *visit) for visit in visits)) == [1, 1, 1]


def test_the_last_instant_of_the_window_counts_and_the_next_does_not(engine: MakeTable) -> None:
    start = ("a", None, "2024-01-02T10:00:00", "view"), ("b", None, "2024-01-02T10:00:00", "view")
    ends = ("a", None, "2024-01-09T10:00:00", "cart"), ("b", None, "2024-01-09T10:00:01", "cart")
    assert counts(engine, *start, *ends) == [2, 1, 0]


def test_the_first_step_must_lie_in_the_period_and_later_ones_may_lie_after_it(engine: MakeTable) -> None:
    inside = ("a", None, "2024-01-31T23:00:00", "view"), ("a", None, "2024-02-03", "cart")
    outside = ("b", None, "2023-12-31T23:00:00", "view"), ("b", None, "2024-01-02", "cart")
    assert counts(engine, *inside, *outside) == [1, 1, 0]


def test_an_event_with_both_ids_joins_the_device_to_the_customer(engine: MakeTable) -> None:
    events = [
        (None, "phone", "2024-01-02", "view"),
        ("a", "phone", "2024-01-03", "alias"),
        ("a", None, "2024-01-04", "cart"),
        ("a", "laptop", "2024-01-05", "buy"),
    ]
    assert counts(engine, *events) == [1, 1, 1]


def test_a_device_of_several_customers_is_joined_to_none(engine: MakeTable) -> None:
    events = [
        (None, "family", "2024-01-02", "view"),
        ("a", "family", "2024-01-03", "cart"),
        ("b", "family", "2024-01-04", "cart"),
    ]
    assert counts(engine, *events) == [1, 0, 0]


def test_a_person_is_counted_once_however_often_they_come(engine: MakeTable) -> None:
    assert counts(engine, *(("a", None, f"2024-01-0{day}", "view") for day in range(1, 9))) == [1, 0, 0]


def test_a_split_takes_the_channel_of_the_first_entry(engine: MakeTable) -> None:
    facts = facts_with(
        engine,
        *ALL_NAMES,
        ("a", None, "2024-01-02", "view", "search"),
        ("a", None, "2024-01-03", "view", "email"),
        ("a", None, "2024-01-04", "cart", "email"),
        ("b", None, "2024-01-04", "view"),
    )
    found = funnel(facts, STEPS, 7, JANUARY, by="channel")
    assert [(step.group, step.name, step.entered) for step in found if step.entered] == [
        ("(unknown)", "view", 1),
        ("search", "view", 1),
        ("search", "cart", 1),
    ]


def test_a_rate_carries_its_wilson_interval_and_median_time(engine: MakeTable) -> None:
    starts = [(str(number), None, "2024-01-02", "view") for number in range(10)]
    carts = [(str(number), None, f"2024-01-0{3 + number}", "cart") for number in range(4)]
    first = funnel(facts_with(engine, *ALL_NAMES, *starts, *carts), STEPS, 7, JANUARY)[0]
    assert (first.rate, (first.low, first.high), first.median_days) == (0.4, wilson(4, 10), 2.5)


def test_people_whose_window_is_still_open_are_undecided(engine: MakeTable) -> None:
    events = ("a", None, "2024-01-02", "view"), ("b", None, "2024-01-30", "view")
    found = funnel(facts_with(engine, *ALL_NAMES, *events), STEPS, 7, JANUARY, until=date(2024, 2, 1))
    assert [step.undecided for step in found] == [1, 0, 0]


def test_the_overall_conversion_is_last_over_first(engine: MakeTable) -> None:
    done = [("a", None, f"2024-01-0{day}", name) for day, name in enumerate(STEPS, 1)]
    kpi = overall(funnel(facts_with(engine, *done, ("b", None, "2024-01-02", "view")), STEPS, 7, JANUARY), JANUARY)
    assert (kpi.value, kpi.numerator, kpi.denominator) == (0.5, 1, 2)


def test_nobody_at_the_first_step_is_not_available_and_not_zero(engine: MakeTable) -> None:
    first = funnel(facts_with(engine, *ALL_NAMES), STEPS, 7, JANUARY)[0]
    assert (first.entered, isinstance(first.rate, NotAvailable)) == (0, True)


@pytest.mark.parametrize(
    ("steps", "window", "by", "said"),
    [
        (["view"], 7, None, "two or more steps"),
        (["view", "view"], 7, None, "all different"),
        (["view", "buy"], 0, None, "holds no path"),
        (["view", "Buy"], 7, None, "No event is named 'Buy'. The most frequent names are: buy, cart, view"),
        (["view", "buy"], 7, "colour", "no column 'colour'"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    duckdb_table: MakeTable, steps: list[str], window: int, by: str | None, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        funnel(facts_with(duckdb_table, *ALL_NAMES), steps, window, JANUARY, by=by)


def brute_force(events: list[tuple[str, int, str]], window: int, days: int) -> list[tuple[int, float | None]]:
    """Try every combination of events: people who reached each step, and the median days into it."""
    found = []
    for depth in range(1, len(STEPS) + 1):
        people, into = 0, []
        for person in {person for person, _, _ in events}:
            times = [[hour for who, hour, name in events if (who, name) == (person, step)] for step in STEPS[:depth]]
            paths = [
                path
                for path in product(*times)
                if path[0] < days * 24 and all(a <= b for a, b in pairwise(path)) and path[-1] - path[0] <= window * 24
            ]
            people += bool(paths)
            if paths and depth > 1:
                into.append(min((path[-1], path[-1] - path[-2]) for path in paths)[1] / 24)
        found.append((people, median(into) if into else None))
    return found


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 120), st.sampled_from(STEPS)), max_size=14),
    window=st.integers(1, 3),
)
def test_counts_and_times_equal_those_of_trying_every_path(
    events: list[tuple[str, int, str]], window: int, duckdb_table: MakeTable
) -> None:
    rows = [
        (who, None, str(datetime.fromisoformat("2024-01-01") + timedelta(hours=h)), name) for who, h, name in events
    ]
    period = Period(date(2024, 1, 1), date(2024, 1, 4))
    found: list[FunnelStep] = funnel(facts_with(duckdb_table, *ALL_NAMES, *rows), STEPS, window, period)
    expected = brute_force(events, window, 3)
    assert [step.entered for step in found] == [people for people, _ in expected]
    medians = [None if isinstance(step.median_days, NotAvailable) else step.median_days for step in found[:-1]]
    assert medians == pytest.approx([days for _, days in expected[1:]])
