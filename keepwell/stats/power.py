"""How many people an experiment needs."""

from __future__ import annotations

import math

from keepwell.vocabulary.errors import InputError


def people_per_arm(variation: float, lift: float, correlation: float = 0.0) -> int:
    """Return ``16 (CV / lift)²``: people per arm to see a relative lift of a mean, 80 % power at 5 % (two-sided).

    Args:
        variation: standard deviation / mean of the outcome per person, above 0.
        lift: relative change of the mean to be seen, above 0.
        correlation: of the outcome with a figure known before, in [0, 1); variance falls by its square
            (CUPED: Deng et al. 2013, eq. 5).

    Raises:
        InputError: an argument is out of its range.

    >>> people_per_arm(3, 0.05), people_per_arm(3, 0.05, correlation=0.6), people_per_arm(3, 0.10)
    (57600, 36864, 14400)

    """
    if not (variation > 0 and lift > 0 and 0 <= correlation < 1):
        raise InputError(
            "power.argument",
            "The variation and the lift must be above 0, the correlation in [0, 1).",
            value=(variation, lift, correlation),
            advice="Give fractions, such as 0.05 for five per cent.",
        )
    return math.ceil(round(16 * (variation / lift) ** 2 * (1 - correlation**2), 6))


def visible_lift(variation: float, per_arm: int) -> float:
    """Return the smallest relative lift that so many people per arm would show, ``4 CV / √n``.

    >>> round(visible_lift(3, 57600), 3)
    0.05
    """
    return 4 * variation / math.sqrt(per_arm)
