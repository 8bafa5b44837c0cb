"""Trying what is not known well: a plan that will be made again may learn by what it spends."""

from __future__ import annotations

from dataclasses import replace

from keepwell.decide.margin_curve import MarginCurve
from keepwell.vocabulary.errors import InputError


def curious(curve: MarginCurve, standard_errors: float) -> MarginCurve:
    """Return a margin curve with every draw raised by so many standard deviations of the draws, spend by spend.

    Money that follows such curves also goes where much may lie and little is known (an upper confidence bound; Lai &
    Robbins 1985, Auer et al. 2002): a plan by the mean that abandons a channel after a poor guess never learns better.
    What is said of the plan must come from the curve itself.

    Args:
        curve: a channel's.
        standard_errors: how many, at least 0; 0.5 to 1 in the first periods, falling to 0 as fewer are left that gain
            from what is learnt.

    Raises:
        InputError: a number below 0.

    >>> import numpy as np
    >>> from keepwell.decide.margin_curve import Side
    >>> from keepwell.vocabulary.estimate import Evidence
    >>> margin = np.array([[0.0, 100], [0, 300]])
    >>> known = MarginCurve("radio", Side.WIN, np.array([0.0, 100]), margin, Evidence.REGRESSION)
    >>> curious(known, 0.5).mean
    array([  0., 250.])

    """
    if not standard_errors >= 0:
        message = f"{standard_errors!r} standard errors."
        raise InputError("curiosity.errors", message, value=standard_errors, advice="Give 0 or more, such as 0.5.")
    if standard_errors == 0:
        return curve
    return replace(curve, margin=curve.margin + standard_errors * curve.margin.std(axis=0))
