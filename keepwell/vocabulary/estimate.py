"""Numbers that carry how sure we are, or why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

Z_95 = 1.959963984540054


class Evidence(StrEnum):
    """Where a number comes from, weakest first (decide.md, "The allocator")."""

    NONE = "not identified"
    STATED = "stated by you"
    CLAIM = "a rule of thumb"
    PRIOR = "industry prior"
    PLATFORM = "reported by the platform"
    OBSERVED = "observed, without a control group"
    REGRESSION = "regression on history"
    EXPERIMENT = "measured with a control group"
    COUNTED = "counted in your data"


@dataclass(frozen=True, slots=True)
class NotAvailable:
    """A number that does not exist, with the reason: never 0, never NaN.

    >>> NotAvailable("no customer was active at the start").reason
    'no customer was active at the start'
    """

    reason: str

    def __bool__(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval and its evidence.

    ``low`` and ``high`` bound the interval at ``level`` (0.95 unless said); both are ``None`` for a plain count or
    an assumption.
    """

    value: float
    low: float | None = None
    high: float | None = None
    level: float = 0.95
    evidence: Evidence = Evidence.COUNTED
    note: str = ""


@dataclass(frozen=True, slots=True)
class SampleMean:
    """The three sums that a mean and its interval need; they add up over groups.

    >>> a = SampleMean(n=3, total=6.0, sum_squares=14.0)
    >>> round(a.mean, 2), round(a.variance, 2)
    (2.0, 1.0)
    """

    n: int
    total: float
    sum_squares: float

    @property
    def mean(self) -> float:
        """The mean; ``n`` must be at least 1."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """The unbiased sample variance; 0 for a single observation."""
        if self.n < 2:
            return 0.0
        return max(0.0, (self.sum_squares - self.total**2 / self.n) / (self.n - 1))

    def __add__(self, other: SampleMean) -> SampleMean:
        return SampleMean(self.n + other.n, self.total + other.total, self.sum_squares + other.sum_squares)

    def estimate(self, z: float = Z_95) -> Estimate | NotAvailable:
        """Return the mean with its normal-theory interval, or why there is none."""
        if self.n == 0:
            return NotAvailable("nobody in this group")
        if self.n == 1:
            return Estimate(self.mean, note="one observation: no interval")
        half = z * math.sqrt(self.variance / self.n)
        return Estimate(self.mean, self.mean - half, self.mean + half)


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of a proportion (Wilson 1927, eq. for the score limits).

    Args:
        successes: count in [0, trials].
        trials: count, at least 1.
        z: normal quantile; 1.96 for 95 %.

    >>> low, high = wilson(8, 10)
    >>> round(low, 4), round(high, 4)
    (0.4902, 0.9433)

    """
    rate = successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return max(0.0, centre - half), min(1.0, centre + half)
