"""How far a forecast per customer was off: total, bias, typical error, order, and who bought at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from keepwell.vocabulary.estimate import Estimate, NotAvailable

Floats = npt.NDArray[np.float64]

CERTAIN = 1e-12  # a probability nearer to 0 or 1 is scored as this near: log(0) would hide all other customers


@dataclass(frozen=True, slots=True)
class AmountScore:
    """A forecast of an amount per customer (orders, or money) against what came.

    The mean absolute error alone misleads, since its best forecast is the median, which is 0 in most shops; the
    squared error is the one that the mean minimises (Gneiting 2011, "Making and Evaluating Point Forecasts",
    section 3). So the three stand together.

    Args:
        predicted: the total, with its 95 % predictive interval where the forecast has one.
        actual: the total that came.
        bias: ``predicted / actual − 1``, a fraction.
        mean_absolute_error: per customer.
        root_mean_square_error: per customer.
        rank_correlation: Spearman's, ties by mid-ranks, in [−1, 1].

    """

    predicted: Estimate
    actual: float
    bias: float | NotAvailable
    mean_absolute_error: float
    root_mean_square_error: float
    rank_correlation: float | NotAvailable

    @property
    def error(self) -> float:
        """Predicted minus actual total."""
        return self.predicted.value - self.actual

    @property
    def is_inside(self) -> bool | None:
        """Whether the actual total lies within the interval; ``None`` where there is no interval."""
        if self.predicted.low is None or self.predicted.high is None:
            return None
        return self.predicted.low <= self.actual <= self.predicted.high


@dataclass(frozen=True, slots=True)
class ReturnScore:
    """A forecast of who buys again at all.

    Args:
        predicted: expected share of customers who do, a fraction.
        actual: share that did.
        log_loss: mean of −log of the probability given to what happened; lower is better.
        brier: mean squared difference of probability and outcome; lower is better.
        area_under_curve: chance that a customer who came back was ranked above one who did not.

    """

    predicted: float
    actual: float
    log_loss: float
    brier: float
    area_under_curve: float | NotAvailable


def amount_score(predicted: Floats, actual: Floats, customers: Floats, total: Estimate) -> AmountScore:
    """Return the score of a forecast.

    Args:
        predicted: per row, shape (rows,).
        actual: per row, shape (rows,).
        customers: how many share the row, shape (rows,), at least 1.
        total: the predicted total with its interval.

    >>> score = amount_score(np.array([1.0, 0.0]), np.array([2.0, 0.0]), np.array([1.0, 3.0]), Estimate(1.0))
    >>> score.bias, score.mean_absolute_error, score.root_mean_square_error
    (-0.5, 0.25, 0.5)

    """
    people, came = float(customers.sum()), float(customers @ actual)
    miss = predicted - actual
    nothing = NotAvailable("nothing came in the holdout, so there is no share to be off by")
    return AmountScore(
        predicted=total,
        actual=came,
        bias=total.value / came - 1 if came > 0 else nothing,
        mean_absolute_error=float(customers @ np.abs(miss)) / people,
        root_mean_square_error=math.sqrt(float(customers @ miss**2) / people),
        rank_correlation=rank_correlation(predicted, actual, customers),
    )


def return_score(probability: Floats, returned: npt.NDArray[np.bool_], customers: Floats) -> ReturnScore:
    """Return the score of probabilities of buying again.

    Args:
        probability: in [0, 1], shape (rows,).
        returned: whether the row's customers did, shape (rows,).
        customers: how many share the row, shape (rows,), at least 1.

    >>> score = return_score(np.array([0.8, 0.2]), np.array([True, False]), np.array([1.0, 1.0]))
    >>> round(score.log_loss, 4), round(score.brier, 4), score.area_under_curve
    (0.2231, 0.04, 1.0)

    """
    people = float(customers.sum())
    sure = np.clip(probability, CERTAIN, 1 - CERTAIN)
    loss = -np.where(returned, np.log(sure), np.log1p(-sure))
    return ReturnScore(
        predicted=float(customers @ probability) / people,
        actual=float(customers @ returned) / people,
        log_loss=float(customers @ loss) / people,
        brier=float(customers @ (probability - returned) ** 2) / people,
        area_under_curve=area_under_curve(probability, returned, customers),
    )


def rank_correlation(one: Floats, other: Floats, customers: Floats) -> float | NotAvailable:
    """Return Spearman's rank correlation with mid-ranks for ties, each row counted ``customers`` times.

    >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 9.0]), np.ones(3))
    1.0
    """
    people = float(customers.sum())
    ranks = [mid_ranks(values, customers) - (people + 1) / 2 for values in (one, other)]
    spread = [float(customers @ rank**2) for rank in ranks]
    if min(spread) == 0:
        return NotAvailable("all customers have the same forecast or the same outcome: there is no order to compare")
    together = float(customers @ (ranks[0] * ranks[1])) / math.sqrt(spread[0] * spread[1])
    return max(-1.0, min(1.0, together))


def area_under_curve(score: Floats, returned: npt.NDArray[np.bool_], customers: Floats) -> float | NotAvailable:
    """Return the probability that a returner's score lies above a non-returner's, ties counting half.

    The Mann–Whitney statistic (Hanley & McNeil 1982), each row counted ``customers`` times.

    >>> area_under_curve(np.array([1.0, 1.0, 0.0]), np.array([True, False, False]), np.ones(3))
    0.75
    """
    back, gone = float(customers @ returned), float(customers @ ~returned)
    if back == 0 or gone == 0:
        return NotAvailable("all customers came back" if gone == 0 else "no customer came back")
    ranks = mid_ranks(score, customers)
    return (float((customers * returned) @ ranks) - back * (back + 1) / 2) / (back * gone)


def mid_ranks(values: Floats, customers: Floats) -> Floats:
    """Return the mean rank (from 1) of the people of each row, people of equal value sharing one rank.

    >>> mid_ranks(np.array([5.0, 1.0, 5.0]), np.array([1.0, 2.0, 1.0])).tolist()
    [3.5, 1.5, 3.5]
    """
    _, place = np.unique(values, return_inverse=True)
    people = np.bincount(place, weights=customers)
    return np.asarray((np.cumsum(people) - (people - 1) / 2)[place], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LossGap:
    """How much larger the mean squared error of one forecast is than that of another, customer by customer.

    Args:
        one, other: names of the forecasts.
        difference: mean squared error of ``one`` minus that of ``other``.
        standard_error: of that difference over customers; both saw the same people, so that what was hard to
            foretell for both cancels.

    """

    one: str
    other: str
    difference: float
    standard_error: float

    @property
    def is_clear(self) -> bool:
        """Whether the difference is beyond what chance would do (two standard errors)."""
        return abs(self.difference) > 2 * self.standard_error


def loss_gap(one: str, other: str, first: Floats, second: Floats, actual: Floats, customers: Floats) -> LossGap:
    """Return the gap in squared error of two forecasts (Diebold & Mariano 1995, over customers in place of time).

    Args:
        one, other: names.
        first, second: the forecasts by row, shape (rows,).
        actual: what came, shape (rows,).
        customers: how many share the row, shape (rows,), at least 1.

    >>> loss_gap("a", "b", np.array([1.0, 0.0]), np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.ones(2)).difference
    -0.5

    """
    people = float(customers.sum())
    gap = (first - actual) ** 2 - (second - actual) ** 2
    mean = float(customers @ gap) / people
    variance = float(customers @ (gap - mean) ** 2) / max(people - 1, 1)
    return LossGap(one, other, mean, math.sqrt(variance / people))
