"""A sudden drop is told from a quiet day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from keepwell.understand.freshness import sudden_drop

FIRST = date(2024, 1, 1)
UNTIL = FIRST + timedelta(days=70)


def counts(rate: float, seed: int = 1, days: int = 70) -> dict[date, int]:
    """Return a shop's daily orders, Poisson with half as many on Sundays."""
    drawn = np.random.default_rng(seed)
    return {
        (day := FIRST + timedelta(days=number)): int(drawn.poisson(rate * (0.5 if day.weekday() == 6 else 1)))
        for number in range(days)
    }


def test_a_day_without_orders_is_a_drop() -> None:
    drop = sudden_drop({**counts(50), UNTIL - timedelta(days=1): 0}, UNTIL)
    assert drop is not None
    assert (drop.days, drop.count, drop.ends_on) == (1, 0, UNTIL - timedelta(days=1))
    assert 15 <= drop.norm <= 35  # a Sunday's norm, not that of all days


def test_a_quiet_sunday_is_no_drop() -> None:
    assert (UNTIL - timedelta(days=1)).weekday() == 6
    assert sudden_drop({**counts(50), UNTIL - timedelta(days=1): 20}, UNTIL) is None


def test_a_small_shop_is_watched_by_the_week() -> None:
    small = counts(4)
    for back in range(1, 8):
        small[UNTIL - timedelta(days=back)] = 0
    drop = sudden_drop(small, UNTIL)
    assert drop is not None
    assert drop.days == 7


def test_three_weeks_are_too_few_to_compare_with() -> None:
    young = counts(50, days=21)
    assert sudden_drop({**young, FIRST + timedelta(days=20): 0}, FIRST + timedelta(days=21)) is None


def test_a_source_that_was_silent_all_along_raises_nothing() -> None:
    assert sudden_drop({}, UNTIL) is None


@pytest.mark.parametrize("rate", [3, 20, 300])
def test_steady_shops_are_left_alone(rate: float) -> None:
    alarms = sum(sudden_drop(counts(rate, seed), UNTIL) is not None for seed in range(300))
    assert alarms <= 1


def test_one_bad_week_before_does_not_hide_a_drop() -> None:
    days = counts(50)
    days[UNTIL - timedelta(days=8)] = 0
    days[UNTIL - timedelta(days=1)] = 1
    assert sudden_drop(days, UNTIL) is not None
