"""How likely a goal is reached, from the KPI's own monthly history."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from keepwell.vocabulary.estimate import NotAvailable
from keepwell.vocabulary.period import Grain

FEWEST_MONTHS = 6
SEASONAL_MONTHS = 24
FURTHEST = 60  # months ahead
FEWEST_EFFECTIVE = 3.0
LEVEL = 0.80
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MonthAhead:
    """What is expected of one month to come, with an 80 % interval."""

    month: date
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """A goal's chances.

    ``probability`` is that of the KPI being at the target or beyond in the month of the due date, if the business goes
    on as it has; ``is_over`` when that month is in the history, and the probability then 0 or 1. ``is_seasonal`` says
    which of the two models was used.
    """

    probability: float
    months: tuple[MonthAhead, ...]
    is_over: bool
    is_seasonal: bool
    used_months: int


def outlook(
    history: Sequence[tuple[date, float]], target: float, due_on: date, *, at_least: bool = True
) -> Outlook | NotAvailable:
    """Return the probability that a KPI reaches a target in the month of a date.

    With 24 months or more, each month is held against the same month a year before: ``y(n+h) = y(n+h−12k) + k·D``,
    k whole years back, D the mean yearly change; the spread of the yearly changes, s, gives the error
    ``s √(k + k²/m)``, m their effective number under their own first autocorrelation (Bayley & Hammersley 1946), by
    which s is corrected too.
    With fewer: a random walk with drift, error ``s √(h (1 + h/(n−1)))`` (Hyndman & Athanasopoulos, Forecasting:
    Principles and Practice, 3rd ed., table 5.2). Errors are Student's t; values are taken as logarithms where all are
    above 0. A change of course (a launch, a campaign) is not in the history, and so not in the probability.

    Args:
        history: first day and value of each month that is over, oldest first.
        target: of the KPI, in its unit.
        due_on: a day of the month the goal is for.
        at_least: whether more is better; else the goal is to be at or below the target.

    >>> months = [(date(2024, 1 + month, 1), 100.0 * 1.1**month) for month in range(8)]
    >>> found = outlook(months, 200.0, date(2024, 9, 30))
    >>> round(found.months[0].expected, 1), found.probability
    (214.4, 1.0)

    """
    months = _last_run(history)
    if len(months) < FEWEST_MONTHS:
        return NotAvailable(f"fewer than {FEWEST_MONTHS} months in a row are known")
    first, last, due = (Grain.MONTH.step(day) for day in (months[0][0], months[-1][0], due_on))
    if due <= last:
        if due < first:
            return NotAvailable("the month of the goal lies before the history")
        reached = months[due - first][1]
        is_reached = reached >= target if at_least else reached <= target
        return Outlook(float(is_reached), (), is_over=True, is_seasonal=False, used_months=len(months))
    if due - last > FURTHEST:
        return NotAvailable(f"a goal more than {FURTHEST} months ahead cannot be judged")
    values = np.array([value for _, value in months], dtype=np.float64)
    is_log = bool((values > 0).all()) and target > 0
    scale = np.log(values) if is_log else values
    is_seasonal = values.size >= SEASONAL_MONTHS
    mean, error, freedom = (_seasonal if is_seasonal else _drift)(scale, due - last)
    wanted = math.log(target) if is_log else target
    spread = float(student.ppf((1 + LEVEL) / 2, freedom))
    back = np.exp if is_log else np.asarray
    lows, middles, highs = back(mean - spread * error), back(mean), back(mean + spread * error)
    ahead = tuple(
        MonthAhead(Grain.MONTH.start(last + 1 + place), *(float(part[place]) for part in (middles, lows, highs)))
        for place in range(due - last)
    )
    below = _below(wanted, float(mean[-1]), float(error[-1]), freedom)
    return Outlook(1 - below if at_least else below, ahead, False, is_seasonal, int(values.size))


def _last_run(history: Sequence[tuple[date, float]]) -> list[tuple[date, float]]:
    run: list[tuple[date, float]] = []
    for day, value in history:
        if run and Grain.MONTH.step(day) != Grain.MONTH.step(run[-1][0]) + 1:
            run = []
        run.append((day, value))
    return run


def _drift(values: Floats, ahead: int) -> tuple[Floats, Floats, float]:
    changes = np.diff(values)
    steps = np.arange(1, ahead + 1, dtype=np.float64)
    error = float(changes.std(ddof=1)) * np.sqrt(steps * (1 + steps / changes.size))
    return values[-1] + steps * float(changes.mean()), error, float(changes.size - 1)


def _seasonal(values: Floats, ahead: int) -> tuple[Floats, Floats, float]:
    changes = values[12:] - values[:-12]
    years = (np.arange(ahead) // 12 + 1).astype(np.float64)
    base = values[-12:][np.arange(ahead) % 12]
    count = _effective(changes)
    # what values share with their neighbours does not show in the spread around their own mean
    spread = float(changes.std(ddof=1)) / math.sqrt(1 - 1 / count)
    error = spread * np.sqrt(years + years**2 / count)
    return base + years * float(changes.mean()), error, count - 1


def _effective(changes: Floats) -> float:
    """Return how many independent values a mean of autocorrelated ones is worth, at least three."""
    off = changes - changes.mean()
    whole = float(off @ off)
    together = min(0.99, max(0.0, float(off[1:] @ off[:-1]) / whole)) if whole > 0 else 0.0
    return max(FEWEST_EFFECTIVE, changes.size * (1 - together) / (1 + together))


def _below(wanted: float, mean: float, error: float, freedom: float) -> float:
    if error <= 1e-12 * max(1.0, abs(mean)):
        return float(wanted > mean)
    return float(student.cdf((wanted - mean) / error, freedom))
