"""What a spend history cannot tell is said, with what would make it so."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from keepwell.decide.responses.grades import channel_responses
from keepwell.decide.responses.identify import Obstacle, identify
from keepwell.decide.responses.platform import Reported
from keepwell.decide.responses.spend_history import SpendHistory
from keepwell.vocabulary.errors import InputError
from keepwell.vocabulary.estimate import Evidence

RNG = np.random.default_rng(1)
VARYING = 1000 * RNG.gamma(2, 0.5, 104)
OTHER = 500 * RNG.gamma(2, 0.5, 104)


def history(spend: dict[str, np.ndarray], weeks: int = 104, **more) -> SpendHistory:
    days = [date(2023, 1, 2) + timedelta(days=7 * week) for week in range(weeks)]
    outcome = 50 + np.random.default_rng(2).normal(0, 5, weeks)
    return SpendHistory(days, {name: values[:weeks] for name, values in spend.items()}, outcome, **more)


NEGATIVE = VARYING.copy()
NEGATIVE[3] = -20.0
SEASONAL = 1000 + 900 * np.sin(2 * np.pi * (np.arange(104) * 7 + 2) / 365.25)
SELDOM = np.where(np.arange(104) < 5, 100.0, 0.0)


@pytest.mark.parametrize(
    ("log", "obstacle", "words"),
    [
        (None, Obstacle.MISSING, "no spend by week"),
        (history({"other": OTHER}), Obstacle.MISSING, "no spend by week"),
        (history({"ads": VARYING}, currencies={"ads": "USD"}), Obstacle.CURRENCY, "USD"),
        (history({"ads": NEGATIVE}), Obstacle.NEGATIVE, "week of 2023-01-23"),
        (history({"ads": VARYING}, weeks=20), Obstacle.SHORT, "20 weeks"),
        (history({"ads": SELDOM}), Obstacle.SELDOM, "only 5 of 104"),
        (history({"ads": np.full(104, 70.0)}), Obstacle.CONSTANT, "hardly varies"),
        (history({"ads": np.zeros(104)}), Obstacle.SELDOM, "only 0 of 104"),
        (history({"ads": VARYING, "twin": 0.5 * VARYING + OTHER / 50}), Obstacle.COLLINEAR, "moves with twin"),
        (history({"ads": SEASONAL}), Obstacle.COLLINEAR, "follows the season"),
        (
            history({f"c{i}": RNG.gamma(2, 1, 104) for i in range(11)} | {"ads": VARYING}, weeks=30),
            Obstacle.SHORT,
            "12",
        ),
    ],
    ids=lambda value: value.name if isinstance(value, Obstacle) else None,
)
def test_each_obstacle_is_named_with_what_would_remove_it(log, obstacle: Obstacle, words: str) -> None:
    found = identify(log, ["ads"], "EUR")["ads"]
    assert found.obstacle is obstacle
    assert words in found.statement
    assert found.needs


def test_channels_that_move_by_themselves_are_identified() -> None:
    found = identify(history({"ads": VARYING, "other": OTHER}), ["ads", "other"], "EUR")
    assert all(entry.is_identified and entry.inflation < 2 for entry in found.values())


def test_a_channel_that_is_not_identified_falls_back_to_the_weaker_grade_and_says_so() -> None:
    reported = {"ads": Reported(5000, 200, 10), "twin": Reported(2500, 100, 10)}
    log = history({"ads": VARYING, "twin": 0.5 * VARYING, "other": OTHER})
    found = channel_responses(["ads", "twin", "other"], draws=200, seed=1, reported=reported, history=log)
    grades = {response.channel: response.evidence for response in found.responses}
    assert grades == {"ads": Evidence.PLATFORM, "twin": Evidence.PLATFORM, "other": Evidence.REGRESSION}
    assert [entry.question.split(":")[0] for entry in found.not_identified] == [
        "What spend on ads brings",
        "What spend on twin brings",
    ]
    assert all("rests on what is reported by the platform" in entry.needs for entry in found.not_identified)


def test_a_channel_of_which_nothing_is_known_is_left_out_and_named() -> None:
    found = channel_responses(["radio"], draws=100, seed=1)
    assert found.responses == ()
    assert found.of("radio") is None
    assert "nothing is said" in found.not_identified[0].needs


def test_another_currency_with_a_rate_is_converted() -> None:
    log = history({"ads": VARYING}, currencies={"ads": "USD"})
    found = channel_responses(["ads"], draws=100, seed=1, history=log, rates={"USD": 0.5})
    assert found.not_identified == ()
    assert found.responses[0].reference == pytest.approx(VARYING.mean() / 2)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"spend": {"ads": np.ones(3)}}, "3,"),
        ({"outcome": np.array([1.0, np.nan, 2.0, 3.0])}, "week of 2023-01-09"),
        ({"weeks": [date(2023, 1, 2), date(2023, 1, 9), date(2023, 1, 23), date(2023, 1, 30)]}, "after 2023-01-09"),
    ],
)
def test_a_history_that_is_no_history_is_refused_at_its_place(changed: dict[str, object], words: str) -> None:
    whole = {
        "weeks": [date(2023, 1, 2) + timedelta(days=7 * week) for week in range(4)],
        "spend": {"ads": np.ones(4)},
        "outcome": np.ones(4),
    }
    with pytest.raises(InputError, match=words):
        SpendHistory(**(whole | changed))
