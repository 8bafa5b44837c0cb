"""The probability of reaching a goal: exact where it is known, and right as often as it says."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from scipy.stats import t as student

from keepwell.decide.goals import outlook
from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain


def months(values, first=date(2020, 1, 1)):
    start = Grain.MONTH.step(first)
    return [(Grain.MONTH.start(start + place), float(value)) for place, value in enumerate(values)]


def test_a_random_walk_with_drift_has_its_textbook_probability():
    logs = np.array([0.0, 0.1, 0.05, 0.2, 0.15, 0.3, 0.25, 0.4])
    found = outlook(months(np.exp(logs)), 2.0, date(2020, 11, 15))
    changes = np.diff(logs)
    mean = logs[-1] + 3 * changes.mean()
    error = changes.std(ddof=1) * math.sqrt(3 * (1 + 3 / 7))
    assert found.probability == pytest.approx(1 - student.cdf((math.log(2.0) - mean) / error, 6))
    assert len(found.months) == 3


def test_the_target_that_is_the_expected_value_is_reached_every_other_time():
    history = months([100, 110, 105, 120, 118, 130, 128])
    expected = outlook(history, 1.0, date(2020, 9, 1)).months[-1].expected
    assert outlook(history, expected, date(2020, 9, 1)).probability == pytest.approx(0.5)


def test_a_season_is_carried_over_from_the_year_before():
    year = np.array([100, 90, 95, 100, 100, 100, 95, 100, 110, 140, 190, 240.0])
    found = outlook(months(np.concatenate([year, year * 1.1])), 300.0, date(2022, 12, 31))
    assert found.is_seasonal
    assert [round(month.expected, 6) for month in found.months] == [round(float(v), 6) for v in year * 1.21]


@pytest.mark.parametrize("length", [15, 36])
def test_four_intervals_in_five_hold_the_truth_on_walks_with_drift(length):
    rng = np.random.default_rng(7)
    held = []
    for _ in range(600):
        walk = np.exp(np.cumsum(rng.normal(0.01, 0.08, length + 6)) + 5)
        ahead = outlook(months(walk[:length]), 1.0, Grain.MONTH.start(Grain.MONTH.step(date(2020, 1, 1)) + length + 5))
        held.append(ahead.months[-1].low <= walk[-1] <= ahead.months[-1].high)
    assert 0.72 <= np.mean(held) <= 0.90


def test_four_intervals_in_five_hold_the_truth_on_noise_around_a_season():
    rng = np.random.default_rng(8)
    held = []
    for _ in range(400):
        season = np.tile(rng.normal(0, 0.3, 12), 4)[:42]
        values = np.exp(5 + 0.01 * np.arange(42) + season + rng.normal(0, 0.1, 42))
        ahead = outlook(months(values[:36]), 1.0, Grain.MONTH.start(Grain.MONTH.step(date(2020, 1, 1)) + 41))
        held.append(ahead.months[-1].low <= values[-1] <= ahead.months[-1].high)
    assert 0.72 <= np.mean(held) <= 0.90


def test_a_goal_whose_month_is_over_is_reached_or_not():
    history = months([1, 2, 3, 4, 5, 6, 7])
    assert outlook(history, 6.5, date(2020, 7, 31)).probability == 1.0
    assert outlook(history, 6.5, date(2020, 6, 30)).probability == 0.0
    assert outlook(history, 6.5, date(2020, 6, 30), at_least=False).probability == 1.0


def test_too_short_a_history_says_so():
    assert isinstance(outlook(months([1, 2, 3]), 5, date(2021, 1, 1)), NotAvailable)
