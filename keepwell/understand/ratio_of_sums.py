"""A rate that is one sum over customers divided by another, with its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from keepwell.vocabulary.estimate import Z_95


@dataclass(frozen=True, slots=True)
class RatioOfSums:
    """Σx / Σy over ``n`` customers with the second moments that its interval needs."""

    n: int
    x: float
    y: float
    xx: float
    xy: float
    yy: float

    def interval(self) -> tuple[float, float] | None:
        """Linearised interval of a ratio of two sums (Cochran 1977, eq. 6.13); none for fewer than two customers."""
        if self.n < 2 or self.y == 0:
            return None
        ratio = self.x / self.y
        residual = max(0.0, self.xx - 2 * ratio * self.xy + ratio**2 * self.yy)
        half = Z_95 * math.sqrt(residual * self.n / (self.n - 1)) / self.y
        return max(0.0, ratio - half), ratio + half
